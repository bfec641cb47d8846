"""The OpenTelemetry Collector's ClickHouse exporter writes to our tables, through Null tables of its own shape."""

from __future__ import annotations

import json
import os
import time
from contextlib import closing

import pytest
from halves import report
from otel_columns import COLUMNS
from store_tables import empty

from mendline.insight.invocations import find_invocation
from mendline.model.signal import Signal
from mendline.store import ClickHouseStore, Payload

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture(scope="module")
def opened(server_dsn):
    with closing(ClickHouseStore(server_dsn, f"written_{os.getpid()}")) as store:
        yield store


@pytest.fixture
def store(opened):
    yield opened
    empty(opened)


def _write(store, table, **columns):
    store._writer.raw_insert(
        f"{store.project}_write.{table}",
        insert_block=json.dumps(columns).encode(),
        settings={"date_time_input_format": "best_effort"},
        fmt="JSONEachRow",
    )


def _stamp(ago=60.0):
    return f"{time.time() - ago:.9f}"


def _span(**columns):
    return {
        "Timestamp": _stamp(), "TraceId": TRACE, "SpanId": SPAN, "SpanName": "checkout", "SpanKind": "Server",
        "ServiceName": "checkout", "Duration": 5_000_000, "StatusCode": "Unset",
        "ResourceAttributes": {"service.name": "checkout", "faas.name": "checkout", "cloud.platform": "aws_lambda"},
    } | columns  # fmt: skip


@pytest.mark.parametrize("table", COLUMNS)
def test_tables_to_write_have_the_columns_of_the_exporter(store, table):
    found = {name: kind for name, kind, *_ in store._rows(f"DESCRIBE TABLE {store.project}_write.{table}")}
    assert COLUMNS[table].items() <= found.items()


@pytest.mark.parametrize(("kind", "status"), [("Server", "Error"), ("SPAN_KIND_SERVER", "STATUS_CODE_ERROR")])
def test_span_is_read_back_as_it_was_written_and_is_an_invocation(store, kind, status):
    written = _span(
        SpanKind=kind, StatusCode=status, StatusMessage="no", ParentSpanId="", TraceState="a=b", ScopeName="lib",
        SpanAttributes={"faas.invocation_id": "r-1", "error.type": "ValueError", "k": "v"},
        **{"Events.Timestamp": [_stamp()], "Events.Name": ["exception"],
           "Events.Attributes": [{"exception.type": "ValueError", "exception.message": "no"}],
           "Links.TraceId": ["1" * 32], "Links.SpanId": ["2" * 16], "Links.TraceState": ["ot=th:8"],
           "Links.Attributes": [{"l": "m"}]},
    )  # fmt: skip
    _write(store, "otel_traces", **written)
    columns = [name for name in written if name not in ("Timestamp", "Events.Timestamp")]
    (read,) = store._rows(f"SELECT {', '.join(f'`{name}`' for name in columns)} FROM otel_traces")
    expected = {**written, "SpanKind": "Server", "StatusCode": "Error"}
    assert dict(zip(columns, read, strict=True)) == {name: expected[name] for name in columns}
    invocation = find_invocation(store, "r-1")
    assert (invocation.error_type, invocation.duration_ms) == ("ValueError", 5.0)
    assert store._rows("SELECT sum(invocations), sum(errors) FROM function_minutes") == [(1, 1)]
    assert store._rows("SELECT type, function FROM errors") == [("ValueError", "checkout")]


def test_report_after_a_written_span_completes_its_invocation(store):
    end = time.time() - 60
    _write(store, "otel_traces", **_span(Timestamp=f"{end - 0.005:.9f}", SpanAttributes={"faas.invocation_id": "r-2"}))
    told = report(int((end - 0.005) * 1e9), duration=5, request_id="r-2", **{"mendline.billed_ms": 6})
    store.insert(Signal.LOGS, [Payload(told[1], 10**18, time.time_ns())], "told")
    store.complete(10**18, 10**18 + 1)
    assert find_invocation(store, "r-2").billed_ms == 6
    assert store._rows("SELECT sum(sign) FROM invocations") == [(1,)]
    assert store._rows("SELECT sum(invocations), sum(total_billed_ms) FROM function_minutes") == [(1, 6)]


