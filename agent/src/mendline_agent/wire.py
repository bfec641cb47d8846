"""OTLP by hand: spans to the bytes of an ExportTraceServiceRequest (opentelemetry-proto, trace/v1/trace.proto)."""

from __future__ import annotations

from struct import pack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .spans import Span, TraceContext

_MAX_KEYS = 1024
_INT64 = 1 << 63
_keys: dict[str, bytes] = {}


def varint(number: int) -> bytes:
    """A base-128 number, as protobuf writes lengths and integers; negative ones in two's complement."""
    if 0 <= number < 128:
        return bytes((number,))
    number &= 0xFFFFFFFFFFFFFFFF
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def text(value: str) -> bytes:
    """UTF-8; what UTF-8 cannot carry (lone surrogates) becomes a question mark."""
    try:
        return value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace")


def field(tag: bytes, body: bytes) -> bytes:
    """A length-delimited field."""
    return tag + varint(len(body)) + body


def any_value(value: Any) -> bytes:
    """An AnyValue: text, boolean, integer, double, bytes, list or dict; anything else as its text."""
    kind = type(value)
    if kind is str:
        return field(b"\x0a", text(value))
    if kind is bool:
        return b"\x10\x01" if value else b"\x10\x00"
    if kind is int:
        return b"\x18" + varint(value) if -_INT64 <= value < _INT64 else field(b"\x0a", str(value).encode())
    if kind is float:
        return b"\x21" + pack("<d", value)
    if kind is bytes:
        return field(b"\x3a", value)
    if kind is list or kind is tuple:
        return field(b"\x2a", b"".join([field(b"\x0a", any_value(item)) for item in value]))
    if kind is dict:
        return field(b"\x32", attributes(b"\x0a", value))
    return field(b"\x0a", text(str(value)))


def _key(key: str) -> bytes:
    encoded = _keys.get(key)
    if encoded is None:
        encoded = field(b"\x0a", text(key)) + b"\x12"
        if len(_keys) < _MAX_KEYS:
            _keys[key] = encoded
    return encoded


def attributes(tag: bytes, pairs: dict[str, Any]) -> bytes:
    """KeyValues, each under `tag`; None values are left out."""
    out = []
    for key, value in pairs.items():
        if value is None:
            continue
        encoded = any_value(value)
        pair = _key(key) + varint(len(encoded)) + encoded
        out.append(tag + varint(len(pair)) + pair)
    return b"".join(out)


def _event(event: tuple[int, str, dict[str, Any]]) -> bytes:
    time_ns, name, pairs = event
    body = b"\x09" + time_ns.to_bytes(8, "little") + field(b"\x12", text(name)) + attributes(b"\x1a", pairs)
    return field(b"\x5a", body)


def _link(link: TraceContext) -> bytes:
    body = field(b"\x0a", link.trace_id) + field(b"\x12", link.span_id)
    if link.trace_state:
        body += field(b"\x1a", text(link.trace_state))
    return field(b"\x6a", body + b"\x35" + (link.flags & 255).to_bytes(4, "little"))


def _status(span: Span) -> bytes:
    if not span.status:
        return b""
    message = field(b"\x12", text(span.status_message)) if span.status_message else b""
    return field(b"\x7a", message + b"\x18" + varint(span.status))


def encode_span(span: Span) -> bytes:
    """The bytes of one Span message."""
    context = span.context
    out = [field(b"\x0a", context.trace_id), field(b"\x12", span.span_id)]
    if context.trace_state:
        out.append(field(b"\x1a", text(context.trace_state)))
    if span.parent_id:
        out.append(field(b"\x22", span.parent_id))
    out.append(field(b"\x2a", text(span.name)))
    out.append(b"\x30" + varint(span.kind))
    out.append(b"\x39" + span.start_ns.to_bytes(8, "little") + b"\x41" + span.end_ns.to_bytes(8, "little"))
    out.append(attributes(b"\x4a", span.attributes))
    out.extend([_event(event) for event in span.events])
    out.extend([_link(link) for link in span.links])
    out.append(_status(span))
    out.append(b"\x85\x01" + (context.flags & 255).to_bytes(4, "little"))
    return b"".join(out)


def encode_resource(pairs: dict[str, Any]) -> bytes:
    """The KeyValues of a Resource, ready for `encode_request`."""
    return attributes(b"\x0a", pairs)


def encode_request(resource: bytes, scope: tuple[str, str], spans: list[bytes]) -> bytes:
    """A whole request: one resource, one scope (name, version), and encoded spans."""
    scope_body = field(b"\x0a", text(scope[0])) + field(b"\x12", text(scope[1]))
    scope_spans = field(b"\x0a", scope_body) + b"".join([field(b"\x12", span) for span in spans])
    return field(b"\x0a", field(b"\x0a", resource) + field(b"\x12", scope_spans))
