"""The writer stores everything once: after crashes, with a store that fails, with data that it refuses."""

from __future__ import annotations

import errno
import json
import os
import threading
import time

import pytest
from otlp_requests import request_of
from waiting import eventually

from mendline.clock import SystemClock
from mendline.errors import StoreError, StoreRefusedError
from mendline.ingest.counters import Counters
from mendline.ingest.journal import PLACE_BYTES
from mendline.ingest.quarantine import Quarantine
from mendline.ingest.spool import Spool
from mendline.ingest.writer import Writer
from mendline.model.signal import Signal
from mendline.store import Payload


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    for name in ("STEADY_SECONDS", "SOON_SECONDS", "LEAST_SECONDS"):
        monkeypatch.setattr(f"mendline.ingest.writer.{name}", 0.01)
    monkeypatch.setattr("mendline.ingest.writer._BACKOFF_SECONDS", (0.01,))


@pytest.fixture
def start(tmp_path, store):
    """Start a writer over one spool directory; `start(store)` again to restart it with another store."""
    parts = []

    def begin(into=store):
        begun, counters = store.last_batch(), Counters()
        spool = Spool(tmp_path / "spool", SystemClock(), most_bytes=2**30, begun=begun)
        writer = Writer(spool, into, counters, Quarantine(tmp_path / "quarantine"))
        writer.start()
        parts.append((writer, spool))
        return writer, spool, counters

    yield begin
    for writer, spool in parts:
        writer.stop()
        spool.close()


class FailingStore:
    """A store in front of the real one that fails as told, before or after it has stored."""

    def __init__(self, store, failures):
        self._store, self.failures, self.tokens = store, failures, []

    def insert(self, signal, payloads, token, *, size=None):
        self.tokens.append(token)
        when = self.failures.pop(0) if self.failures else None
        if when == "before":
            raise StoreError("no space")
        self._store.insert(signal, payloads, token, size=size)
        if when == "after":
            raise StoreError("the answer was lost")

    def begin(self, first, end):
        self._store.begin(first, end)

    def complete(self, first, end):
        self._store.complete(first, end)


def _count(store):
    return store.select("receipt")[0]["spans"]


def _body(number=1):
    return request_of([{"span_id": number.to_bytes(8, "big")}])


def test_appended_requests_are_stored_and_counted(start, store):
    _, spool, counters = start()
    for number in range(1, 21):
        spool.append(Signal.TRACES, _body(number), 1)
    eventually(lambda: _count(store) == 20)
    eventually(lambda: spool.pending_bytes == 0)
    assert counters.registry.get_sample_value("mendline_stored_records_total", {"signal": "traces"}) == 20


def test_what_comes_after_a_pause_is_stored_soon_and_what_is_much_at_once(start, monkeypatch):
    monkeypatch.setattr("mendline.ingest.writer.STEADY_SECONDS", 3600)
    monkeypatch.setattr("mendline.ingest.writer.MUCH_BYTES", 10_000)
    _, spool, counters = start()
    spool.append(Signal.TRACES, _body(1), 1).result(10)
    eventually(lambda: spool.pending_bytes == 0)
    for number in range(2, 30):
        spool.append(Signal.TRACES, _body(number), 1).result(10)
    assert spool.pending_bytes > 0, "what comes steadily waits for more"
    while spool.pending_bytes < 10_000:
        number += 1
        spool.append(Signal.TRACES, _body(number), 1).result(10)
    eventually(lambda: spool.pending_bytes == 0)
    assert counters.registry.get_sample_value("mendline_insert_seconds_count") == 2 * 3, "begun, stored, completed"


@pytest.mark.parametrize("when", ["before", "after"])
def test_failed_insert_is_repeated_with_the_same_token_and_counts_once(start, store, when):
    failing = FailingStore(store, [when, when])
    _, spool, _ = start(failing)
    spool.append(Signal.TRACES, _body(), 1).result(10)
    eventually(lambda: spool.pending_bytes == 0)
    assert _count(store) == 1
    assert len(set(failing.tokens)) == 1


def test_batch_open_at_a_crash_is_repeated_with_its_borders_though_more_has_come(start, store, tmp_path):
    spool = Spool(tmp_path / "spool", SystemClock(), most_bytes=2**30)
    first = spool.end
    spool.append(Signal.TRACES, _body(1), 1).result(10)
    spool.journal.begin(first, spool.end)
    store.insert(
        Signal.TRACES, [Payload(_body(1), first, time.time_ns())], f"{first}-{spool.end}"
    )  # stored, but the crash comes before `done`
    spool.append(Signal.TRACES, _body(2), 1).result(10)
    spool.close()
    start()
    eventually(lambda: _count(store) == 2)


def test_batch_that_could_not_be_written_down_is_not_stored_before_it_is(start, store, monkeypatch):
    failing = FailingStore(store, [])
    _, spool, _ = start(failing)
    refused = threading.Event()

    def full(*_):
        refused.set()
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("mendline.ingest.journal.write_all_at", full)
        spool.append(Signal.TRACES, _body(1), 1).result(10)
        assert refused.wait(10)
        spool.append(Signal.TRACES, _body(2), 1).result(10)
        refused.clear()
        assert refused.wait(10)
        assert not failing.tokens
    eventually(lambda: spool.pending_bytes == 0)
    assert _count(store) == 2


def _garble(path):
    path.write_bytes(os.urandom(path.stat().st_size))


def _flip(at):
    def flip(path):
        data = bytearray(path.read_bytes())
        data[at] ^= 1
        path.write_bytes(data)

    return flip


HURTS = {
    "random bytes": _garble,
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:10]),
    "gone": lambda path: path.unlink(),
    "first line": _flip(0),
    "second line": _flip(PLACE_BYTES),
}


