"""Single values of OTLP/JSON, each from JSON to its bytes on the protobuf wire.

JSON mapping: https://protobuf.dev/programming-guides/json/, but for ids and enums, where OTLP differs.
"""

from __future__ import annotations

import binascii
import math
import re
import struct
from base64 import b64decode
from collections.abc import Callable
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

from mendline.ingest.otlp_json.fault import FaultError
from mendline.store.handover import varint

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5  # wire types
Scalar = Callable[[Any], bytes]

_INTEGER = re.compile(r"-?[0-9]{1,20}")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_NAMED = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_URL_SAFE = str.maketrans("-_", "+/")
_SHOWN = 20
_LONGEST_NUMBER = 400


def text(value: Any) -> bytes:
    """A string, with its length in front."""
    if type(value) is not str:
        raise FaultError("is not a string")
    try:
        encoded = value.encode()
    except UnicodeEncodeError:
        raise FaultError("holds half a surrogate pair, which is no character") from None
    return varint(len(encoded)) + encoded


def hexadecimal(value: Any) -> bytes:
    """An id in hexadecimal digits of either case, with its length in front. Of any length: that is checked later."""
    if type(value) is not str:
        raise FaultError("is not a string of hexadecimal digits")
    try:
        decoded = binascii.unhexlify(value)
    except ValueError:
        raise FaultError(f"is not hexadecimal: {_shown(value)}") from None
    return varint(len(decoded)) + decoded


def base64(value: Any) -> bytes:
    """Bytes as base64, of either alphabet, with or without padding, with their length in front."""
    if type(value) is not str:
        raise FaultError("is not a string of base64")
    plain = value.rstrip("=").translate(_URL_SAFE)
    try:
        decoded = b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except ValueError:
        raise FaultError(f"is not base64: {_shown(value)}") from None
    return varint(len(decoded)) + decoded


def boolean(value: Any) -> bytes:
    """True or false."""
    if type(value) is not bool:
        raise FaultError("is not true or false")
    return b"\x01" if value else b"\x00"


def double(value: Any) -> bytes:
    """A number, or one of the words for what JSON has no number for."""
    kind = type(value)
    if kind is str:
        if value in _NAMED:
            return struct.pack("<d", _NAMED[value])
        if len(value) > _LONGEST_NUMBER or not _NUMBER.fullmatch(value):
            raise FaultError(f"is not a number: {_shown(value)}")
        value = float(value)
    elif kind is not float and kind is not int:
        raise FaultError("is not a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise FaultError("is out of range for a 64-bit floating point number")
    return struct.pack("<d", number)


def _integers(low: int, high: int, encode: Callable[[int], bytes]) -> Scalar:
    def integer(value: Any) -> bytes:
        kind = type(value)
        if (kind is str and _INTEGER.fullmatch(value)) or (kind is float and value.is_integer()):
            value = int(value)
        elif kind is not int:
            raise FaultError(f"is not an integer: {_shown(value)}" if kind in (str, float) else "is not an integer")
        if not low <= value <= high:
            raise FaultError(f"is out of range: {_shown(value)} is not within {low} and {high}")
        return encode(value)

    return integer


def _enum(value: Any) -> bytes:
    if type(value) is not int:
        raise FaultError("is not an enum's number (OTLP/JSON takes no names)")
    return _INT32(value)


def _shown(value: str | int | float) -> str:
    """The start of a value, for its sender. A number of hundreds of digits is not written out."""
    if not isinstance(value, str) and not -1e30 < value < 1e30:
        return "a number of many digits"
    shown = str(value)
    return f"'{shown[:_SHOWN]}{'…' if len(shown) > _SHOWN else ''}'"


def _signed(value: int) -> bytes:
    return varint(value & 0xFFFF_FFFF_FFFF_FFFF)


def _zigzag(value: int) -> bytes:
    return varint((value << 1) ^ (value >> 63))


_S32, _S64, _U32, _U64 = (-(2**31), 2**31 - 1), (-(2**63), 2**63 - 1), (0, 2**32 - 1), (0, 2**64 - 1)
_INT32 = _integers(*_S32, _signed)

SCALARS: dict[int, tuple[int, Scalar]] = {
    FieldDescriptor.TYPE_STRING: (LENGTH, text),
    FieldDescriptor.TYPE_BYTES: (LENGTH, hexadecimal),
    FieldDescriptor.TYPE_BOOL: (VARINT, boolean),
    FieldDescriptor.TYPE_ENUM: (VARINT, _enum),
    FieldDescriptor.TYPE_DOUBLE: (FIXED64, double),
    FieldDescriptor.TYPE_INT32: (VARINT, _INT32),
    FieldDescriptor.TYPE_INT64: (VARINT, _integers(*_S64, _signed)),
    FieldDescriptor.TYPE_UINT32: (VARINT, _integers(*_U32, varint)),
    FieldDescriptor.TYPE_UINT64: (VARINT, _integers(*_U64, varint)),
    FieldDescriptor.TYPE_SINT32: (VARINT, _integers(*_S32, _zigzag)),
    FieldDescriptor.TYPE_SINT64: (VARINT, _integers(*_S64, _zigzag)),
    FieldDescriptor.TYPE_FIXED32: (FIXED32, _integers(*_U32, struct.Struct("<I").pack)),
    FieldDescriptor.TYPE_FIXED64: (FIXED64, _integers(*_U64, struct.Struct("<Q").pack)),
    FieldDescriptor.TYPE_SFIXED64: (FIXED64, _integers(*_S64, struct.Struct("<q").pack)),
}
