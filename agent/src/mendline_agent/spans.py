"""Spans as the agent records them, before they are encoded."""

from __future__ import annotations

import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SERVER, CLIENT, PRODUCER, CONSUMER = 2, 3, 4, 5
STATUS_UNSET, STATUS_ERROR = 0, 2


def new_trace_id() -> bytes:
    """Sixteen random bytes, from the system, so that copies of one snapshot never share ids."""
    return os.urandom(16)


def new_span_id() -> bytes:
    """Eight random bytes."""
    return os.urandom(8)


class TraceContext:
    """Where a span belongs: a trace, and the span in it that caused us (may be empty)."""

    __slots__ = ("flags", "span_id", "trace_id", "trace_state")

    def __init__(self, trace_id: bytes, span_id: bytes = b"", flags: int = 1, trace_state: str = "") -> None:
        self.trace_id = trace_id
        self.span_id = span_id
        self.flags = flags
        self.trace_state = trace_state


class Span:
    """One span; its times are unix nanoseconds, its length is measured with the monotonic clock."""

    __slots__ = (
        "_started", "attributes", "context", "end_ns", "events", "kind", "links",
        "name", "parent_id", "span_id", "start_ns", "status", "status_message",
    )  # fmt: skip

    def __init__(self, name: str, kind: int, context: TraceContext) -> None:
        self.name = name
        self.kind = kind
        self.context = context
        self.parent_id = context.span_id
        self.span_id = new_span_id()
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
        copy.attributes = {**self.attributes, "mendline.unfinished": True}
        copy.events, copy.links = list(self.events), list(self.links)
        copy.end()
        return copy

    def fail(self, error_type: str, message: str) -> None:
        """Mark the span as failed."""
        self.status = STATUS_ERROR
        self.status_message = message
        self.attributes["error.type"] = error_type
