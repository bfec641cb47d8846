"""Requests as rows of flat tables, made here: where little comes, that is cheaper than to have ClickHouse do it.

ClickHouse decodes requests faster than Python ever could, but analyses the views that flatten them anew at each insert,
which takes 70 to 100 ms for each signal whatever comes. A batch of few bytes therefore enters one table later, at
`spans_sent`, `logs_sent` or `points_sent`, as RowBinary. What is kept is the same (server/tests/store/test_sent.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from mendline.model.signal import Signal
from mendline.store.contract import Payload
from mendline.store.sent.logs import log_rows
from mendline.store.sent.points import point_rows
from mendline.store.sent.row_binary import NOTHING, UINT32, UINT64, text
from mendline.store.sent.spans import span_rows
from mendline.store.sent.values import attribute_columns, attributes_json, attributes_of, json_text

FEW_BYTES = 512 * 1024
"""Python takes about 35 us for each span more than ClickHouse: what it saves is used up at twice as many bytes."""
TABLES = {Signal.TRACES: "spans_sent", Signal.LOGS: "logs_sent", Signal.METRICS: "points_sent"}
"""Where the rows of a signal go."""
_Request = tuple[Callable[[], Any], str, str, Callable[[Any], Iterator[bytes]]]
_REQUESTS: dict[Signal, _Request] = {
    Signal.TRACES: (ExportTraceServiceRequest, "resource_spans", "scope_spans", span_rows),
    Signal.LOGS: (ExportLogsServiceRequest, "resource_logs", "scope_logs", log_rows),
    Signal.METRICS: (ExportMetricsServiceRequest, "resource_metrics", "scope_metrics", point_rows),
}


def rows_of(signal: Signal, payloads: Sequence[Payload]) -> bytes | None:
    """The rows that the requests hold, in RowBinary; None where one of them is no message that Python reads."""
    message, resources, scopes, rows = _REQUESTS[signal]
    parts: list[bytes] = []
    for payload in payloads:
        request = message()
        try:
            request.ParseFromString(payload.body)
        except DecodeError:
            return None
        arrival = UINT64(payload.offset) + UINT64(payload.received_ns)
        for group in getattr(request, resources):
            of_resource = arrival + _resource(group)
            for scope in getattr(group, scopes):
                before = of_resource + _scope(scope)
                for row in rows(scope):
                    parts += (before, row)
    return b"".join(parts)


def _resource(group: Any) -> bytes:
    resource = group.resource
    dropped = UINT32(resource.dropped_attributes_count)
    return attribute_columns(resource.attributes) + text(group.schema_url) + dropped


def _scope(group: Any) -> bytes:
    scope = group.scope
    dropped = scope.dropped_attributes_count
    details = NOTHING
    if scope.attributes or group.schema_url or dropped:
        types = attributes_of(scope.attributes)[1].decode()
        details = text(
            f'{{"attributes":{attributes_json(scope.attributes)},"attribute_types":{json_text(types)},'
            f'"schema_url":{json_text(group.schema_url)},"dropped_attributes":{dropped}}}'
        )
    return text(scope.name) + text(scope.version) + details


__all__ = ["FEW_BYTES", "TABLES", "rows_of"]
