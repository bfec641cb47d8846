"""What Python makes of small requests is what ClickHouse makes of large ones, whatever they hold."""

from __future__ import annotations

import time
from contextlib import closing

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from random_requests import RandomRequests

from mendline.model.signal import Signal
from mendline.store import ClickHouseStore, Payload

SIGNALS = {
    Signal.TRACES: (ExportTraceServiceRequest, "spans_in"),
    Signal.LOGS: (ExportLogsServiceRequest, "logs_in"),
    Signal.METRICS: (ExportMetricsServiceRequest, "metrics_in"),
}


@pytest.fixture(scope="module")
def store(engine_path):
    """Every row that is spread is kept in a table as well, to be looked at."""
    with closing(ClickHouseStore.embedded(engine_path, "sent")) as store:
        for _, table in SIGNALS.values():
            store._writer.command(f"CREATE TABLE {table}_seen ENGINE = Memory AS {table}")
            store._writer.command(f"CREATE MATERIALIZED VIEW {table}_see TO {table}_seen AS SELECT * FROM {table}")
        yield store


def _seen(store, table):
    found = store._rows(f"SELECT toString(tuple(*)) FROM {table}_seen")
    store._writer.command(f"TRUNCATE TABLE {table}_seen")
    return sorted(row for (row,) in found)


@pytest.mark.parametrize("signal", SIGNALS, ids=str)
def test_small_requests_are_flattened_here_as_the_database_flattens_large_ones(store, signal):
    message, table = SIGNALS[signal]
    now = time.time_ns()
    made = RandomRequests(len(table), now)
    payloads = [Payload(made.fill(message()).SerializeToString(), number, now + number) for number in range(1, 13)]
    store.insert(signal, payloads, "small", size=0)
    small = _seen(store, table)
    store.insert(signal, payloads, "large", size=2**40)
    large = _seen(store, table)
    assert len(large) > len(payloads)
    for ours, theirs in zip(small, large, strict=True):
        assert ours == theirs
