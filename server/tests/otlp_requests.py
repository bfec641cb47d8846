"""OTLP requests for tests, made with the official protobuf classes from plain dictionaries."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

LAMBDA = {
    "service.name": "checkout",
    "faas.name": "checkout",
    "faas.version": "$LATEST",
    "cloud.platform": "aws_lambda",
    "cloud.region": "us-east-1",
    "cloud.account.id": "000000000000",
}


def any_value(value: Any) -> AnyValue:
    """An OTLP value of the type that the Python value has."""
    out = AnyValue()
    if isinstance(value, bool):
        out.bool_value = value
    elif isinstance(value, int):
        out.int_value = value
    elif isinstance(value, float):
        out.double_value = value
    elif isinstance(value, bytes):
        out.bytes_value = value
    elif isinstance(value, str):
        out.string_value = value
    elif isinstance(value, Mapping):
        out.kvlist_value.SetInParent()
        out.kvlist_value.values.extend(pairs(value))
    elif value is not None:
        out.array_value.SetInParent()
        out.array_value.values.extend(any_value(item) for item in value)
    return out


def pairs(attributes: Mapping[str, Any]) -> list[KeyValue]:
    """OTLP key-value pairs."""
    return [KeyValue(key=key, value=any_value(value)) for key, value in attributes.items()]


def request_message(
    spans: Iterable[Mapping[str, Any]], resource: Mapping[str, Any], named: str = "test"
) -> ExportTraceServiceRequest:
    """A request of one resource and one scope. Times are ns; `start` defaults to now, `duration` to 1 ms."""
    message = ExportTraceServiceRequest()
    group = message.resource_spans.add()
    group.resource.attributes.extend(pairs(resource))
    scope = group.scope_spans.add()
    scope.scope.name = named
    for given in spans:
        span = scope.spans.add(
            trace_id=given.get("trace_id", b"t" * 16),
            span_id=given.get("span_id", b"s" * 8),
            parent_span_id=given.get("parent_id", b""),
            name=given.get("name", "work"),
            kind=given.get("kind", 1),
            start_time_unix_nano=given.get("start", time.time_ns()),
            flags=given.get("flags", 0),
            trace_state=given.get("trace_state", ""),
        )
        span.end_time_unix_nano = span.start_time_unix_nano + given.get("duration", 1_000_000)
        span.attributes.extend(pairs(given.get("attributes", {})))
        span.status.code = given.get("status", 0)
        span.status.message = given.get("message", "")
        for name, attributes in given.get("events", ()):
            span.events.add(name=name, time_unix_nano=span.end_time_unix_nano, attributes=pairs(attributes))
        for trace_id, span_id, *attributes in given.get("links", ()):
            span.links.add(trace_id=trace_id, span_id=span_id).attributes.extend(pairs(*attributes or [{}]))
    return message


def request_of(
    spans: Iterable[Mapping[str, Any]], resource: Mapping[str, Any] | None = None, scope: str = "test"
) -> bytes:
    """The bytes of `request_message`; the resource defaults to a Lambda function called checkout."""
    return request_message(spans, resource or LAMBDA, scope).SerializeToString()
