"""A request of spans or log records taken apart in one go, and what is asked of all of its spans at once.

To walk from record to record costs more than all else that is done with one, so that it is only done where something is
found here. Whether a message is read as what it is or as a list of unread bytes is for the reader to say; and messages
can be joined, so that what each has once stands in one list. The layout is told in ingest/redact/requests.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from mendline.model.signal import Signal

_SOURCE = b"\n"  # the tag of what groups begin with, a resource or a scope
_LONGER = (2**7, 2**14, 2**21)  # sizes from which on a length takes a byte more
_HEAD_BYTES = 28
_HEAD = {0: b"\n", 1: b"\x10", 18: b"\x12", 19: b"\x08"}  # a trace id of 16 bytes, then a span id of 8
_NO_TRACE, _NO_SPAN = b"\n\x10" + bytes(16), b"\x12\x08" + bytes(8)


def _lists_of_bytes(name: str, *fields: str) -> Any:
    """The class of a message of which these fields, numbered from 1, are lists of unread bytes."""
    file = descriptor_pb2.FileDescriptorProto(name=f"mendline/{name}.proto", package="mendline", syntax="proto3")
    message = file.message_type.add(name=name)
    kind, label = descriptor_pb2.FieldDescriptorProto.TYPE_BYTES, descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED
    for number, field in enumerate(fields, 1):
        message.field.add(name=field, number=number, type=kind, label=label)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"mendline.{name}"))


_Request = _lists_of_bytes("Request", "groups")
_Group = _lists_of_bytes("Group", "source", "inner", "schema_url")  # of a resource, and of a scope
_Ids = _lists_of_bytes("Ids", "trace_id", "span_id")


@dataclass(frozen=True, slots=True)
class Parts:
    """The resources, scopes and records of a request, each as its bytes. `groups` is the number of groups around them:
    of resources, and of scopes; a group has one of these or none."""

    groups: tuple[int, int]
    resources: Sequence[bytes]
    scopes: Sequence[bytes]
    records: Sequence[bytes]


def take_apart(signal: Signal, body: bytes, most_records: int) -> Parts | None:
    """The parts of a request; None for metrics, and where anything is unusual: it is damaged, has more records or
    groups than that, a group has no source or two, or there is more than these parts."""
    if signal == Signal.METRICS:
        return None
    try:
        request = _Request.FromString(body)
        if len(request.groups) > most_records:
            return None
        groups = [*request.groups]
        outer = _joined(groups, most_records) if _framed(groups) == len(body) else None
        inner = _joined(outer.inner, most_records) if outer else None
    except DecodeError:
        return None
    if outer is None or inner is None:
        return None
    return Parts((len(groups), len(outer.inner)), outer.sources, inner.sources, inner.inner)


@dataclass(frozen=True, slots=True)
class _Inside:
    """What stands in groups."""

    sources: list[bytes]
    inner: list[bytes]


def _joined(groups: list[bytes], most: int) -> _Inside | None:
    """What stands in these groups together; None where one has two sources, or one that it does not begin with, or more
    than `most` stands in them, or anything else."""
    data = b"".join(groups)
    found = _Group.FromString(data)
    sources = b"".join([group[:1] for group in groups]).count(_SOURCE)
    if len(found.inner) > most or len(found.source) != sources or len(found.schema_url) > len(groups):
        return None
    inside = _Inside([*found.source], [*found.inner])
    known = _framed(inside.sources) + _framed(inside.inner) + _framed([*found.schema_url])
    return inside if known == len(data) else None


def _framed(items: list[bytes]) -> int:
    """How many bytes these take in a message, each behind a tag and a length as short as can be."""
    sizes = [*map(len, items)]
    longer = (sum(map(limit.__le__, sizes)) for limit in _LONGER if sizes and max(sizes) >= limit)
    return sum(sizes) + 2 * len(sizes) + sum(longer)


def have_valid_ids(spans: Sequence[bytes]) -> bool:
    """Whether each of these spans, which were parsed, has one trace id and one span id of the right length, and not all
    zeros. One that begins otherwise, or has an id twice, of which the last would count, is taken for invalid."""
    heads, count = b"".join([span[:_HEAD_BYTES] for span in spans]), len(spans)
    if (
        len(heads) != _HEAD_BYTES * count
        or any(heads[place::_HEAD_BYTES] != byte * count for place, byte in _HEAD.items())
        or _NO_TRACE in heads
        or _NO_SPAN in heads
    ):
        return False
    ids = _Ids.FromString(b"".join(spans))
    return len(ids.trace_id) == len(ids.span_id) == count


def sampled_keys(parts: Parts, step: int) -> dict[str, None]:
    """The keys of attributes in every n-th resource, scope and span, with its events and links, in their order."""
    span = Span.FromString(b"".join(parts.records[::step]))
    sources = (
        Resource.FromString(b"".join(parts.resources[::step])),
        InstrumentationScope.FromString(b"".join(parts.scopes[::step])),
    )
    owners = (*sources, span, *span.events, *span.links)
    return dict.fromkeys([pair.key for owner in owners for pair in owner.attributes])
