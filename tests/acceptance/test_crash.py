"""What was answered 200 is stored once, though the server was killed before it could store it."""

from __future__ import annotations

import uuid

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


def test_acknowledged_spans_survive_kill_before_they_are_stored(start_server):
    server = start_server()
    acknowledged = []
    for _ in range(20):
        trace_id, body = _spans(25)
        assert server.post(body).status_code == 200
        acknowledged.append(trace_id)
    waiting = server.metric("mendline_spool_bytes")
    server.kill()
    assert waiting > 0, "nothing was waiting: this test must kill between acknowledgement and store"

    again = start_server()
    eventually(lambda: again.metric("mendline_spool_bytes") == 0)
    for trace_id in acknowledged:
        spans = _stored(again, trace_id)
        assert len(spans) == 25
        assert len(set(spans)) == 25


def test_repeated_kills_while_storing_lose_and_double_nothing(start_server):
    acknowledged = []
    for round_ in range(4):
        server = start_server()
        for number in range(6):
            trace_id, body = _spans(200)
            assert server.post(body).status_code == 200
            acknowledged.append(trace_id)
            if number == 3 and round_ % 2:  # let one batch begin to be stored, then kill in the midst
                eventually(lambda: server.metric("mendline_stored_records_total", signal="traces") > 0)  # noqa: B023
        server.kill()
    server = start_server()
    eventually(lambda: server.metric("mendline_spool_bytes") == 0)
    for trace_id in acknowledged:
        spans = _stored(server, trace_id)
        assert (len(spans), len(set(spans))) == (200, 200)


def test_stop_stores_what_waits_and_exits_clean(start_server):
    server = start_server()
    trace_id, body = _spans(5)
    assert server.post(body).status_code == 200
    assert server.stop() == 0
    again = start_server()
    assert len(_stored(again, trace_id)) == 5


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
