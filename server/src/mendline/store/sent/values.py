"""OTLP values as the texts that the store keeps: what {MAP}, {TYPES} and {TEXT} of store/otlp_columns.py make in SQL.

Numbers and JSON are written as ClickHouse does (its toString and toJSONString), so that both ways tell the same.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

from mendline.store.sent.row_binary import NOTHING, mapped, octets

_TYPES = {
    "bool_value": "bool",
    "int_value": "int",
    "double_value": "double",
    "array_value": "array",
    "kvlist_value": "kvlist",
    "bytes_value": "bytes",
}
_ESCAPED = str.maketrans(
    {chr(code): f"\\u{code:04X}" for code in range(0x20)}
    | {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    | {'"': '\\"', "\\": "\\\\", "/": "\\/", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)
_NO_ATTRIBUTES = (NOTHING, b"")


def json_text(value: str) -> str:
    """A text in JSON, as toJSONString writes it."""
    return f'"{value.translate(_ESCAPED)}"'


def double_text(value: float) -> str:
    """A Float64 as toString writes it: the fewest digits that tell it apart, as ECMAScript places point and exponent
    (Number::toString, ECMA-262 6.1.6.1.20)."""
    if value != value or value in (float("inf"), float("-inf")):
        return repr(value)
    digits, _, shift = repr(value).partition("e")
    sign, digits = ("-", digits[1:]) if digits.startswith("-") else ("", digits)
    whole, _, rest = digits.partition(".")
    rest = "" if rest == "0" else rest
    point = len(whole) + int(shift or 0)  # of 0.DIGITS times ten to this power
    digits = (whole + rest).lstrip("0")
    if not digits:
        return f"{sign}0"
    point -= len(whole + rest) - len(digits)
    digits = digits.rstrip("0")
    if len(digits) <= point <= 21:
        return f"{sign}{digits}{'0' * (point - len(digits))}"
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    more = f".{digits[1:]}" if digits[1:] else ""
    return f"{sign}{digits[0]}{more}e{point - 1}"


def value_text(value: Any, kind: str | None) -> str:
    """An AnyValue as text: strings bare, numbers and lists as JSON writes them, bytes as base64."""
    if kind == "string_value":
        return str(value.string_value)
    if kind == "array_value":
        return f"[{','.join(map(_json, value.array_value.values))}]"
    if kind == "kvlist_value":
        pairs = (f"{json_text(pair.key)}:{_json(pair.value)}" for pair in value.kvlist_value.values)
        return f"{{{','.join(pairs)}}}"
    return _scalar(value, kind)


def _scalar(value: Any, kind: str | None) -> str:
    if kind == "int_value":
        return str(value.int_value)
    if kind == "double_value":
        return double_text(value.double_value)
    if kind == "bool_value":
        return "true" if value.bool_value else "false"
    return base64.b64encode(value.bytes_value).decode() if kind == "bytes_value" else ""


def _json(value: Any) -> str:
    """A value within a list or a map: one more such is kept as its protobuf (mendline.model.otlp_value reads it)."""
    kind = value.WhichOneof("value")
    if kind == "string_value":
        return json_text(value.string_value)
    if kind == "bytes_value":
        return json_text(_scalar(value, kind))
    if kind in ("array_value", "kvlist_value"):
        deep = base64.b64encode(getattr(value, kind).SerializeToString()).decode()
        return f'{{"$otlp.{_TYPES[kind]}":"{deep}"}}'
    return _scalar(value, kind) if kind in _TYPES else "null"


def type_name(kind: str | None) -> str:
    """The type of a value that is no text; empty for a text, `no` where there is no value at all."""
    return "" if kind == "string_value" else _TYPES.get(kind or "", "no")


def attributes_of(pairs: Iterable[Any]) -> tuple[bytes, bytes]:
    """KeyValues as the two columns that hold attributes: the Map of their texts, and lines of key, tab and type of
    those that are no texts. Both encoded, the second without its length."""
    if not pairs:
        return _NO_ATTRIBUTES
    told, types = [], []
    for pair in pairs:
        key, value = pair.key.encode(), pair.value
        kind = value.WhichOneof("value")
        if name := type_name(kind):
            types.append(key + b"\t" + name.encode())
        told.append((key, value_text(value, kind).encode()))
    return mapped(told), b"\n".join(types)


def attribute_columns(pairs: Iterable[Any]) -> bytes:
    """Both columns of `attributes_of`, one after the other."""
    told, types = attributes_of(pairs)
    return told + octets(types)


def attributes_json(pairs: Iterable[Any]) -> str:
    """The Map of the texts of KeyValues as toJSONString writes it."""
    texts = ((pair.key, value_text(pair.value, pair.value.WhichOneof("value"))) for pair in pairs)
    return f"{{{','.join(f'{json_text(key)}:{json_text(told)}' for key, told in texts)}}}"
