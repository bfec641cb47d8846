"""The promises of the README, under kills and repeats: acknowledged is stored, once, and never half."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter

import httpx
import pytest
from halves import platform_line
from otlp_requests import LAMBDA, request_of
from waiting import eventually

ROUNDS, WRITERS, SPANS = 25, 8, 20

# Looked at by a process of its own: the engine takes one path per process.
_LOOK = """
import json, pathlib, sys
from mendline.store import ClickHouseStore
store = ClickHouseStore.embedded(pathlib.Path(sys.argv[1]))
print(json.dumps({
    "traces": store._rows("SELECT lower(hex(trace_id)), count(), uniqExact(span_id) FROM spans GROUP BY trace_id"),
    "invocations": store._rows("SELECT count(DISTINCT span_id), count() FROM spans WHERE kind = 2")[0],
    "executions": store._rows("SELECT uniqExact(request_id) FROM execution_halves")[0][0],
    "billed": store._rows("SELECT uniqExact(request_id) FROM execution_halves WHERE source = 'report'")[0][0] * 100,
    "raw": store._rows("SELECT sum(sign), sum(sign * toInt64(billed_ms)) FROM invocations")[0],
    "rolled": [store._rows(f"SELECT sum(invocations), sum(total_billed_ms) FROM {table}")[0]
               for table in ("function_minutes", "function_days")],
    "calls": [store._rows("SELECT count() FROM operations")[0],
              *(store._rows(f"SELECT sum(calls) FROM {table}")[0] for table in ("resource_minutes", "resource_days"))],
}))
"""


def _look(data):
    """What is stored, by trace: (spans, different spans); and the numbers of invocations as spans and as rows."""
    found = subprocess.run([sys.executable, "-c", _LOOK, str(data)], capture_output=True, text=True, check=True)
    answer = json.loads(found.stdout)
    return {trace: (count, unique) for trace, count, unique in answer["traces"]}, answer


def _batch():
    trace_id = uuid.uuid4()
    spans = [{"trace_id": trace_id.bytes, "span_id": os.urandom(8)} for _ in range(SPANS)]
    spans[0] |= {"kind": 2, "attributes": {"faas.invocation_id": str(trace_id)}}
    spans[1] |= {"kind": 3, "attributes": {"mendline.resource.type": "dynamodb", "mendline.resource.name": "orders"}}
    return trace_id.hex, request_of(spans, LAMBDA)


def _report_of(trace_id):
    """The platform's report of the invocation in a batch."""
    billed = {"mendline.duration_ms": 1.5, "mendline.billed_ms": 100}
    _, body = platform_line("report", time.time_ns(), request_id=str(uuid.UUID(trace_id)), instance="", **billed)
    return body


class _Writer(threading.Thread):
    """A client that sends batches until the server is gone, and notes which were acknowledged."""

    def __init__(self, url):
        super().__init__(daemon=True)
        self._url = url
        self.sent, self.acknowledged = [], []

    def run(self):
        with httpx.Client(headers={"content-type": "application/x-protobuf"}, timeout=30) as client:
            while True:
                trace_id, body = _batch()
                self.sent.append(trace_id)
                halves = [("traces", body), ("logs", _report_of(trace_id))]
                random.shuffle(halves)
                for signal, half in halves:
                    try:
                        answer = client.post(f"{self._url}/v1/{signal}", content=half)
                    except httpx.HTTPError:
                        return
                    assert answer.status_code == 200
                    if signal == "traces":
                        self.acknowledged.append(trace_id)


@pytest.mark.timeout(600)
def test_killed_again_and_again_under_load_it_loses_doubles_and_halves_nothing(start_server, tmp_path):
    chance = random.Random(7)
    sent, acknowledged = set(), set()
    for _ in range(ROUNDS):
        server = start_server()
        writers = [_Writer(server.otlp) for _ in range(WRITERS)]
        for writer in writers:
            writer.start()
        enough = chance.randrange(1, 120)
        eventually(lambda: sum(len(writer.acknowledged) for writer in writers) >= enough, seconds=60)  # noqa: B023
        server.kill()
        for writer in writers:
            writer.join(30)
            sent |= set(writer.sent)
            acknowledged |= set(writer.acknowledged)
    server = start_server()
    eventually(lambda: server.metric("mendline_spool_bytes") == 0, seconds=60)
    assert server.stop() == 0

    stored, answer = _look(server.data)
    assert len(acknowledged) >= ROUNDS
    assert acknowledged <= set(stored)
    assert set(stored) <= sent
    assert set(stored.values()) == {(SPANS, SPANS)}
    assert answer["invocations"] == [len(stored), len(stored)]
    assert answer["executions"] >= len(stored)  # of some, only the report came
    assert answer["raw"] == [answer["executions"], answer["billed"]]
    assert answer["rolled"] == [answer["raw"]] * 2
    assert answer["calls"] == [[len(stored)]] * 3


@pytest.mark.timeout(300)
def test_every_batch_sent_up_to_five_times_in_any_order_and_over_a_restart_counts_once(start_server):
    chance = random.Random(11)
    batches = dict(_batch() for _ in range(150))
    deliveries = [trace_id for trace_id in batches for _ in range(chance.randint(1, 5))]
    chance.shuffle(deliveries)
    repeats = 0
    for part in (deliveries[: len(deliveries) // 2], deliveries[len(deliveries) // 2 :]):
        server = start_server()
        for trace_id in part:
            assert server.post(batches[trace_id]).status_code == 200
        eventually(lambda: server.metric("mendline_spool_bytes") == 0)  # noqa: B023
        repeats += server.metric("mendline_duplicate_requests_total", signal="traces")
        assert server.stop() == 0
    stored, _ = _look(server.data)
    assert Counter(stored.values()) == {(SPANS, SPANS): len(batches)}
    assert repeats == len(deliveries) - len(batches)
