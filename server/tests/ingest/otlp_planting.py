"""One text planted in every text field of an OTLP message, found by reflection, so that no field is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from otlp_requests import any_value

from mendline.model.signal import Signal

REQUESTS: dict[Signal, type[Message]] = {
    Signal.TRACES: ExportTraceServiceRequest,
    Signal.LOGS: ExportLogsServiceRequest,
    Signal.METRICS: ExportMetricsServiceRequest,
}


def planted(signal: Signal, text: str) -> Message:
    """A request with the text in every string field and every kind of value; each oneof is there with each member."""
    message = REQUESTS[signal]()
    _plant(message, text)
    return message


def texts(message: Message, path: str = "") -> Iterator[tuple[str, Any]]:
    """Path and content of every string, and of the bytes that are a value."""
    for field, value in message.ListFields():
        for each in value if field.is_repeated else (value,):
            if field.type == FieldDescriptor.TYPE_MESSAGE:
                yield from texts(each, f"{path}.{field.name}")
            elif field.type == FieldDescriptor.TYPE_STRING or field.name == "bytes_value":
                yield f"{path}.{field.name}", each


def _plant(message: Message, text: str) -> None:
    for field in message.DESCRIPTOR.fields:
        if field.containing_oneof is None:
            _plant_field(message, field, text)


def _plant_field(message: Message, field: FieldDescriptor, text: str) -> None:
    content = getattr(message, field.name)
    if field.type == FieldDescriptor.TYPE_STRING and field.is_repeated:
        content.append(text)
    elif field.type == FieldDescriptor.TYPE_STRING:
        setattr(message, field.name, text)
    elif field.type != FieldDescriptor.TYPE_MESSAGE:
        return
    elif field.message_type is KeyValue.DESCRIPTOR:
        content.add(key=text).value.string_value = "harmless"
        content.extend(KeyValue(key="harmless", value=value) for value in _values(text))
    elif field.message_type is AnyValue.DESCRIPTOR:
        content.CopyFrom(any_value({"all": [text, {"nested": text}]}))
    else:
        for member in _members(field):
            child = content.add() if field.is_repeated else content
            child.SetInParent()
            _plant(child, text)
            if member is not None:
                _plant_field(child, member, text)


def _values(text: str) -> list[AnyValue]:
    nested = {
        "key": text,
        text: "harmless",
        "list": [text, {"deep": {"deeper": text}}],
        "bytes": text.encode() + b"\xff",
    }
    return [any_value(value) for value in (text, text.encode() + b"\xff", [text, [text]], nested)]


def _members(field: FieldDescriptor) -> list[FieldDescriptor | None]:
    """Of a repeated message with a oneof of messages: one element for each member; else one."""
    members = [m for oneof in field.message_type.oneofs for m in oneof.fields if m.type == FieldDescriptor.TYPE_MESSAGE]
    return [*members] if field.is_repeated and members else [None]
