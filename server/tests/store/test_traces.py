"""What the store keeps of traces, and that a repeated batch counts once."""

from __future__ import annotations

import os
import time
from contextlib import closing

import pytest
from otlp_requests import request_of
from store_tables import empty

from mendline.errors import StoreError, StoreRefusedError, UsageError
from mendline.insight.traces import read_spans
from mendline.model.signal import Signal
from mendline.store import ClickHouseStore, Payload


@pytest.fixture(scope="module", params=["embedded", "server"])
def reopen(request, engine_path):
    """Every backend is held to the same contract, and both ways in which requests are flattened."""
    name = f"contract_{request.param}_{os.getpid()}"
    if request.param == "embedded":
        return lambda: ClickHouseStore.embedded(engine_path, name)
    dsn = request.getfixturevalue("server_dsn")
    return lambda: ClickHouseStore(dsn, name, few_bytes=0)


@pytest.fixture(scope="module")
def opened(reopen):
    with closing(reopen()) as store:
        yield store


@pytest.fixture
def store(opened):
    yield opened
    empty(opened)


def _payload(body):
    return Payload(body, 1, time.time_ns())


def _spans(store, trace_id=b"t" * 16):
    return read_spans(store, trace_id.hex())


def test_store_knows_the_last_batch_that_was_begun_also_when_it_begins_again(store):
    assert store.last_batch() is None
    for borders in ((1, 5), (5, 2**63), (5, 2**63)):
        store.begin(*borders)
        assert store.last_batch() == borders


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("text", "text"),
        ("", ""),
        ("ünï \t\n\\ 'quote' \0", "ünï \t\n\\ 'quote' \0"),
        (42, "42"),
        (-(2**63), str(-(2**63))),
        (1.5, "1.5"),
        (True, "true"),
        (False, "false"),
        (b"\x00\xff", "AP8="),
        (["a", "b"], '["a","b"]'),
        ([1, 2.5, True, None], "[1,2.5,true,null]"),
        ([], "[]"),
        ({"a": 1, "b": "x"}, '{"a":1,"b":"x"}'),
        (None, ""),
    ],
)
def test_attribute_is_kept_as_text(store, send_spans, sent, kept):
    send_spans({"attributes": {"key": sent}})
    assert _spans(store)[0]["attributes"] == {"key": kept}


def test_span_is_kept_whole(store, send_spans):
    start = time.time_ns() - 5_000_000_123
    send_spans(
        {
            "start": start,
            "duration": 7_000_001,
            "parent_id": b"p" * 8,
            "name": "PutItem",
            "kind": 3,
            "status": 2,
            "message": "denied",
            "events": [("exception", {"exception.type": "ValueError"})],
            "links": [(b"o" * 16, b"l" * 8)],
        }
    )
    (row,) = _spans(store)
    assert row["start_ns"] == start
    assert row["duration_ns"] == 7_000_001
    assert (row["name"], row["kind"], row["status"], row["status_message"]) == ("PutItem", 3, 2, "denied")
    assert row["parent_id"] == (b"p" * 8).hex()
    assert row["events"] == [("exception", start + 7_000_001, {"exception.type": "ValueError"})]
    assert row["links"] == [((b"o" * 16).hex(), (b"l" * 8).hex(), {})]


@pytest.mark.parametrize("days", [-400, 1, 36500])
def test_impossible_time_is_placed_at_receipt_and_marked(store, send_spans, days):
    before = time.time_ns()
    send_spans({"start": before + days * 86_400 * 10**9})
    (row,) = _spans(store)
    assert row["placed_at_receipt"]
    assert before - 10**9 <= row["start_ns"] <= time.time_ns() + 10**9


@pytest.mark.parametrize(
    ("start_ago", "duration", "kept"),
    [
        (0, 2**63, 0),
        (3600, 3600 * 10**9, 3600 * 10**9),
        (3600, 3600 * 10**9 + 300 * 10**9, 3600 * 10**9 + 300 * 10**9),  # five minutes ahead: a clock may be
        (3600, 2 * 3600 * 10**9, 0),
        (86_400 * 400, 3600 * 10**9, 3600 * 10**9),  # placed at receipt, with its length
        (86_400 * 400, 86_400 * 31 * 10**9, 0),
    ],
)
def test_impossible_length_is_none_and_marked(store, send_spans, start_ago, duration, kept):
    send_spans({"start": time.time_ns() - start_ago * 10**9, "duration": duration})
    (row,) = _spans(store)
    assert row["duration_ns"] == kept
    assert row["placed_at_receipt"] == (not kept or start_ago > 86_400)


def test_span_that_ends_before_it_starts_has_no_duration(store, send_spans):
    send_spans({"duration": -5})
    assert _spans(store)[0]["duration_ns"] == 0


def test_same_token_stores_once_in_every_table(store):
    body = request_of([{"kind": 2, "attributes": {"faas.invocation_id": "r1"}, "links": [(b"o" * 16, b"l" * 8)]}])
    for _ in range(3):
        store.insert(Signal.TRACES, [_payload(body), _payload(body)], "same")
        store.complete(1, 2)
    assert store.select("receipt")[0]["spans"] == 2
    assert len(store.select("invocation_executions", {"id": "r1", "by_span": False})) == 1
    assert len(store.select("trace_members", {"trace_id": (b"o" * 16).hex()})) == 1


def test_reopened_store_still_knows_its_tokens(store, reopen):
    body = request_of([{}])
    store.insert(Signal.TRACES, [_payload(body)], "reopened")
    with closing(reopen()) as again:
        again.insert(Signal.TRACES, [_payload(body)], "reopened")
        assert again.select("receipt")[0]["spans"] == 1


def test_garbage_is_refused_as_data_and_stores_nothing(store):
    with pytest.raises(StoreRefusedError):
        store.insert(Signal.TRACES, [_payload(b"\xff\xff\xff garbage")], "garbage")
    assert store.select("receipt")[0]["spans"] == 0


@pytest.mark.thorough
def test_store_that_cannot_keep_up_with_merges_is_no_fault_of_the_data(engine_path):
    store = ClickHouseStore.embedded(engine_path, "behind")
    store._writer.command("SYSTEM STOP MERGES behind.spans")
    store._writer.command("ALTER TABLE spans MODIFY SETTING parts_to_throw_insert = 2, parts_to_delay_insert = 2")
    with pytest.raises(StoreError, match="Too many parts") as caught:  # noqa: PT012 - which insert it is matters not
        for number in range(5):
            store.insert(Signal.TRACES, [_payload(request_of([{}]))], f"behind-{number}")
    assert not isinstance(caught.value, StoreRefusedError)
    store.close()


def test_read_cannot_write(reopen, monkeypatch):
    monkeypatch.setattr("mendline.store.reads.sql_of", lambda *_: "INSERT INTO spans (name) VALUES ('x')")
    with closing(reopen()) as store, pytest.raises(StoreError):
        store.select("anything")


@pytest.mark.parametrize("name", ["", "A", "a-b", "a`; DROP", "x" * 64, "../x"])
def test_project_name_never_reaches_sql_unchecked(engine_path, name):
    with pytest.raises(UsageError):
        ClickHouseStore.embedded(engine_path, name)
