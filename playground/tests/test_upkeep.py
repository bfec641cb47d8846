"""The local AWS forgets what is old, so that its memory stays as it is however long it runs."""

import subprocess
from importlib import resources

from needed import emulator_python

# A day of each that would grow, one an hour; under the emulator's own Python.
A_DAY = """
import sys, time
sys.path.insert(0, sys.argv[1])
from ministack.services import cloudwatch, dynamodb, eventbridge, kinesis, s3, stepfunctions
from upkeep import Upkeep

now = time.time()
hours = [now - 3600 * hour - 60 for hour in range(24, -1, -1)]
cloudwatch._metrics["m"] = [{"Timestamp": at} for at in hours]
eventbridge._events_log["entries"] = [{"Time": at} for at in hours] * 100
dynamodb._stream_records["t"] = [{"dynamodb": {"ApproximateCreationDateTime": at}} for at in hours]
kinesis._streams["s"] = {"shards": {"0": {"records": [{"ApproximateArrivalTimestamp": at} for at in hours]}}}
kinesis._shard_iterators._data["i"] = {"created_at": now - 600}
s3._buckets["b"] = {"objects": {str(at): {"last_modified": at} for at in hours}}
for at in hours:
    stepfunctions._executions[str(at)] = {"status": "SUCCEEDED", "startDate": at}
upkeep = Upkeep()
upkeep.start()
upkeep.forget()
print(
    len(cloudwatch._metrics["m"]),
    len(eventbridge._events_log["entries"]),
    len(dynamodb.stream_live_records("t")),
    dynamodb.stream_start_position("t"),
    len(kinesis._streams["s"]["shards"]["0"]["records"]),
    len(kinesis._shard_iterators._data),
    len(s3._buckets["b"]["objects"]),
    len(stepfunctions._executions._data),
)
"""


def test_what_is_older_than_an_hour_is_forgotten_and_metrics_after_half():
    beside = resources.files("mendline_playground").joinpath("emulator")
    command = [emulator_python(), "-c", A_DAY, str(beside)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.split() == ["1", "1000", "1", "24", "1", "0", "1", "1"]
