"""An export request as the bytes it is: only the records that may hold a secret are parsed, cleaned and put back.

All three signals have one layout: groups (1) of a resource (1), scopes (2) and a schema URL (3); in a scope group the
scope (1), records (2) and a schema URL (3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from google.protobuf.message import Message
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from mendline.ingest.redact.values import Walker
from mendline.model.signal import Signal

_RECORDS: dict[Signal, type[Message]] = {Signal.TRACES: Span, Signal.LOGS: LogRecord, Signal.METRICS: Metric}
_DELIMITED = 2
_FIXED = {1: 8, 5: 4}

Suspicious = Callable[[bytes], bool]
_Clean = Callable[[bytes], bytes]


class NotProtobufError(ValueError):
    """The bytes are no protobuf message; whoever checks requests says so to the client."""


def rewrite(signal: Signal, body: bytes, suspicious: Suspicious, walker: Walker) -> bytes:
    """The request without secrets; unknown fields around its records are dropped when they look like one.

    Raises NotProtobufError or protobuf's DecodeError.
    """

    def parsed(kind: type[Message]) -> _Clean:
        def clean(data: bytes) -> bytes:
            message = kind.FromString(data)
            return bytes(message.SerializeToString()) if walker.clean(message) else data

        return clean

    def group(fields: dict[int, _Clean]) -> _Clean:
        return lambda data: _rewritten(data, fields, suspicious)

    def schema_url(data: bytes) -> bytes:
        return walker.text(data.decode("utf-8", "replace")).encode()

    scopes = group({1: parsed(InstrumentationScope), 2: parsed(_RECORDS[signal]), 3: schema_url})
    groups = group({1: parsed(Resource), 2: scopes, 3: schema_url})
    return _rewritten(body, {1: groups}, suspicious)


def _rewritten(data: bytes, known: dict[int, _Clean], suspicious: Suspicious) -> bytes:
    pieces: list[bytes] = []
    done = 0
    for number, start, first, last in _delimited(data):
        content = data[first:last]
        if not suspicious(content):
            continue
        clean = known.get(number)
        pieces.append(data[done:start])
        done = last
        if clean:
            cleaned = clean(content)
            pieces += (_varint(number << 3 | _DELIMITED), _varint(len(cleaned)), cleaned)
    return b"".join((*pieces, data[done:])) if pieces else data


def _delimited(data: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Number, start, start of content and end of each length-delimited field; others are passed over."""
    at, end = 0, len(data)
    while at < end:
        start = at
        key, at = _read_varint(data, at)
        kind = key & 7
        if kind == _DELIMITED:
            length, first = _read_varint(data, at)
            at = first + length
            if at > end:
                raise NotProtobufError
            yield key >> 3, start, first, at
        elif kind == 0:
            _, at = _read_varint(data, at)
        elif kind in _FIXED:
            at += _FIXED[kind]
        else:
            raise NotProtobufError


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift, byte in enumerate(data[at : at + 10]):
        value |= (byte & 0x7F) << (7 * shift)
        if byte < 0x80:
            return value, at + shift + 1
    raise NotProtobufError


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
