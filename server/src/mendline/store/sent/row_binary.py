"""Values in ClickHouse's format RowBinary: numbers little-endian, texts and lists behind their length (LEB128)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

from mendline.store.handover import varint

_LENGTHS = tuple(varint(number) for number in range(1 << 10))
UINT32, UINT64 = struct.Struct("<I").pack, struct.Struct("<Q").pack
INT32, INT64, FLOAT64 = struct.Struct("<i").pack, struct.Struct("<q").pack, struct.Struct("<d").pack
NOTHING = b"\x00"  # of a text, a list or a map without anything, and what says that a nullable value is there


def length(number: int) -> bytes:
    """How many there are of what follows."""
    return _LENGTHS[number] if number < len(_LENGTHS) else varint(number)


def octets(value: bytes) -> bytes:
    """A String of these bytes."""
    return length(len(value)) + value


def text(value: str) -> bytes:
    """A String, in UTF-8."""
    return octets(value.encode())


def listed(items: Sequence[bytes]) -> bytes:
    """An Array of what is encoded already."""
    return length(len(items)) + b"".join(items)


def numbers(kind: str, values: Sequence[float]) -> bytes:
    """An Array of numbers of one struct format, as `Q`."""
    return length(len(values)) + struct.pack(f"<{len(values)}{kind}", *values)


def nullable(value: float | None) -> bytes:
    """A Nullable(Float64)."""
    return b"\x01" if value is None else NOTHING + FLOAT64(value)


def mapped(pairs: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A Map(String, String) in the order of its pairs, which may repeat a key."""
    parts = [length(len(key)) + key + length(len(value)) + value for key, value in pairs]
    return listed(parts)
