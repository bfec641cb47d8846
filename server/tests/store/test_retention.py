"""Data that is too old goes day by day, each signal after its own time, and nothing else does."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from otlp_requests import any_value, request_of

from mendline.model.signal import Signal
from mendline.store import ClickHouseStore, Payload, Retention
from mendline.store.clickhouse import READERS
from mendline.store.retention import expired

DAY_NS = 86_400 * 10**9
TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("table", "day", "goes"),
    [
        ("spans", "2026-11-17", True),
        ("spans", "2026-11-18", False),
        ("invocations", "2026-11-17", True),
        ("logs", "2026-11-17", False),
        ("logs", "2026-10-23", True),
        ("metrics", "2026-11-20", True),
        ("schema_tables", "2000-01-01", False),
        ("somebody_elses", "2000-01-01", False),
    ],
)
def test_partition_goes_after_the_retention_of_its_signal(table, day, goes):
    found = expired([(table, day)], TODAY, Retention(traces=5, logs=30, metrics=2))
    assert found == ([(table, day)] if goes else [])


@pytest.fixture
def open_store(engine_path):
    opened = []

    def make(**days):
        opened.append(ClickHouseStore.embedded(engine_path, f"retention_{os.getpid()}", retention=Retention(**days)))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


def test_shorter_retention_holds_for_what_is_there_already_and_for_its_signal_only(open_store):
    now = time.time_ns()
    store = open_store(traces=60, logs=60)
    spans = [{"start": now - age * DAY_NS, "span_id": bytes([age + 1] * 8)} for age in (0, 4, 10, 40)]
    store.insert(Signal.TRACES, [Payload(request_of(spans, {"service.name": "s"}), 0, now)], "spans")
    logs = ExportLogsServiceRequest()
    logs.resource_logs.add().scope_logs.add().log_records.add(time_unix_nano=now - 40 * DAY_NS, body=any_value("old"))
    store.insert(Signal.LOGS, [Payload(logs.SerializeToString(), 0, now)], "logs")
    store.close()

    store = open_store(traces=5, logs=60)
    dropped = store.drop_expired(datetime.now(UTC).date())
    assert {table for table, _ in dropped} == {"spans", "trace_hours"}
    days = {str((datetime.now(UTC) - timedelta(days=age)).date()) for age in (10, 40)}
    assert {day for _, day in dropped} == days
    assert store._rows("SELECT count() FROM spans") == [(2,)]
    assert store._rows("SELECT count() FROM logs") == [(1,)]
    assert store.drop_expired(datetime.now(UTC).date()) == []


def test_old_days_are_dropped_while_every_connection_for_reads_is_busy(open_store):
    store = open_store(traces=5)
    old = time.time_ns() - 40 * DAY_NS
    store._writer.command(
        "INSERT INTO spans (span_id, start) SELECT 'ssssssss', fromUnixTimestamp64Nano({at:Int64})",
        parameters={"at": old},
    )
    with ExitStack() as busy:
        for _ in range(READERS):
            busy.enter_context(store._reader())
        assert "spans" in {table for table, _ in store.drop_expired(datetime.now(UTC).date())}
