"""Days before now, written by the model of the shop through the ordinary way in."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from waiting import eventually

from mendline_playground.shop.plan import FUNCTIONS


def _write(server, *arguments: str) -> str:
    command = [sys.executable, "-m", "mendline_playground", "history", "--server", server.web, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=True).stderr


def _functions(server, start: str, end: str) -> dict[str, dict]:
    answer = server.get_json(f"/api/v1/functions?start={start}&end={end}")
    return {row["id"]["name"]: row for row in answer["functions"]}


@pytest.mark.thorough
def test_history_is_kept_at_its_own_time_with_what_was_billed_and_is_written_once(start_server):
    server = start_server()
    told = _write(server, "--days", "0.1")
    assert "spans written" in told
    stored = eventually(lambda: server.metric("mendline_stored_records_total", signal="traces"))
    eventually(lambda: server.metric("mendline_spool_bytes") == 0, 60)

    long_ago = datetime.now(UTC) - timedelta(hours=2)
    start, end = (moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in (long_ago, long_ago + timedelta(hours=1)))
    seen = _functions(server, start, end)
    assert set(seen) >= set(FUNCTIONS) - {"nightly"}

    (summary, *_) = server.get_json(f"/traces.json?start={start}&end={end}")["traces"]
    trace = server.get_json(f"/api/v1/traces/{summary['trace_id']}")
    assert not [span for span in trace["spans"] if span["placed_at_receipt"]]
    request_id = next(s["attributes"]["faas.invocation_id"] for s in trace["spans"] if s["depth"] == 0)
    invocation = server.get_json(f"/api/v1/invocations/{request_id}")
    assert invocation["billed_ms"] >= invocation["duration_ms"] > 0
    assert 0 < invocation["memory_used_bytes"] <= invocation["memory_size_bytes"]

    assert "nothing is missing" in _write(server, "--days", "0.05")
    assert server.metric("mendline_stored_records_total", signal="traces") >= stored


def test_a_server_that_is_not_there_is_said_in_a_sentence():
    command = [
        sys.executable,
        "-m",
        "mendline_playground",
        "history",
        "--server",
        "http://127.0.0.1:9",
        "--days",
        "0.1",
    ]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert "127.0.0.1:9" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_scenario_is_played_into_a_server_and_its_faults_can_be_seen(start_server):
    server = start_server()
    command = [sys.executable, "-m", "mendline_playground", "play", "orders-table-denied", "--server", server.web]
    told = subprocess.run(command, capture_output=True, text=True, timeout=100, check=True).stdout
    assert told.startswith("deny from ")
    eventually(lambda: server.metric("mendline_spool_bytes") == 0, 60)
    writer = _functions(server, "-1h", "now")["order-writer"]
    assert writer["errors"] > 20
