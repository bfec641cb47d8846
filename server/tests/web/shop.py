"""Spans of a small shop for tests of pages: a function behind HTTP that calls a table and fails when told to."""

from __future__ import annotations

import json
import time

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from otlp_requests import any_value, pairs

from mendline.model.signal import Signal

LAMBDA = {
    "service.name": "checkout",
    "faas.name": "checkout",
    "cloud.platform": "aws_lambda",
    "cloud.region": "eu-central-1",
    "cloud.account.id": "123456789012",
    "faas.max_memory": 256 * 1024 * 1024,
}
MINUTE = 60 * 10**9
_BASE = time.time_ns()


def open_now():
    """What is told from here on is so many minutes before now, and not before this file was read."""
    global _BASE  # noqa: PLW0603 - one test after the other
    _BASE = time.time_ns()


def order(number, *, fails=False, duration_ms=100, ago_ns=MINUTE, cold=False):
    """One invocation with one call; ids are made of the number."""
    start = _BASE - ago_ns - number * 10**6
    trace_id, root = number.to_bytes(16, "big"), number.to_bytes(8, "big")
    exception = {
        "exception.type": "OutOfStock",
        "exception.message": "none left of A-17",
        "exception.stacktrace": 'File "shop.py", line 7',
    }
    return [
        {
            "trace_id": trace_id,
            "span_id": root,
            "name": "checkout",
            "kind": 2,
            "start": start,
            "duration": duration_ms * 10**6,
            "status": 2 if fails else 0,
            "message": "none left of A-17" if fails else "",
            "events": [("exception", exception)] if fails else [],
            "attributes": {
                "faas.invocation_id": f"request-{number}",
                "faas.coldstart": cold,
                "mendline.init_ms": 250.0 if cold else 0.0,
                "mendline.trigger": "apigateway.v2",
                "mendline.trigger.source": "POST /orders",
                "mendline.timeout_ms": 3000,
                "mendline.memory.used_bytes": 64 * 1024 * 1024,
                "mendline.request": json.dumps({"sku": "A-17"}),
                "mendline.response": json.dumps({"statusCode": 409 if fails else 201}),
            },
        },
        {
            "trace_id": trace_id,
            "span_id": (number + (1 << 32)).to_bytes(8, "big"),
            "parent_id": root,
            "name": "DynamoDB.PutItem",
            "kind": 3,
            "start": start + 10 * 10**6,
            "duration": duration_ms * 10**6 * 7 // 10,
            "attributes": {
                "mendline.resource.type": "dynamodb",
                "mendline.resource.name": "orders",
                "mendline.resource.operation": "PutItem",
            },
        },
    ]


def trace_id(number):
    """The id of an order's trace, as URLs have it."""
    return number.to_bytes(16, "big").hex()


def span_id(number):
    """The id of an order's invocation span."""
    return number.to_bytes(8, "big").hex()


def records(*told, resource=LAMBDA, scope_name=""):
    """A request of log records: (body, severity number, attributes), a second apart, the first a minute ago."""
    message = ExportLogsServiceRequest()
    group = message.resource_logs.add()
    group.resource.attributes.extend(pairs(resource))
    scope = group.scope_logs.add()
    scope.scope.name = scope_name
    for number, (body, severity, attributes) in enumerate(told):
        record = scope.log_records.add(time_unix_nano=_BASE - MINUTE + number * 10**9, severity_number=severity)
        record.body.CopyFrom(any_value(body))
        record.attributes.extend(pairs(attributes))
    return Signal.LOGS, message.SerializeToString()


def configuration(body, *, kind="", before="", after="", resource=LAMBDA, ago_ns=MINUTE):
    """A request with what the AWS readers tell of a thing: its configuration, or (with `kind`) a change of it."""
    message = ExportLogsServiceRequest()
    group = message.resource_logs.add()
    group.resource.attributes.extend(pairs(resource))
    scope = group.scope_logs.add()
    scope.scope.name = "mendline.aws"
    event = "mendline.configuration.changed" if kind else "mendline.configuration"
    record = scope.log_records.add(time_unix_nano=_BASE - ago_ns, event_name=event)
    record.body.CopyFrom(any_value(body))
    told = {"kind": kind, "before": before, "after": after} if kind else {}
    record.attributes.extend(pairs({f"mendline.change.{name}": value for name, value in told.items()}))
    return Signal.LOGS, message.SerializeToString()


def readings(series, *, every_ns=MINUTE, resource=None):
    """A request of gauges: for each (metric, attributes) its values, oldest first, the last of them a minute ago."""
    message = ExportMetricsServiceRequest()
    group = message.resource_metrics.add()
    group.resource.attributes.extend(pairs(resource or {"cloud.account.id": "123456789012"}))
    scope = group.scope_metrics.add()
    for name, attributes, values in series:
        gauge = scope.metrics.add(name=name).gauge
        for number, value in enumerate(values):
            at = _BASE - MINUTE - (len(values) - 1 - number) * every_ns
            point = gauge.data_points.add(time_unix_nano=at, as_double=value)
            point.attributes.extend(pairs(attributes))
    return Signal.METRICS, message.SerializeToString()
