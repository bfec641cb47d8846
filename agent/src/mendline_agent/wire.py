"""OTLP by hand: spans to the bytes of an ExportTraceServiceRequest (opentelemetry-proto, trace/v1/trace.proto).

Until they are whole, bytes are kept as text of the characters 0 to 255: Python puts text together in half the time.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .spans import Span, TraceContext

_MAX_KEYS = 1024
_MAX_HEADS, _HEAD_BYTES = 64, 1024
_ATTRIBUTES = "\x4a"
_LEAST = -(1 << 63)
_BYTES = [chr(number) for number in range(256)]
_MORE = _BYTES[128:]
_keys: dict[str, tuple[str, int]] = {}
_heads: dict[Any, str] = {}


def varint(number: int) -> str:
    """A base-128 number, as protobuf writes lengths and integers; negative ones in two's complement."""
    if 0 <= number < 128:
        return _BYTES[number]
    if 0 <= number < 16384:
        return _MORE[number % 128] + _BYTES[number // 128]
    out = ""
    if number < 0:
        number &= 0xFFFFFFFFFFFFFFFF
    while number > 127:  # division, because that is quicker in Python than its bit operations
        out += _MORE[number % 128]
        number //= 128
    return out + _BYTES[number]


def text(value: str) -> str:
    """UTF-8; what UTF-8 cannot carry (lone surrogates) becomes a question mark."""
    return value if value.isascii() else value.encode("utf-8", "replace").decode("latin-1")


def raw(value: bytes) -> str:
    """Bytes as they are."""
    return value.decode("latin-1")


def fixed(number: int, size: int) -> str:
    """A number in so many bytes, the lowest first."""
    return number.to_bytes(size, "little").decode("latin-1")


def field(tag: str, body: str) -> str:
    """A length-delimited field."""
    return f"{tag}{varint(len(body))}{body}"


def any_value(value: Any) -> str:
    """An AnyValue: text, boolean, integer, double, bytes, list or dict; anything else as its text."""
    kind = type(value)
    if kind is str:
        return field("\x0a", text(value))
    if kind is bool:
        return "\x10\x01" if value else "\x10\x00"
    if kind is int:
        fits = value.bit_length() < 64 or value == _LEAST
        return "\x18" + varint(value) if fits else field("\x0a", str(value))
    if kind is float:
        return "\x21" + _double(value)
    if kind is bytes:
        return field("\x3a", raw(value))
    if kind is list or kind is tuple:
        return field("\x2a", "".join([field("\x0a", any_value(item)) for item in value]))
    if kind is dict:
        return field("\x32", attributes("\x0a", value))
    return field("\x0a", text(str(value)))


def _double(value: float) -> str:
    """IEEE 754, without a module to load for it."""
    data = bytearray(8)
    memoryview(data).cast("d")[0] = value
    if sys.byteorder == "big":
        data.reverse()
    return data.decode("latin-1")


def _key(key: str) -> tuple[str, int]:
    encoded = field("\x0a", text(key)) + "\x12"
    known = (encoded, len(encoded))
    if len(_keys) < _MAX_KEYS:
        _keys[key] = known
    return known


def attributes(tag: str, pairs: dict[str, Any]) -> str:
    """KeyValues, each under `tag`; None values are left out."""
    out = []
    for key, value in pairs.items():
        if value is None:
            continue
        name, size = _keys.get(key) or _key(key)
        kind = type(value)
        if kind is str and value.isascii():
            length = len(value)
            if size + length < 125:  # all lengths are of one byte: nearly every attribute
                whole, inner = _BYTES[size + length + 3], _BYTES[length + 2]
                out.append(f"{tag}{whole}{name}{inner}\x0a{_BYTES[length]}{value}")
                continue
        encoded = "\x18" + varint(value) if kind is int and value.bit_length() < 64 else any_value(value)
        length = len(encoded)
        if size + length < 127:
            out.append(f"{tag}{_BYTES[size + length + 1]}{name}{_BYTES[length]}{encoded}")
        else:
            inner = varint(length)
            out.append(f"{tag}{varint(size + len(inner) + length)}{name}{inner}{encoded}")
    return "".join(out)


def _event(event: tuple[int, str, dict[str, Any]]) -> str:
    time_ns, name, pairs = event
    return field("\x5a", f"\x09{fixed(time_ns, 8)}{field(chr(0x12), text(name))}{attributes(chr(0x1A), pairs)}")


def _link(link: TraceContext) -> str:
    body = field("\x0a", raw(link.trace_id)) + field("\x12", raw(link.span_id))
    if link.trace_state:
        body += field("\x1a", text(link.trace_state))
    body += attributes("\x22", getattr(link, "attributes", {}))
    return field("\x6a", body + "\x35" + fixed(link.flags & 255, 4))


def _status(span: Span) -> str:
    message = field("\x12", text(span.status_message)) if span.status_message else ""
    return field("\x7a", f"{message}\x18{varint(span.status)}") if span.status else ""


def encode_span(span: Span) -> bytes:
    """One span, ready for `encode_request`."""
    context, known, rest = span.context, span.attributes, ""
    before, after = context.encoded or _around(context)
    if span.status or span.events or span.links:
        rest = "".join([*map(_event, span.events), *map(_link, span.links), _status(span)])
    if span.given.keys().isdisjoint(known):
        head = _head(span.name, span.kind, span.given)
    else:
        head, known = _head(span.name, span.kind, {}), {**span.given, **known}
    start, end = span.start_ns.to_bytes(8, "little"), span.end_ns.to_bytes(8, "little")
    own = (b"\x12\x08%b\x39%b\x41%b" % (span.span_id, start, end)).decode("latin-1")
    return framed(f"{before}{own}{head}{attributes(_ATTRIBUTES, known)}{rest}{after}")


def _around(context: TraceContext) -> tuple[str, str]:
    """What all spans in a context begin and end with, for as long as it says the same."""
    flags, state = context.flags & 1023, field("\x1a", text(context.trace_state)) if context.trace_state else ""
    parent = b"\x22\x08%b" % context.span_id if context.span_id else b""
    before = f"\x0a\x10{context.trace_id.decode('latin-1')}{state}{parent.decode('latin-1')}"
    context.encoded = before, f"\x85\x01{_BYTES[flags % 256]}{_BYTES[flags // 256]}\x00\x00"
    return context.encoded


def _head(name: str, kind: int, given: dict[str, Any]) -> str:
    """Name, kind and attributes that many spans have alike, encoded once for all of them."""
    try:
        key = (name, kind, *given.items())
        head = _heads.get(key)
    except TypeError:  # a value that cannot be hashed
        head, key = None, ()
    if head is None:
        head = f"{field(chr(42), text(name))}\x30{varint(kind)}{attributes(_ATTRIBUTES, given)}"
        if len(_heads) >= _MAX_HEADS:
            _heads.clear()
        if key and len(head) <= _HEAD_BYTES:
            _heads[key] = head
    return head


def framed(span: str) -> bytes:
    """A Span message, ready for `encode_request`."""
    return f"\x12{varint(len(span))}{span}".encode("latin-1")


def encode_resource(pairs: dict[str, Any]) -> bytes:
    """The KeyValues of a Resource, ready for `encode_request`."""
    return attributes("\x0a", pairs).encode("latin-1")


def encode_scope(name: str, version: str) -> bytes:
    """An InstrumentationScope, ready for `encode_request`."""
    return field("\x0a", field("\x0a", text(name)) + field("\x12", text(version))).encode("latin-1")


def encode_request(resource: bytes, scope: bytes, spans: list[bytes]) -> bytes:
    """A whole request: one resource, one scope, and encoded spans."""
    size = len(scope) + sum(map(len, spans))
    head, inner = f"\x0a{varint(len(resource))}".encode("latin-1"), f"\x12{varint(size)}".encode("latin-1")
    whole = varint(len(head) + len(resource) + len(inner) + size).encode("latin-1")
    return b"".join((b"\x0a", whole, head, resource, inner, scope, *spans))
