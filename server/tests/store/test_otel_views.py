"""Other tools read our telemetry under the names and types of the OpenTelemetry Collector's ClickHouse exporter."""

from __future__ import annotations

import time

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from otel_columns import COLUMNS
from otlp_requests import any_value, pairs

from mendline.model.signal import Signal
from mendline.store import Payload


@pytest.mark.parametrize("view", COLUMNS)
def test_columns_are_those_of_the_exporter(store, view):
    found = {name: kind for name, kind, *_ in store._rows(f"DESCRIBE TABLE {view}")}
    assert COLUMNS[view].items() <= found.items()


def test_span_reads_as_the_exporter_writes_it(store, send_spans):
    send_spans(
        {"kind": 2, "status": 2, "message": "no", "attributes": {"k": "v"}, "events": [("e", {"a": "b"})],
         "links": [(b"o" * 16, b"l" * 8)]},
        resource={"service.name": "shop"},
    )  # fmt: skip
    ((kind, status, resource, events, links, service),) = store._rows(
        "SELECT SpanKind, StatusCode, ResourceAttributes, Events.Name, Links.TraceId, ServiceName FROM otel_traces"
    )
    assert (kind, status, service, events) == ("Server", "Error", "shop", ["e"])
    assert (resource, links) == ({"service.name": "shop"}, [(b"o" * 16).hex()])


def test_log_record_reads_as_the_exporter_writes_it(store):
    message = ExportLogsServiceRequest()
    group = message.resource_logs.add()
    group.resource.attributes.extend(pairs({"service.name": "shop"}))
    group.scope_logs.add().log_records.add(
        time_unix_nano=time.time_ns(), body=any_value("hello"), severity_text="WARN", trace_id=b"t" * 16
    )
    store.insert(Signal.LOGS, [Payload(message.SerializeToString(), 0, time.time_ns())], "logs")
    columns = "ServiceName, Body, SeverityText, TraceId, SpanId, ResourceAttributes['service.name']"
    assert store._rows(f"SELECT {columns} FROM otel_logs") == [("shop", "hello", "WARN", (b"t" * 16).hex(), "", "shop")]


def test_points_read_as_the_exporter_writes_them(store):
    message = ExportMetricsServiceRequest()
    group = message.resource_metrics.add()
    group.resource.attributes.extend(pairs({"service.name": "shop"}))
    metric = group.scope_metrics.add().metrics.add(name="held", unit="By", description="what it holds")
    metric.gauge.data_points.add(time_unix_nano=time.time_ns(), as_int=7, attributes=pairs({"k": "v"}))
    store.insert(Signal.METRICS, [Payload(message.SerializeToString(), 0, time.time_ns())], "metrics")
    columns = "ServiceName, MetricName, MetricUnit, MetricDescription, Value, Attributes['k']"
    assert store._rows(f"SELECT {columns} FROM otel_metrics_gauge") == [
        ("shop", "held", "By", "what it holds", 7.0, "v")
    ]
    assert store._rows("SELECT * FROM otel_metrics_sum") == []
