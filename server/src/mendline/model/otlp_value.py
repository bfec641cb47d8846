"""Values of attributes as people read them: what nests deeply is kept as protobuf bytes, and made JSON here.

The store keeps lists and maps one level deep as JSON; what is deeper stands in it as `{"$otlp.array": BASE64}` or
`{"$otlp.kvlist": BASE64}`, the bytes of opentelemetry.proto.common.v1.ArrayValue or KeyValueList.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator, Mapping
from typing import Any

_MARK = '"$otlp.'
_ARRAY, _KVLIST = "$otlp.array", "$otlp.kvlist"
_MOST_DEPTH = 64
# what reading raises on bytes that are no such message: a field of another type, an end too early, no JSON, no base64
_NOT_OURS = (ValueError, TypeError, AttributeError, IndexError, RecursionError, struct.error)


def readable_values(attributes: Mapping[str, str]) -> dict[str, str]:
    """The attributes, with every value readable."""
    return {key: readable(value) if _MARK in value else value for key, value in attributes.items()}


def types_of(text: str) -> dict[str, str]:
    """The types of attributes that are no texts, as the store keeps them: lines of key, tab, type."""
    found = (line.rpartition("\t") for line in text.split("\n"))
    return {key: kind for key, tab, kind in found if tab}


def readable(text: str) -> str:
    """A value of an attribute, or a body, with what nests deeply as JSON. What cannot be read stays as it is."""
    if _MARK not in text:
        return text
    try:
        return json.dumps(_unfold(json.loads(text)), ensure_ascii=False, separators=(",", ":"))
    except _NOT_OURS:
        return text


def _unfold(value: Any) -> Any:
    if isinstance(value, list):
        return [_unfold(item) for item in value]
    if isinstance(value, dict):
        if value.keys() == {_ARRAY}:
            return _array(base64.b64decode(value[_ARRAY], validate=True), 0)
        if value.keys() == {_KVLIST}:
            return _kvlist(base64.b64decode(value[_KVLIST], validate=True), 0)
        return {key: _unfold(item) for key, item in value.items()}
    return value


def _array(message: bytes, depth: int) -> list[Any]:
    return [_any_value(item, depth + 1) for number, item in _fields(message) if number == 1]


def _kvlist(message: bytes, depth: int) -> dict[str, Any]:
    found = {}
    for number, pair in _fields(message):
        if number == 1:
            parts = dict(_fields(pair))
            found[parts.get(1, b"").decode("utf-8", "replace")] = _any_value(parts.get(2, b""), depth + 1)
    return found


def _any_value(message: bytes, depth: int) -> Any:
    if depth > _MOST_DEPTH:
        raise ValueError("nested too deeply")
    value: Any = None
    for number, found in _fields(message):
        if number == 1:
            value = found.decode("utf-8", "replace")
        elif number == 2:
            value = bool(found)
        elif number == 3:
            value = found - (1 << 64) if found >> 63 else found
        elif number == 4:
            (value,) = struct.unpack("<d", found)
        elif number == 5:
            value = _array(found, depth)
        elif number == 6:
            value = _kvlist(found, depth)
        elif number == 7:
            value = base64.b64encode(found).decode()
    return value


def _fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """Field numbers and values of a message: whole numbers of varints, bytes of the rest (protobuf encoding)."""
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        kind = key & 7
        if kind == 0:
            value, position = _varint(message, position)
            yield key >> 3, value
            continue
        if kind == 2:
            length, position = _varint(message, position)
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            raise ValueError("not a protobuf message")
        if position + length > len(message):
            raise ValueError("the message ends within a field")
        yield key >> 3, message[position : position + length]
        position += length


def _varint(message: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & (2**64 - 1), position
        shift += 7
        if shift > 63:
            raise ValueError("a number is too long")
