"""A server that is stopped stores what waits; one that finds its spool damaged starts, and stores nothing twice."""

from __future__ import annotations

import uuid

import pytest
from otlp_requests import request_of
from waiting import eventually


def _spans(count):
    trace_id = uuid.uuid4()
    return trace_id.hex, request_of(
        [{"trace_id": trace_id.bytes, "span_id": uuid.uuid4().bytes[:8]} for _ in range(count)]
    )


def _stored(server, trace_id):
    trace = server.get_json(f"/api/v1/traces/{trace_id}")
    return [span["span_id"] for span in trace["spans"]] if trace else []


def test_stop_stores_what_waits_and_exits_clean(start_server):
    server = start_server()
    trace_id, body = _spans(5)
    assert server.post(body).status_code == 200
    assert server.stop() == 0
    again = start_server()
    assert len(_stored(again, trace_id)) == 5


@pytest.mark.thorough
def test_damaged_and_stray_files_stop_no_start_and_double_nothing(start_server):
    server = start_server()
    trace_id, body = _spans(20)
    assert server.post(body).status_code == 200
    eventually(lambda: server.metric("mendline_spool_bytes") == 0)
    server.kill()
    spool = server.data / "spool"
    (spool / "default" / "journal").write_bytes(b"")
    (spool / "default" / "copy-of-0001.segment").write_bytes(b"x")
    (spool / "default" / "seen" / "1.hour").write_bytes(b"odd")
    (spool / "Not a project").mkdir()
    (spool / "Not a project" / "journal").touch()

    again = start_server()
    assert again.metric("mendline_spool_damaged_files") == 3
    trace_after, body = _spans(3)
    assert again.post(body).status_code == 200
    eventually(lambda: len(_stored(again, trace_after)) == 3)
    eventually(lambda: again.metric("mendline_spool_bytes") == 0)
    assert len(_stored(again, trace_id)) == 20
    reasons = {path.name for path in (spool / "default" / "damaged").glob("*.json")}
    assert reasons == {"journal.json", "copy-of-0001.segment.json", "1.hour.json"}
