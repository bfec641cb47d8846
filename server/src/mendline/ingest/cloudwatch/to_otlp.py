"""Records of log streams as ExportLogsServiceRequest: the names that the store derives invocations from.

The names are a contract (docs/reference/attributes.md, "Platform lines").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from mendline.ingest.cloudwatch.assemble import Record
from mendline.ingest.cloudwatch.events import (
    FunctionLine,
    PlatformEvent,
    PlatformKind,
    Value,
    XRay,
    clean,
    trace_of_root,
)
from mendline.ingest.cloudwatch.levels import ERROR, INFO, WARN, severity_of
from mendline.ingest.cloudwatch.stacks import Thrown, thrown_in
from mendline.model.log import FROM_CLOUDWATCH

_LOUD = {
    PlatformKind.TIMEOUT: (ERROR, "ERROR"),
    PlatformKind.EXIT: (ERROR, "ERROR"),
    PlatformKind.FAULT: (ERROR, "ERROR"),
    PlatformKind.LOGS_DROPPED: (WARN, "WARN"),
}
_INT64 = 2**63


@dataclass(frozen=True, slots=True)
class Origin:
    """Where records come from; empty texts are not known. `function` is empty for logs of something else."""

    owner: str
    region: str
    group: str
    stream: str
    function: str
    version: str


def logs_request(streams: Iterable[tuple[Origin, Sequence[Record]]]) -> bytes:
    """Records of several streams as one ExportLogsServiceRequest; the same input gives the same bytes."""
    request = ExportLogsServiceRequest()
    for origin, records in streams:
        group = request.resource_logs.add()
        _describe(group.resource, origin)
        scope = group.scope_logs.add()
        scope.scope.name = FROM_CLOUDWATCH
        add = scope.log_records.add
        for record in records:
            _fill(add(), record)
    return bytes(request.SerializeToString(deterministic=True))


def set_value(out: AnyValue, value: Value) -> None:
    """Write a JSON value; whole numbers that are no 64-bit ones become text. None stays unset."""
    if isinstance(value, str):
        out.string_value = clean(value)
    elif isinstance(value, bool):
        out.bool_value = value
    elif isinstance(value, int):
        if -_INT64 <= value < _INT64:
            out.int_value = value
        else:
            out.string_value = str(value)
    elif isinstance(value, float):
        out.double_value = value
    elif isinstance(value, Mapping):
        out.kvlist_value.SetInParent()
        for key, inner in value.items():
            _add(out.kvlist_value.values, key, inner)
    elif value is not None:
        out.array_value.SetInParent()
        for inner in value:
            set_value(out.array_value.values.add(), inner)


def add_attributes(attributes: Iterable[KeyValue], values: Mapping[str, Value]) -> None:
    """Append key-value pairs to the repeated field `attributes` of a message."""
    for key, value in values.items():
        _add(attributes, key, value)


def _add(attributes: Iterable[KeyValue], key: str, value: Value) -> None:
    pair = attributes.add()  # type: ignore[attr-defined]
    pair.key = clean(key)
    set_value(pair.value, value)


def _describe(resource: Resource, origin: Origin) -> None:
    known: dict[str, Value] = {
        "service.name": origin.function or origin.group or "unknown_service",
        "faas.name": origin.function,
        "faas.version": origin.version if origin.function else "",
        "faas.instance": origin.stream if origin.function else "",
        "cloud.provider": "aws",
        "cloud.platform": "aws_lambda" if origin.function else "",
        "cloud.account.id": origin.owner,
        "cloud.region": origin.region,
        "aws.log.group.names": [origin.group] if origin.group else None,
        "aws.log.stream.names": [origin.stream] if origin.stream else None,
    }
    add_attributes(resource.attributes, {key: value for key, value in known.items() if value})


def _fill(out: LogRecord, record: Record) -> None:
    out.time_unix_nano = record.event.time_ns
    line = record.line
    if isinstance(line, PlatformEvent):
        _fill_platform(out, record, line)
    else:
        _fill_function(out, record, line)
    if record.request_id:
        out.attributes.add(key="faas.invocation_id").value.string_value = clean(record.request_id)
    if record.event.uid:
        out.attributes.add(key="log.record.uid").value.string_value = clean(record.event.uid)


def _fill_platform(out: LogRecord, record: Record, event: PlatformEvent) -> None:
    _set_severity(out, *_LOUD.get(event.kind, (INFO, "INFO")))
    out.body.string_value = clean("\n".join([event.text, *record.joined]))
    _add(out.attributes, "mendline.platform", event.kind.value)
    add_attributes(out.attributes, event.facts)
    xray = event.xray or record.xray
    if xray:
        _fill_xray(out, xray)


def _set_severity(out: LogRecord, number: int, text: str) -> None:
    out.severity_number = number  # type: ignore[assignment]
    out.severity_text = clean(text)


def _fill_xray(out: LogRecord, xray: XRay) -> None:
    trace = trace_of_root(xray.trace_id)
    if trace:
        out.trace_id = bytes.fromhex(trace)
    if xray.trace_id:
        _add(out.attributes, "mendline.xray.trace_id", xray.trace_id)
    if xray.segment_id:
        _add(out.attributes, "mendline.xray.segment_id", xray.segment_id)
    if xray.sampled is not None:
        _add(out.attributes, "mendline.xray.sampled", xray.sampled)


def _attributes_of(thrown: Thrown) -> dict[str, Value]:
    return {
        "exception.type": thrown.type,
        "exception.message": thrown.message,
        "exception.stacktrace": thrown.stack,
    }


def _fill_function(out: LogRecord, record: Record, line: FunctionLine) -> None:
    message = line.message
    if record.joined and isinstance(message, str):
        message = "\n".join([message, *record.joined]).rstrip("\n")
    level = line.level
    severity = severity_of(level) if level else 0
    if line.attributes:
        add_attributes(out.attributes, line.attributes)
    if isinstance(message, str):
        if "\n" in message and (severity >= ERROR or not level) and "exception.type" not in line.attributes:
            thrown = thrown_in(message)
            if thrown:
                add_attributes(out.attributes, _attributes_of(thrown))
                severity, level = severity or ERROR, level or "ERROR"
    elif record.joined:
        add_attributes(out.attributes, {"mendline.joined": "\n".join(record.joined)})
    if level:
        _set_severity(out, severity, level)
    if line.trace:
        out.trace_id = bytes.fromhex(line.trace)
        if line.span:
            out.span_id = bytes.fromhex(line.span)
    set_value(out.body, message)
    if record.undecoded:
        _add(out.attributes, "mendline.undecoded", record.undecoded)
