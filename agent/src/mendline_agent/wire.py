"""OTLP by hand: spans to the bytes of an ExportTraceServiceRequest (opentelemetry-proto, trace/v1/trace.proto).

Until they are whole, bytes are kept as text of the characters 0 to 255: Python puts text together in half the time.
"""

from __future__ import annotations

import sys

from .spans import Given

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .spans import Span, TraceContext

_MAX_KNOWN = 512
_LONG = 64  # characters; from here on, texts are of many lengths
_SMALL = 1024  # status codes, counts and most sizes are smaller
_MAX_HEADS, _HEAD_BYTES = 64, 1024
_ATTRIBUTES = "\x4a"
_LEAST = -(1 << 63)
_BYTES = [chr(number) for number in range(256)]
_MORE = _BYTES[128:]
# What was encoded once: keys; attributes with a small number; what stands before a text of so many characters, or (less
# than 0) a number of so many bytes; what many spans begin with.
_keys: dict[str, str] = {}
_numbers: dict[tuple[str, str, int], str] = {}
_before: dict[tuple[str, str, int], str] = {}
_spare: list[tuple[bytearray, Any]] = []  # eight bytes, and what writes a double into them
_heads: dict[Any, str] = {}


def varint(number: int) -> str:
    """A base-128 number, as protobuf writes lengths and integers; negative ones in two's complement."""
    if 0 <= number < 16384:
        return _BYTES[number] if number < 128 else _MORE[number % 128] + _BYTES[number // 128]
    out = ""
    if number < 0:
        number &= 0xFFFFFFFFFFFFFFFF
    while number > 16383:  # division, because that is quicker in Python than its bit operations
        out += _MORE[number % 128] + _MORE[number // 128 % 128]
        number //= 16384
    return out + (_BYTES[number] if number < 128 else _MORE[number % 128] + _BYTES[number // 128])


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
    length = len(body)
    return f"{tag}{_BYTES[length] if length < 128 else varint(length)}{body}"


def any_value(value: Any) -> str:
    """An AnyValue: text, boolean, integer, double, bytes, list or dict; anything else as its text."""
    kind = type(value)
    if kind is str:
        return field("\x0a", text(value))
    if kind is int:
        fits = value.bit_length() < 64 or value == _LEAST
        return "\x18" + varint(value) if fits else field("\x0a", str(value))
    if kind is bool:
        return "\x10\x01" if value else "\x10\x00"
    if kind is float:
        return "\x21" + _double(value)
    if kind is bytes:
        return field("\x3a", raw(value))
    if kind is list or kind is tuple:
        return field("\x2a", "".join([_item(item) for item in value]))
    if kind is dict:
        return field("\x32", attributes("\x0a", value))
    return field("\x0a", text(str(value)))


def _item(value: Any) -> str:
    if type(value) is str and len(value) < 126 and value.isascii():
        return f"\x0a{_BYTES[len(value) + 2]}\x0a{_BYTES[len(value)]}{value}"
    return field("\x0a", any_value(value))


def _double(value: float) -> str:
    """IEEE 754, without a module to load for it."""
    try:
        data, view = _spare.pop()  # no other thread has them then
    except IndexError:
        data = bytearray(8)
        view = memoryview(data).cast("d")
    view[0] = value
    told = data.decode("latin-1")
    _spare.append((data, view))
    return told if sys.byteorder == "little" else told[::-1]


def attributes(tag: str, pairs: dict[str, Any]) -> str:
    """KeyValues, each under `tag`; None values are left out."""
    out = []
    for key, value in pairs.items():
        kind = type(value)
        if kind is str and value.isascii():
            before = _before.get((tag, key, len(value)))
            out.append(f"{before}{value}" if before is not None else _attribute(tag, key, value))
        elif kind is int:
            if 0 <= value < _SMALL:
                out.append(_numbers.get((tag, key, value)) or _attribute(tag, key, value))
            else:
                number = varint(value)
                before = _before.get((tag, key, -len(number)))
                out.append(f"{before}{number}" if before is not None else _attribute(tag, key, value))
        elif value is not None:
            out.append(_attribute(tag, key, value))
    return "".join(out)


def _attribute(tag: str, key: str, value: Any) -> str:
    """A KeyValue; a small number is remembered, and what stands before others and before texts that are not long."""
    name, kind, encoded = _keys.get(key) or _key(key), type(value), any_value(value)
    whole = field(tag, field(name, encoded))
    if len(key) >= _LONG:
        return whole
    if kind is int and encoded[0] == "\x18":
        if 0 <= value < _SMALL:
            _remember(_numbers, (tag, key, value), whole)
        else:
            _remember(_before, (tag, key, 1 - len(encoded)), whole[: 1 - len(encoded)])
    elif kind is str and 0 < len(value) < _LONG and value.isascii():
        _remember(_before, (tag, key, len(value)), whole[: -len(value)])
    return whole


def _remember(known: dict[tuple[str, str, int], str], what: tuple[str, str, int], encoded: str) -> None:
    if len(known) >= _MAX_KNOWN:
        known.clear()
    known[what] = encoded


def _key(key: str) -> str:
    encoded = field("\x0a", text(key)) + "\x12"
    if len(_keys) < _MAX_KNOWN and len(key) < _LONG:
        _keys[key] = encoded
    return encoded


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
    context, known, given, rest = span.context, span.attributes, span.given, ""
    before, after = context.encoded or _around(context)
    if span.status or span.events or span.links:
        rest = "".join([*map(_event, span.events), *map(_link, span.links), _status(span)])
    if not given.keys().isdisjoint(known):
        head, known = _head(span.name, span.kind, {}), {**given, **known}
    elif type(given) is Given and given.name is span.name:  # the API of OpenTelemetry gives others
        head = given.encoded = given.encoded or _encoded_head(span.name, span.kind, given)
    else:
        head = _head(span.name, span.kind, given)
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
        head = _encoded_head(name, kind, given)
        if len(_heads) >= _MAX_HEADS:
            _heads.clear()
        if key and len(head) <= _HEAD_BYTES:
            _heads[key] = head
    return head


def _encoded_head(name: str, kind: int, given: dict[str, Any]) -> str:
    return f"{field(chr(42), text(name))}\x30{varint(kind)}{attributes(_ATTRIBUTES, given)}"


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
    return b"".join(around_resource(resource, scope, spans))


def around_resource(resource: bytes, scope: bytes, spans: list[bytes]) -> tuple[bytes, bytes, bytes]:
    """A request in three parts: what is before the resource, the resource, and what follows it."""
    spans_size = len(scope) + sum(map(len, spans))
    head, inner = f"\x0a{varint(len(resource))}", f"\x12{varint(spans_size)}"
    whole = varint(len(head) + len(resource) + len(inner) + spans_size)
    return f"\x0a{whole}{head}".encode("latin-1"), resource, b"".join((inner.encode("latin-1"), scope, *spans))
