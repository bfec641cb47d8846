"""Spans as the agent records them, before they are encoded, and the headers that pass their traces on."""

from __future__ import annotations

import os
import time
from itertools import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SERVER, CLIENT, PRODUCER, CONSUMER = 2, 3, 4, 5
STATUS_UNSET, STATUS_ERROR = 0, 2
_MAX_HEADER = 8192
_MAX_HEADERS = 1000
_HEX = frozenset("0123456789abcdef")
_NO_TRACE, _NO_SPAN = bytes(16), bytes(8)


def new_trace_id() -> bytes:
    """Sixteen random bytes, from the system, so that copies of one snapshot never share ids."""
    return os.urandom(16)


def new_span_id() -> bytes:
    """Eight random bytes."""
    return os.urandom(8)


class Ids:
    """Span ids of one invocation: they follow a random one."""

    __slots__ = ("_base", "_numbers")

    def __init__(self, base: bytes) -> None:
        self._base = int.from_bytes(base, "big") >> 1  # so that all are below 2^64
        self._numbers = count(1)

    def of(self, number: int) -> bytes:
        """The id of this number."""
        return (self._base + number).to_bytes(8, "big")

    def next(self) -> bytes:
        """One that was not answered by this before."""
        return (self._base + next(self._numbers)).to_bytes(8, "big")


class TraceContext:
    """Where a span belongs: a trace, and the span in it that caused us (may be empty)."""

    __slots__ = ("encoded", "flags", "span_id", "trace_id", "trace_state")

    def __init__(self, trace_id: bytes, span_id: bytes = b"", flags: int = 1, trace_state: str = "") -> None:
        self.trace_id = trace_id
        self.span_id = span_id
        self.flags = flags
        self.trace_state = trace_state
        self.encoded: tuple[str, str] | None = None  # what the encoder makes of it, while it stays as it is


class Given(dict):  # type: ignore[type-arg]
    """Attributes of spans that have one name and kind, kept with what the encoder makes of all that."""

    __slots__ = ("encoded", "name", "of")

    def __init__(self, name: str, of: tuple[Any, ...], attributes: dict[str, Any]) -> None:
        super().__init__(attributes)
        self.name = name
        self.of = of  # what they were made of
        self.encoded = ""


class Span:
    """One span; its times are unix nanoseconds, its length is measured with the monotonic clock."""

    __slots__ = (
        "_started", "attributes", "context", "end_ns", "events", "given", "kind", "links",
        "name", "span_id", "start_ns", "status", "status_message",
    )  # fmt: skip

    def __init__(self, name: str, kind: int, context: TraceContext, span_id: bytes = b"") -> None:
        self.name = name
        self.kind = kind
        self.context = context
        self.span_id = span_id or new_span_id()
        self.given: dict[str, Any] = {}  # what is known at the beginning and alike for many; others go before it
        self.attributes: dict[str, Any] = {}
        self.events: list[tuple[int, str, dict[str, Any]]] = []
        self.links: list[TraceContext] = []
        self.status = STATUS_UNSET
        self.status_message = ""
        self.end_ns = 0
        self.start_ns = time.time_ns()
        self._started = time.perf_counter_ns()

    def elapsed_ns(self) -> int:
        """Nanoseconds since the span began."""
        return time.perf_counter_ns() - self._started

    def end(self) -> int:
        """Close the span now; answers its length in nanoseconds."""
        elapsed = time.perf_counter_ns() - self._started
        self.end_ns = self.start_ns + elapsed
        return elapsed

    def snapshot(self) -> Span:
        """A copy as the span stands, ended now and marked unfinished; what is written later is not in it."""
        copy = object.__new__(Span)
        for name in Span.__slots__:
            setattr(copy, name, getattr(self, name))
        copy.attributes, copy.given = {**self.given, **self.attributes, "mendline.unfinished": True}, {}
        copy.events, copy.links = list(self.events), list(self.links)
        copy.end()
        return copy

    def fail(self, error_type: str, message: str) -> None:
        """Mark the span as failed."""
        self.status = STATUS_ERROR
        self.status_message = message
        self.attributes["error.type"] = error_type


def _hex(value: str, length: int) -> bytes:
    """Bytes of exactly `length` lower-case hex digits; empty when it is not that, or all zero."""
    try:
        decoded = bytes.fromhex(value)
    except ValueError:
        return b""
    return decoded if len(value) == length and decoded.hex() == value and any(decoded) else b""


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
    if (
        header[:7] == "Root=1-"
        and header[15:16] == "-"
        and header[40:48] == ";Parent="
        and header[64:73] == ";Sampled="
    ):
        digits = header[7:15] + header[16:40] + header[48:64]  # as Lambda writes it
        try:
            ids = bytes.fromhex(digits)
        except ValueError:
            ids = b""
        if ids.hex() == digits and ids[:16] != _NO_TRACE and ids[16:] != _NO_SPAN:
            return TraceContext(ids[:16], ids[16:], 0 if header[73:74] == "0" and header[74:75] in ("", ";") else 1)
    fields = dict([part.strip().split("=", 1) for part in header.split(";") if "=" in part])
    root, parent, sampled = (fields.get(name, "") for name in ("Root", "Parent", "Sampled"))
    trace_id = _hex(root[2:10] + root[11:], 32) if root[1:2] == root[10:11] == "-" else b""
    return TraceContext(trace_id, _hex(parent, 16), 0 if sampled == "0" else 1) if trace_id else None


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
