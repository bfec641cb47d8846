"""Runs under ministack's Python: tells CloudWatch of queues, and throws away what would grow for ever."""

import ctypes
import itertools
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from ministack.services import cloudwatch, dynamodb, eventbridge, kinesis, s3, sqs, stepfunctions

log = logging.getLogger("upkeep")

EVERY_S = 10.0
KEEP_S = 3600.0
METRICS_S = 1800.0  # readers look back half as long, and a point a series every ten seconds is most of what there is
MOST_EVENTS = 1000
_ITERATORS_S = 300.0
_TRIM_EVERY = 30  # looks


class Upkeep:
    """A thread that looks at everything every ten seconds."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str, str, str]] = Counter()
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begin; the thread ends with the process."""
        dynamodb._STREAM_RETENTION_SECONDS = KEEP_S  # it trims streams by itself, after a day
        threading.Thread(target=self._run, name="upkeep", daemon=True).start()

    def count(self, what: str, resource: str) -> None:
        """Count a call to a resource (`type/name/operation`): `sent` or `throttled`."""
        kind, name, operation = resource.split("/", 2)
        side = "Read" if operation in ("GetItem", "BatchGetItem", "Query", "Scan") else "Write"
        metric = {
            ("sent", "sqs"): ("AWS/SQS", "NumberOfMessagesSent", "QueueName"),
            ("sent", "kinesis"): ("AWS/Kinesis", "IncomingRecords", "StreamName"),
            ("throttled", "dynamodb"): ("AWS/DynamoDB", f"{side}ThrottleEvents", "TableName"),
            ("throttled", "kinesis"): ("AWS/Kinesis", "WriteProvisionedThroughputExceeded", "StreamName"),
        }.get((what, kind))
        if metric is not None:
            with self._lock:
                self._counts[*metric, name] += 1

    def _run(self) -> None:
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc alone
        for look in itertools.count(1):
            time.sleep(EVERY_S)
            if trim is not None and look % _TRIM_EVERY == 0:
                trim(0)  # what was thrown away lies scattered, and is not given back by itself
            for work in (self._tell_queues, self._tell_counts, self.forget):
                self._safely(work)

    def _safely(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # what one look cannot do, the next one may
            log.warning("%s failed: %r", work.__name__, error)

    def _tell_queues(self) -> None:
        now = time.time()
        with sqs._queues_lock:
            told = [(queue["name"], *_levels(queue, now)) for queue in _all(sqs._queues)]
        for name, visible, hidden, age_s in told:
            about = {"QueueName": name}
            cloudwatch.record_metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", visible, "Count", about)
            cloudwatch.record_metric("AWS/SQS", "ApproximateNumberOfMessagesNotVisible", hidden, "Count", about)
            cloudwatch.record_metric("AWS/SQS", "ApproximateAgeOfOldestMessage", age_s, "Seconds", about)

    def _tell_counts(self) -> None:
        with self._lock:
            counts, self._counts = self._counts, Counter()
        for (namespace, metric, dimension, name), count in counts.items():
            cloudwatch.record_metric(namespace, metric, count, "Count", {dimension: name})

    def forget(self) -> None:
        """Throw away what is old."""
        now = time.time()
        for points in _all(cloudwatch._metrics):
            del points[: _old(points, now - METRICS_S)]  # in place: others append meanwhile
        for events in _all(eventbridge._events_log):
            del events[:-MOST_EVENTS]
        iterators = kinesis._shard_iterators
        for key, state in list(iterators._data.items()):
            if now - state["created_at"] > _ITERATORS_S:
                iterators._data.pop(key, None)
        for stream in _all(kinesis._streams):
            for shard in stream["shards"].values():
                shard["records"] = [r for r in shard["records"] if now - r["ApproximateArrivalTimestamp"] < KEEP_S]
        for bucket in _all(s3._buckets):
            for key, item in list(bucket["objects"].items()):
                if now - _moment(item.get("last_modified"), now) > KEEP_S:
                    bucket["objects"].pop(key, None)
        executions = stepfunctions._executions
        for key, execution in list(executions._data.items()):
            if execution.get("status") != "RUNNING" and now - _moment(execution.get("startDate"), now) > KEEP_S:
                executions._data.pop(key, None)


def _old(points: list[dict[str, Any]], before: float) -> int:
    """How many points at the beginning of a series are older than a moment."""
    return next((place for place, point in enumerate(points) if point["Timestamp"] >= before), len(points))


def _all(scoped: Any) -> list[Any]:
    """Every value of one of ministack's dictionaries, whatever account and region it is in."""
    return list(scoped._data.values())


def _levels(queue: dict[str, Any], now: float) -> tuple[int, int, int]:
    """Messages visible, messages in flight, and the age of the oldest one in seconds."""
    messages = queue["messages"]
    visible = sum(message["visible_at"] <= now for message in messages)
    age_s = max((now - message["sent_at"] for message in messages), default=0.0)
    return visible, len(messages) - visible, int(age_s)


def _moment(told: Any, otherwise: float) -> float:
    """A moment as ministack keeps it, a number or ISO 8601, in Unix time."""
    if isinstance(told, int | float):
        return float(told)
    try:
        return datetime.fromisoformat(str(told).replace("Z", "+00:00")).timestamp()
    except ValueError:
        return otherwise
