"""A trace: all that one entry event caused, as a tree of spans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mendline.model.origin import Resource, Scope

KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
STATUSES = ("unset", "ok", "error")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened within a span, `offset_ms` after the trace began; types and counts as in Span."""

    name: str
    time_ns: int
    offset_ms: float
    attributes: Mapping[str, str]
    attribute_types: Mapping[str, str] = field(default_factory=dict)
    dropped_attributes: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """Another span that this one has to do with, e.g. the sender of one message of a batch; the rest as in Span."""

    trace_id: str
    span_id: str
    trace_state: str = ""
    flags: int = 0
    attributes: Mapping[str, str] = field(default_factory=dict)
    attribute_types: Mapping[str, str] = field(default_factory=dict)
    dropped_attributes: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """One span of a trace, placed in its tree. `offset_ms` counts from the start of the trace, `depth` from 0.

    `orphan` says that its parent is named but not (yet) here; the entry of a trace is none, since whoever called it
    need not be traced. Its resource stands in Trace.resources. Attributes are texts; `attribute_types` has the
    types of those that were sent as something else (`int`, `double`, `bool`, `bytes`, `array`, `kvlist`; `no` value).
    `attempt`, `recovered` and `final` are of a call that was tried again (insight.call_retries).
    `trace_state` is W3C's, `flags` OTLP's; `dropped_…` count what the sender or a limit left out.
    """

    span_id: str
    parent_id: str
    name: str
    kind: str
    service: str
    function: str
    start_ns: int
    offset_ms: float
    duration_ms: float
    self_ms: float
    depth: int
    orphan: bool
    invocation: bool
    status: str
    status_message: str
    resource_type: str
    resource_name: str
    operation: str
    attempt: int
    recovered: bool
    final: bool | None
    resource_id: str
    placed_at_receipt: bool
    attributes: Mapping[str, str]
    attribute_types: Mapping[str, str]
    trace_state: str
    flags: int
    scope: Scope
    dropped_attributes: int
    dropped_events: int
    dropped_links: int
    events: tuple[Event, ...] = ()
    links: tuple[Link, ...] = ()
    children: int = 0

    @property
    def error(self) -> bool:
        """Whether the span says that it failed."""
        return self.status == "error"

    @property
    def failed(self) -> bool:
        """Whether it failed for good: no later attempt at the same call succeeded."""
        return self.error and not self.recovered


@dataclass(frozen=True, slots=True)
class Trace:
    """A whole trace: spans in the order of a waterfall (parents before children, then by time).

    `errors` counts spans that failed for good. `truncated` counts spans beyond the limit that are not shown.
    `continued_in` lists traces of batch consumers
    that took a message of this one; `part_of` the traces whose messages a batch of this one consumed.
    """

    trace_id: str
    start: datetime
    duration_ms: float
    spans: tuple[Span, ...]
    services: tuple[str, ...]
    errors: int
    resources: Mapping[str, Resource] = field(default_factory=dict)
    truncated: int = 0
    continued_in: tuple[str, ...] = ()
    part_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TraceSummary:
    """One line in a list of traces. `entry` is the name of the span that started it."""

    trace_id: str
    start: datetime
    duration_ms: float
    entry: str
    service: str
    services: int
    spans: int
    errors: int
