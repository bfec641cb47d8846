"""A read ends at its limits, which say which one it was; and with who asked for it. What is kept of reads is little."""

from __future__ import annotations

import threading

import pytest
from waiting import eventually

from mendline.errors import QueryLimitError, ReadCancelledError
from mendline.store.cancelling import Reading, reading
from mendline.store.engine import ENGINE_OPTIONS
from mendline.store.limits import ReadLimits

SLOW = "SELECT count() FROM numbers(4000000) WHERE NOT ignore(sleep(0.2))"  # for each block: more than 10 s
RUNNING = "SELECT count() FROM system.processes WHERE query LIKE '%sleep(0.2)%' AND query NOT LIKE '%processes%'"


@pytest.mark.parametrize(
    ("limits", "sql", "said"),
    [
        (ReadLimits(seconds=1), SLOW, r"longer than 1 s.*shorter range"),
        (
            ReadLimits(memory_bytes=30_000_000),
            "SELECT groupArray(number) FROM numbers(9000000)",
            r"30 MB.*fewer fields",
        ),
        (ReadLimits(rows=5), "SELECT number FROM numbers(9)", r"more than 5 rows.*limit"),
    ],
    ids=["time", "memory", "rows"],
)
def test_limit_says_which_it_was_and_what_to_change(store, monkeypatch, limits, sql, said):
    monkeypatch.setattr(store, "_limits", limits)
    with pytest.raises(QueryLimitError, match=said):
        store.ask(sql, {})


def test_read_whose_client_goes_away_is_stopped_in_the_middle(store):
    asked, raised = Reading(), []

    def ask():
        with reading(asked):
            try:
                store.ask(SLOW, {})
            except ReadCancelledError as error:
                raised.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    eventually(lambda: store.ask(RUNNING, {}) == [(1,)])
    asked.cancel()
    thread.join(5)
    assert len(raised) == 1
    eventually(lambda: store.ask(RUNNING, {}) == [(0,)])
    with reading(asked), pytest.raises(ReadCancelledError):
        store.select("receipt")


def test_caches_of_the_embedded_engine_have_our_sizes(store):
    told = store.ask("SELECT name, toInt64(value) FROM system.server_settings WHERE has({names:Array(String)}, name)",
                     {"names": list(ENGINE_OPTIONS)})  # fmt: skip
    assert dict(told) == ENGINE_OPTIONS
