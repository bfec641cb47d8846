"""Trace headers read and written: W3C `traceparent`/`tracestate` and `X-Amzn-Trace-Id`."""

from __future__ import annotations

from .spans import TraceContext

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MAX_HEADER = 8192
_MAX_HEADERS = 1000
_HEX = frozenset("0123456789abcdef")


def _hex(value: str, length: int) -> bytes:
    """Bytes of exactly `length` lower-case hex digits; empty when it is not that, or all zero."""
    if len(value) != length or not _HEX.issuperset(value):
        return b""
    decoded = bytes.fromhex(value)
    return decoded if any(decoded) else b""


def parse_traceparent(header: Any, trace_state: Any = "") -> TraceContext | None:
    """W3C Trace Context, level 1: `00-<32 hex>-<16 hex>-<2 hex>`; later versions may carry more."""
    if not isinstance(header, str) or len(header) > _MAX_HEADER:
        return None
    parts = header.strip().split("-")
    if len(parts) < 4 or len(parts[0]) != 2 or not _HEX.issuperset(parts[0]) or parts[0] == "ff":
        return None
    if parts[0] == "00" and len(parts) != 4:
        return None
    trace_id, span_id = _hex(parts[1], 32), _hex(parts[2], 16)
    if not trace_id or not span_id or len(parts[3]) != 2 or not _HEX.issuperset(parts[3]):
        return None
    state = trace_state if isinstance(trace_state, str) and len(header) + len(trace_state) <= _MAX_HEADER else ""
    return TraceContext(trace_id, span_id, int(parts[3], 16), state)


def parse_xray(header: Any) -> TraceContext | None:
    """`Root=1-<8 hex>-<24 hex>;Parent=<16 hex>;Sampled=0|1`: the root is the trace id, without its dashes."""
    if not isinstance(header, str) or len(header) > _MAX_HEADER:
        return None
    fields = dict(part.strip().split("=", 1) for part in header.split(";") if "=" in part)
    root = fields.get("Root", "").split("-")
    if len(root) != 3 or len(root[1]) != 8:
        return None
    trace_id = _hex(root[1] + root[2], 32)
    if not trace_id:
        return None
    flags = 0 if fields.get("Sampled") == "0" else 1
    return TraceContext(trace_id, _hex(fields.get("Parent", ""), 16), flags)


def traceparent(context: TraceContext, span_id: bytes) -> str:
    """The header that names `span_id` as the parent of what comes; "sampled", because this span was recorded.

    W3C Trace Context, "Sampled flag". X-Ray's own decision (`Sampled=0`) travels on in X-Ray's own header.
    """
    return f"00-{context.trace_id.hex()}-{span_id.hex()}-{context.flags & 255 | 1:02x}"


def from_headers(headers: Any) -> TraceContext | None:
    """The context in HTTP headers, whatever the case of their names; values may be lists."""
    if not isinstance(headers, dict) or len(headers) > _MAX_HEADERS:
        return None
    found: dict[str, Any] = {}
    for name, value in headers.items():
        if isinstance(name, str) and len(name) <= 15:
            lowered = name.lower()
            if lowered in ("traceparent", "tracestate", "x-amzn-trace-id"):
                found[lowered] = value[0] if isinstance(value, list) and value else value
    if not found:
        return None
    context = parse_traceparent(found.get("traceparent"), found.get("tracestate", ""))
    return context or parse_xray(found.get("x-amzn-trace-id"))


def from_message_attributes(attributes: Any) -> TraceContext | None:
    """The context in SQS (`stringValue`) or SNS (`Value`) message attributes."""
    if not isinstance(attributes, dict) or not attributes:
        return None
    return parse_traceparent(_text(attributes.get("traceparent")), _text(attributes.get("tracestate")))


def _text(attribute: Any) -> str:
    if not isinstance(attribute, dict):
        return ""
    value = attribute.get("stringValue") or attribute.get("Value") or attribute.get("StringValue")
    return value if isinstance(value, str) else ""