def test_span_from_the_future_is_placed_at_its_receipt_and_marked(store):
    _write(store, "otel_traces", **_span(Timestamp=_stamp(-86400)))
    assert store._rows("SELECT placed_at_receipt, start <= now64(9) FROM spans") == [(True, True)]


def test_span_with_a_wrong_id_is_refused_to_the_one_who_writes_it(store):
    with pytest.raises(Exception, match="TraceId needs 32 hexadecimal digits"):
        _write(store, "otel_traces", **_span(TraceId="abc"))
    assert store._rows("SELECT count() FROM spans") == [(0,)]


def test_log_record_is_read_back_as_it_was_written(store):
    written = {
        "TraceId": TRACE, "SpanId": SPAN, "TraceFlags": 1, "SeverityText": "WARN", "SeverityNumber": 13,
        "ServiceName": "shop", "Body": "hello", "ResourceAttributes": {"service.name": "shop"}, "ScopeName": "lib",
        "ResourceSchemaUrl": "https://r", "ScopeSchemaUrl": "https://s", "ScopeAttributes": {"a": "b"},
        "LogAttributes": {"k": "v"}, "EventName": "e",
    }  # fmt: skip
    _write(store, "otel_logs", Timestamp=_stamp(), **written)
    (read,) = store._rows(f"SELECT {', '.join(written)} FROM otel_logs")
    assert dict(zip(written, read, strict=True)) == written


HISTOGRAM = {"Count": 3, "Sum": 6.0, "Min": 1.0, "Max": 3.0, "AggregationTemporality": 2}
POINTS = {
    "gauge": {"Value": 7.5},
    "sum": {"Value": 7.5, "AggregationTemporality": 2, "IsMonotonic": True},
    "histogram": {**HISTOGRAM, "BucketCounts": [1, 2], "ExplicitBounds": [2.0]},
    "exponential_histogram": {
        **HISTOGRAM, "Scale": 1, "ZeroCount": 0, "PositiveOffset": 1, "PositiveBucketCounts": [3],
        "NegativeOffset": 0, "NegativeBucketCounts": [],
    },
    "summary": {"Count": 3, "Sum": 6.0, "ValueAtQuantiles.Quantile": [0.5], "ValueAtQuantiles.Value": [2.0]},
}  # fmt: skip


@pytest.mark.parametrize("kind", POINTS)
def test_point_is_read_back_as_it_was_written(store, kind):
    written = {
        "MetricName": "held", "MetricUnit": "By", "MetricDescription": "what it holds", "ServiceName": "shop",
        "ResourceAttributes": {"service.name": "shop"}, "Attributes": {"k": "v"}, "Flags": 0,
        "ResourceSchemaUrl": "https://r", "ScopeSchemaUrl": "https://s", "ScopeAttributes": {"a": "b"},
        "ScopeDroppedAttrCount": 1, **POINTS[kind],
    }  # fmt: skip
    exemplars = {
        "Exemplars.FilteredAttributes": [{"a": "b"}], "Exemplars.Value": [1.0], "Exemplars.SpanId": [SPAN],
        "Exemplars.TraceId": [TRACE],
    }  # fmt: skip
    if kind != "summary":
        written |= exemplars
    times = {} if kind == "summary" else {"Exemplars.TimeUnix": [_stamp()]}
    _write(store, f"otel_metrics_{kind}", TimeUnix=_stamp(), StartTimeUnix=_stamp(), **written, **times)
    (read,) = store._rows(f"SELECT {', '.join(f'`{name}`' for name in written)} FROM otel_metrics_{kind}")
    assert dict(zip(written, read, strict=True)) == written


def test_embedded_engine_has_no_tables_to_write(engine_path):
    with closing(ClickHouseStore.embedded(engine_path, f"unwritten_{os.getpid()}")) as store:
        assert store._rows(f"SELECT count() FROM system.databases WHERE name = '{store.project}_write'") == [(0,)]
