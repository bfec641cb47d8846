"""Reads of the store: how many at once, and what is told about each."""

from __future__ import annotations

import contextlib
import os

import pytest

from mendline.errors import QueryLimitError, ReadsBusyError, StoreError, UsageError
from mendline.store import ClickHouseStore, clickhouse


@pytest.fixture
def told():
    return []


@pytest.fixture
def store(engine_path, told):
    opened = ClickHouseStore.embedded(
        engine_path, f"reads_{os.getpid()}", observe=lambda statement, seconds: told.append((statement, seconds))
    )
    yield opened
    opened.close()


def test_every_read_is_told_with_its_time_also_one_that_fails(store, told):
    store.select("receipt")
    with pytest.raises(StoreError):
        store.select("traces")  # without its parameters
    with pytest.raises(UsageError):
        store.select("Receipt; DROP")  # which is no read
    assert [statement for statement, _ in told] == ["receipt", "traces"]
    assert all(0 < seconds < 60 for _, seconds in told)


def test_more_reads_than_connections_wait_and_then_are_refused_in_words(store, monkeypatch):
    monkeypatch.setattr(clickhouse, "WAIT_SECONDS", 0.05)
    with contextlib.ExitStack() as busy:
        for _ in range(clickhouse.READERS):
            busy.enter_context(store._reader())
        with pytest.raises(ReadsBusyError) as refused:
            store.select("receipt")
    assert not isinstance(refused.value, QueryLimitError)
    assert refused.value.status == 503
    assert store.select("receipt")
