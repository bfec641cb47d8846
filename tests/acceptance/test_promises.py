"""The promises of the README, under kills and repeats: acknowledged is stored, once, and never half."""

from __future__ import annotations

import http.client
import json
import os
import random
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from contextlib import closing

import pytest
from halves import platform_line
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from otlp_requests import LAMBDA, pairs, request_of
from running import Server
from waiting import eventually

WRITERS, SPANS, LINES, POINTS = 8, 20, 4, 6
RECORDS = {"traces": SPANS, "logs": LINES, "metrics": POINTS}

# Looked at by a process of its own: the engine takes one path per process.
_LOOK = """
import json, pathlib, sys
from mendline.store import ClickHouseStore
store = ClickHouseStore.embedded(pathlib.Path(sys.argv[1]))
row = lambda sql: list(map(int, store._rows(sql)[0]))
raw = "sum(sign), sumIf(sign, error), sum(sign * toInt64(billed_ms)), sum(sign * toInt64(duration_ns))"
rolled = "sum(invocations), sum(errors), sum(total_billed_ms), sum(total_duration_ns)"
print(json.dumps({
    "traces": store._rows("SELECT lower(hex(trace_id)), count(), uniqExact(span_id) FROM spans GROUP BY trace_id"),
    "logs": store._rows("SELECT attributes['batch'] AS batch, count(), uniqExact(body) FROM logs GROUP BY batch"),
    "metrics": store._rows("SELECT attributes['batch'] AS batch, count(), uniqExact(value) FROM metrics GROUP BY ALL"),
    "invocations": row("SELECT count(DISTINCT span_id), count() FROM spans WHERE kind = 2"),
    "executions": row("SELECT uniqExact(request_id) FROM execution_halves")[0],
    "billed": row("SELECT uniqExact(request_id) FROM execution_halves WHERE source = 'report'")[0] * 100,
    "raw": row(f"SELECT {raw} FROM invocations"),
    "rolled": [row(f"SELECT {rolled} FROM {table}") for table in ("function_minutes", "function_days")],
    "calls": [row("SELECT count(), countIf(status = 2), sum(duration_ns) FROM operations"),
              *(row(f"SELECT sum(calls), sum(errors), sum(total_duration_ns) FROM {table}")
                for table in ("resource_minutes", "resource_days"))],
}))
"""


def _look(data):
    """What is stored: by signal and batch, (records, different records); invocations, sums of rows and of rollups."""
    found = subprocess.run([sys.executable, "-c", _LOOK, str(data)], capture_output=True, text=True, check=True)
    answer = json.loads(found.stdout)
    return {name: {batch: (count, unique) for batch, count, unique in answer[name]} for name in RECORDS}, answer


def _batch():
    """A batch's name, and its request of each signal: spans of one trace, lines with the platform's report, points."""
    trace_id = uuid.uuid4()
    spans = [{"trace_id": trace_id.bytes, "span_id": os.urandom(8)} for _ in range(SPANS)]
    spans[0] |= {"kind": 2, "attributes": {"faas.invocation_id": str(trace_id)}, "status": trace_id.int % 3}
    spans[1] |= {"kind": 3, "attributes": {"mendline.resource.type": "dynamodb", "mendline.resource.name": "orders"}}
    spans[1] |= {"status": trace_id.int % 4 and 2}
    return trace_id.hex, {"traces": request_of(spans, LAMBDA), "logs": _lines(trace_id), "metrics": _points(trace_id)}


def _lines(trace_id):
    told = {"batch": trace_id.hex, "mendline.duration_ms": 1.5, "mendline.billed_ms": 100}
    _, body = platform_line("report", time.time_ns(), request_id=str(trace_id), instance="", **told)
    message = ExportLogsServiceRequest.FromString(body)
    for number in range(LINES - 1):
        record = message.resource_logs[0].scope_logs[0].log_records.add(time_unix_nano=time.time_ns())
        record.body.string_value = f"line {number}"
        record.attributes.extend(pairs({"batch": trace_id.hex}))
    return message.SerializeToString()


def _points(trace_id):
    message = ExportMetricsServiceRequest()
    scope = message.resource_metrics.add().scope_metrics.add()
    kinds = [scope.metrics.add(name="orders").gauge, scope.metrics.add(name="sold").sum]
    for number in range(POINTS):
        point = kinds[number % 2].data_points.add(time_unix_nano=time.time_ns(), as_double=number)
        point.attributes.extend(pairs({"batch": trace_id.hex}))
    return message.SerializeToString()


