"""OTLP's messages as tables for the walk over their bytes (ingest/wire.py), made of the official descriptors.

Whatever takes memory of its own once it is decoded has a kind, which is a number: each message, from the request (0)
on; then `item` (a text or number in a list), `unknown` (a field that nobody knows), `packed` (a list of numbers).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from google.protobuf.descriptor import FieldDescriptor
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from mendline.model.signal import Signal

PLAIN = -1  # no kind: a number or text of which a message has one, and which costs no more than its bytes
TAGS = 256  # tags (number and wire type) of the fields below 32; the others, of which OTLP has none, share the last
# What decoded things take (measured with protobuf 7's upb, a million of each): a message 40 bytes and 8 for each field,
# an item of a list up to 40, unknown fields 64 where there are any; a packed number 8 to 16.
MESSAGE_BYTES, FIELD_BYTES, ITEM_BYTES, UNKNOWN_BYTES, PACKED_BYTES = 40, 8, 40, 64, 12
_RECORDS = frozenset({"Span", "LogRecord"})
_GROUPS = frozenset({"ResourceSpans", "ScopeSpans", "ResourceLogs", "ScopeLogs", "ResourceMetrics", "ScopeMetrics"})
_LISTS_OF_POINTS = frozenset({"Metric", "Gauge", "Sum", "Histogram", "ExponentialHistogram", "Summary"})
_REQUESTS: dict[Signal, Any] = {
    Signal.TRACES: ExportTraceServiceRequest.DESCRIPTOR,
    Signal.LOGS: ExportLogsServiceRequest.DESCRIPTOR,
    Signal.METRICS: ExportMetricsServiceRequest.DESCRIPTOR,
}


@dataclass(frozen=True, slots=True)
class Tables:
    """The kinds of one signal. `rows[kind][tag]` is the kind of what a field holds, or PLAIN; `codes` the same as one
    array; `bytes_of[kind]` what one takes in memory, but for the numbers of `packed`.

    `messages` are those kinds that hold fields, `ways` those of them that lead to records; `is_opened` is the first as
    an array. `numbered` are `records` and what lies around them, which are bounded by their number.
    `layers` are the kinds from outside in: group of a resource, resource, group of a scope, scope, what is in that.
    """

    rows: list[list[int]]
    codes: npt.NDArray[np.int64]
    bytes_of: list[int]
    messages: frozenset[int]
    is_opened: npt.NDArray[np.bool_]
    ways: frozenset[int]
    records: frozenset[int]
    numbered: frozenset[int]
    packed: int
    layers: tuple[int, ...]


@cache
def tables_of(signal: Signal) -> Tables:
    """The tables of a signal's export request."""
    messages: dict[str, Any] = {}
    _gather(_REQUESTS[signal], messages)
    kinds = {name: kind for kind, name in enumerate(messages)}
    item, unknown, packed = range(len(kinds), len(kinds) + 3)
    rows = []
    for message in messages.values():
        row = [unknown] * TAGS
        for field in message.fields:
            for wire_type in (0, 1, 2, 5):
                row[field.number << 3 | wire_type] = _kind(field, wire_type, kinds, item, packed)
        rows.append(row)
    sizes = [MESSAGE_BYTES + FIELD_BYTES * _fields(message) for message in messages.values()]
    named = [(kind, message.name) for kind, message in enumerate(messages.values())]
    records = frozenset(kind for kind, name in named if name in _RECORDS or name.endswith("DataPoint"))
    around = frozenset(kind for kind, name in named if name in _GROUPS)
    return Tables(
        rows=rows,
        codes=np.array(rows, np.int64).ravel(),
        bytes_of=[*sizes, ITEM_BYTES, UNKNOWN_BYTES, 0],
        messages=frozenset(range(len(kinds))),
        is_opened=np.array([kind < len(kinds) for kind in range(packed + 1)] + [False]),  # the last: PLAIN
        ways=around | {0} | {kind for kind, name in named if name in _LISTS_OF_POINTS},
        records=records,
        numbered=records | around,
        packed=packed,
        layers=tuple(kinds[name] for name in _layers(_REQUESTS[signal])),
    )


def _layers(request: Any) -> Iterator[str]:
    outer = request.fields_by_number[1].message_type
    inner = outer.fields_by_number[2].message_type
    yield from (outer.full_name, outer.fields_by_number[1].message_type.full_name)
    yield from (inner.full_name, inner.fields_by_number[1].message_type.full_name)
    yield inner.fields_by_number[2].message_type.full_name


def _gather(message: Any, into: dict[str, Any]) -> None:
    if message.full_name not in into:
        into[message.full_name] = message
        for field in message.fields:
            if field.message_type is not None:
                _gather(field.message_type, into)


def _fields(message: Any) -> int:
    """Those that have room of their own; of alternatives only one does."""
    return sum(field.containing_oneof is None for field in message.fields) + len(message.oneofs)


def _kind(field: Any, wire_type: int, kinds: dict[str, int], item: int, packed: int) -> int:
    """The kind of what a field holds that comes under a wire type."""
    if field.message_type is not None:
        return kinds[field.message_type.full_name] if wire_type == 2 else PLAIN
    if not field.is_repeated:
        return PLAIN
    if field.type in (FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FIXED64):
        return PLAIN  # eight bytes on the wire are eight in memory
    is_text = field.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES)
    return packed if wire_type == 2 and not is_text else item
