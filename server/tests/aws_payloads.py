"""Payloads as AWS sends them, and what became of them, for tests."""

from __future__ import annotations

import json
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from mendline.ingest.cloudwatch.convert import Converted
from mendline.model.signal import Signal


def message_of(*texts: str, group: str = "/aws/lambda/shop", stream: str = "2026/11/23/[$LATEST]0af7") -> bytes:
    """A DATA_MESSAGE of a log subscription as JSON, one log event a text."""
    return json.dumps(
        {
            "messageType": "DATA_MESSAGE",
            "owner": "123456789012",
            "logGroup": group,
            "logStream": stream,
            "subscriptionFilters": ["mendline"],
            "logEvents": [
                {"id": f"3842953103{number:046d}", "timestamp": 1795414202000 + number, "message": text}
                for number, text in enumerate(texts)
            ],
        }
    ).encode()


def log_requests(converted: Converted) -> list[ExportLogsServiceRequest]:
    """The requests for logs among the exports."""
    bodies = [export.body for export in converted.exports if export.signal is Signal.LOGS]
    return [ExportLogsServiceRequest.FromString(body) for body in bodies]


def log_records(converted: Converted) -> list[LogRecord]:
    """All log records, in their order."""
    return [
        record
        for request in log_requests(converted)
        for group in request.resource_logs
        for scope in group.scope_logs
        for record in scope.log_records
    ]


def attributes_of(message: Any) -> dict[str, Any]:
    """The attributes of a message as Python values; a key that stands there twice is a failure."""
    keys = [pair.key for pair in message.attributes]
    assert len(keys) == len(set(keys)), keys
    return {pair.key: plain(pair.value) for pair in message.attributes}


def resource_of(converted: Converted) -> dict[str, Any]:
    """The attributes of the one resource of the one log request."""
    (request,) = log_requests(converted)
    (group,) = request.resource_logs
    return attributes_of(group.resource)


def plain(value: AnyValue) -> Any:
    """An OTLP value as a Python value."""
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [plain(inner) for inner in value.array_value.values]
    if kind == "kvlist_value":
        return {pair.key: plain(pair.value) for pair in value.kvlist_value.values}
    return getattr(value, kind) if kind else None