class _Writer(threading.Thread):
    """A client that sends batches until the server is gone, and notes of each signal which were acknowledged."""

    def __init__(self, url, chance):
        super().__init__(daemon=True)
        self._address, self._chance = url.removeprefix("http://"), chance
        self.sent, self.refused = set(), []
        self.acknowledged = {signal: set() for signal in RECORDS}

    def run(self):
        connection = http.client.HTTPConnection(self._address, timeout=60)
        try:
            while not self.refused:
                batch, bodies = _batch()
                self.sent.add(batch)
                for signal in self._chance.sample(list(RECORDS), len(RECORDS)):
                    self.send(connection, signal, batch, bodies[signal])
        except (OSError, http.client.HTTPException):
            return  # the server was killed
        finally:
            connection.close()

    def send(self, connection, signal, batch, body):
        """Send one request, and note the answer."""
        connection.request("POST", f"/v1/{signal}", body, {"content-type": "application/x-protobuf"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            self.refused.append(answer.status)
        else:
            self.acknowledged[signal].add(batch)


def _acknowledged(writers):
    return sum(len(batches) for writer in writers for batches in writer.acknowledged.values())


def _kill_at_some_moment(server, writers, chance):
    """Kill before anything is stored, or while a batch is, or between two: the journal is written as one begins and as
    it ends. Answers whether all that was acknowledged was waiting to be stored."""
    journal = server.data / "spool" / "default" / "journal"
    first = journal.stat().st_mtime_ns
    for _ in range(chance.choice((0, 0, 1, 1, 2, 3))):
        written = journal.stat().st_mtime_ns
        eventually(lambda: journal.stat().st_mtime_ns != written, seconds=60)  # noqa: B023 - called before `written` changes
    enough = _acknowledged(writers) + chance.randrange(1, 60)
    eventually(lambda: _acknowledged(writers) >= enough, seconds=60)
    server.kill()
    return journal.stat().st_mtime_ns == first


@pytest.mark.timeout(600)
@pytest.mark.parametrize("rounds", [4, pytest.param(25, marks=pytest.mark.thorough)])
def test_killed_again_and_again_under_load_it_loses_doubles_and_halves_nothing(start_server, tmp_path, rounds):
    chance = random.Random(7)
    writers, killed_before = [], 0
    for _ in range(rounds):
        server = Server(tmp_path / "data", "--log-level", "error")
        fresh = [_Writer(server.otlp, random.Random(chance.random())) for _ in range(WRITERS)]
        for writer in fresh:
            writer.start()
        killed_before += _kill_at_some_moment(server, fresh, chance)
        for writer in fresh:
            writer.join(60)
        writers += fresh
    assert [writer.refused for writer in writers] == [[]] * len(writers)
    assert killed_before, "nothing was only waiting: this test must kill between acknowledgement and store"
    server = start_server()
    eventually(lambda: server.metric("mendline_spool_bytes") == 0, seconds=60)
    assert server.stop() == 0

    stored, answer = _look(server.data)
    sent = set().union(*(writer.sent for writer in writers))
    for signal, records in RECORDS.items():
        acknowledged = set().union(*(writer.acknowledged[signal] for writer in writers))
        assert len(acknowledged) >= rounds
        assert acknowledged <= set(stored[signal]) <= sent
        assert set(stored[signal].values()) == {(records, records)}
    batches = len(stored["traces"])
    assert answer["invocations"] == [batches, batches]
    assert answer["executions"] >= batches  # of some, only the report came
    assert answer["raw"][::2] == [answer["executions"], answer["billed"]]
    assert answer["rolled"] == [answer["raw"]] * 2
    assert answer["calls"][0][0] == batches
    assert answer["calls"][1:] == [answer["calls"][0]] * 2


@pytest.mark.thorough
@pytest.mark.timeout(300)
def test_every_batch_sent_up_to_five_times_in_any_order_and_over_a_restart_counts_once(start_server):
    chance = random.Random(11)
    batches = dict(_batch() for _ in range(60))
    requests = [(batch, signal) for batch in batches for signal in RECORDS]
    deliveries = [request for request in requests for _ in range(chance.randint(1, 5))]
    chance.shuffle(deliveries)
    repeats = 0
    for part in (deliveries[: len(deliveries) // 2], deliveries[len(deliveries) // 2 :]):
        server = start_server()
        client = _Writer(server.otlp, chance)
        with closing(http.client.HTTPConnection(server.otlp.removeprefix("http://"), timeout=60)) as connection:
            for batch, signal in part:
                client.send(connection, signal, batch, batches[batch][signal])
        assert client.refused == []
        eventually(lambda: server.metric("mendline_spool_bytes") == 0, seconds=60)  # noqa: B023 - called in this round
        repeats += sum(server.metric("mendline_duplicate_requests_total", signal=signal) for signal in RECORDS)
        assert server.stop() == 0
    stored, _ = _look(server.data)
    for signal, records in RECORDS.items():
        assert Counter(stored[signal].values()) == {(records, records): len(batches)}
    assert repeats == len(deliveries) - len(requests)
