"""What a collector did not take of a request that it took (OTLP, "Partial Success"): seldom any, so seldom loaded."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


def rejected_of(answer: bytes) -> tuple[int, str]:
    """How many spans or log records, and why, from an ExportTraceServiceResponse or the like; 0 where it says nothing,
    or is none."""
    try:
        inner = dict(_fields(dict(_fields(answer)).get(1, b"")))  # partial_success
        count, why = inner.get(1, 0), inner.get(2, b"")
        return (count, why[:200].decode("utf-8", "replace")) if type(count) is int else (0, "")
    except (ValueError, IndexError, TypeError, AttributeError):
        return 0, ""


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Number and value of each field of a message that has texts, messages and whole numbers alone."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        value: Any
        value, at = _varint(data, at)
        if tag & 7 == 2:
            value, at = data[at : at + value], at + value
        elif tag & 7:
            raise ValueError("another kind of field")
        yield tag >> 3, value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = data[at]
        number |= (byte & 127) << shift
        shift += 7
        at += 1
        if byte < 128:
            return number, at
        if shift > 63:
            raise ValueError("a number without an end")