@pytest.mark.parametrize("hurt", HURTS.values(), ids=HURTS)
def test_damaged_journal_doubles_and_loses_nothing(start, store, tmp_path, hurt):
    writer, spool, _ = start()
    spool.append(Signal.TRACES, _body(1), 1).result(10)
    eventually(lambda: spool.pending_bytes == 0)
    writer.stop()
    spool.append(Signal.TRACES, _body(2), 1).result(10)
    first, end = spool.read(spool.journal.done, most_records=1, most_bytes=1)[0].start, spool.end
    spool.append(Signal.TRACES, _body(3), 1).result(10)
    spool.journal.begin(first, end)
    store.begin(first, end)
    store.insert(Signal.TRACES, [Payload(_body(2), first, time.time_ns())], f"{first}-{end}")  # and here it is killed
    hurt(tmp_path / "spool" / "journal")

    _, spool, _ = start()
    eventually(lambda: spool.pending_bytes == 0)
    assert _count(store) == 3
    assert spool.damaged_files == 1
    assert json.loads((tmp_path / "spool" / "damaged" / "journal.json").read_text())["reason"]


def test_batch_that_was_stored_and_then_damaged_in_the_spool_does_not_count_in_part_again(start, store, tmp_path):
    spool = Spool(tmp_path / "spool", SystemClock(), most_bytes=2**30)
    for number in (1, 2):
        spool.append(Signal.TRACES, _body(number), 1).result(10)
    records = spool.read(0, most_records=10, most_bytes=10**6)
    first, end = records[0].start, records[-1].end
    spool.journal.begin(first, end)
    store.begin(first, end)
    store.insert(
        Signal.TRACES, [Payload(each.body, each.start, each.received_ns) for each in records], f"{first}-{end}"
    )
    spool.close()
    (path,) = (tmp_path / "spool").glob("*.segment")
    _flip(-1)(path)
    _, spool, _ = start()
    eventually(lambda: spool.pending_bytes == 0)
    assert _count(store) == 2


def test_request_that_the_store_refuses_is_quarantined_and_the_others_are_stored(start, store, tmp_path):
    spool = Spool(tmp_path / "spool", SystemClock(), most_bytes=2**30)
    for number in range(1, 8):
        spool.append(Signal.TRACES, b"\xff\xff garbage" if number == 4 else _body(number), 1).result(10)
    spool.close()
    _, spool, counters = start()
    eventually(lambda: _count(store) == 6)
    eventually(lambda: spool.pending_bytes == 0)
    (kept,) = (tmp_path / "quarantine").glob("*.otlp")
    assert kept.read_bytes() == b"\xff\xff garbage"
    assert json.loads(kept.with_suffix(".json").read_text())["reason"]
    refused = {"signal": "traces", "reason": "store_refused"}
    assert counters.registry.get_sample_value("mendline_left_out_records_total", refused) == 1


def test_stop_does_not_wait_for_a_store_that_never_answers(start, store, monkeypatch):
    monkeypatch.setattr("mendline.ingest.writer._BACKOFF_SECONDS", (3600,))
    failing = FailingStore(store, ["before"] * 10**6)
    writer, spool, _ = start(failing)
    spool.append(Signal.TRACES, _body(), 1).result(10)
    eventually(lambda: failing.tokens)
    stopper = threading.Thread(target=writer.stop)
    stopper.start()
    stopper.join(10)
    assert not stopper.is_alive()
    assert spool.pending_bytes > 0


def test_stop_while_a_batch_of_before_is_repeated_leaves_it_open(start, store, tmp_path, monkeypatch):
    spool = Spool(tmp_path / "spool", SystemClock(), most_bytes=2**30)
    first = spool.end
    spool.append(Signal.TRACES, _body(), 1).result(10)
    spool.journal.begin(first, spool.end)
    spool.close()
    monkeypatch.setattr("mendline.ingest.writer._BACKOFF_SECONDS", (3600,))
    failing = FailingStore(store, ["before"] * 10**6)
    writer, spool, _ = start(failing)
    eventually(lambda: failing.tokens)
    writer.stop()
    assert spool.journal.open_batch == (first, spool.end)
    assert spool.pending_bytes > 0


def test_batch_whose_invocations_cannot_be_completed_is_counted_and_holds_up_nothing(start, store):
    failing = FailingStore(store, [])
    failing.complete = lambda first, end: (_ for _ in ()).throw(StoreRefusedError("no such number"))
    _, spool, counters = start(failing)
    spool.append(Signal.TRACES, _body(), 1).result(10)
    eventually(lambda: spool.pending_bytes == 0)
    assert _count(store) == 1
    assert counters.registry.get_sample_value("mendline_uncompleted_batches_total") == 1


def test_writer_survives_what_nobody_expected(start, store, monkeypatch):
    monkeypatch.setattr("mendline.ingest.writer._BACKOFF_SECONDS", (0.0,))
    writer, spool, _ = start()
    failures = [OSError(28, "No space left on device"), ValueError("what")]
    begin = spool.journal.begin

    def fails_at_first(first, end):
        if failures:
            raise failures.pop()
        begin(first, end)

    monkeypatch.setattr(spool.journal, "begin", fails_at_first)
    spool.append(Signal.TRACES, _body(), 1).result(10)
    eventually(lambda: spool.pending_bytes == 0)
    assert _count(store) == 1
    assert not writer.problem(after_s=0)


def test_quarantine_has_a_cap_and_counts_what_it_keeps(tmp_path):
    quarantine = Quarantine(tmp_path / "q", most_bytes=2500)
    assert [quarantine.keep(f"n{number}", bytes(1000), {"reason": "r"}) for number in range(3)] == [True, True, False]
    assert quarantine.things == Quarantine(tmp_path / "q").things == 2
