"""One span in detail: the error first, else the longest wait; request and response; everything it carries. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mendline.insight.origins import function_of
from mendline.insight.senders import Hop
from mendline.model.function import FunctionId
from mendline.model.origin import Resource, Scope
from mendline.model.trace import Event, Link, Span, Trace
from mendline.web.joints import Joint, joint_of, joint_with
from mendline.web.telemetry_text import pretty_json
from mendline.web.waterfall import Matter, Row, first_failure, longest_wait

REQUEST, RESPONSE = "mendline.request", "mendline.response"
_STACK = "exception.stacktrace"
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong, as the span tells it."""

    type: str
    message: str
    stack: str


@dataclass(frozen=True, slots=True)
class Happened:
    """An event; `offset_ms` counts from the start of its span."""

    name: str
    offset_ms: float
    attributes: Pairs


@dataclass(frozen=True, slots=True)
class Linked:
    """A link, with its attributes and its trace state."""

    trace_id: str
    span_id: str
    told: Pairs


@dataclass(frozen=True, slots=True)
class Detail:
    """All that is shown of a span beside its row. `request` and `response` are None where none was captured.

    `cause` is what failed first below a span that failed itself. `scope` is the library that made the span, and what is
    told of it; `left_out` says what was dropped of it before it was stored.
    """

    row: Row
    start: datetime
    function: FunctionId | None
    failure: Failure | None
    cause: Matter | None
    longest: Matter | None
    request: str | None
    response: str | None
    attributes: Pairs
    resource: Pairs
    scope: Pairs
    events: tuple[Happened, ...]
    links: tuple[Linked, ...]
    left_out: str
    joint: Joint | None = None
    sender: Hop | None = None
    started: tuple[tuple[Hop, Joint], ...] = ()


def detail_of(
    trace: Trace, rows: Sequence[Row], index: int, sender: Hop | None = None, takers: Sequence[Hop] = ()
) -> Detail:
    """The detail of the span in one row; `sender` is who sent what it took, where no trace header says so, `takers` are
    what it started."""
    row = rows[index]
    span, resource = row.span, trace.resources.get(row.span.resource_id, _UNKNOWN).attributes
    end = span.offset_ms + span.duration_ms
    # what was sent from here and went on elsewhere is no part of this span's time
    within = [it for it in range(index, row.last + 1) if it == index or rows[it].span.offset_ms < end]
    longest = longest_wait(rows, within) if len(within) > 1 else None
    return Detail(
        row=row,
        start=trace.start + timedelta(milliseconds=span.offset_ms),
        function=function_of(span, trace) if span.invocation else None,
        failure=_failure(span),
        cause=first_failure(rows, range(index + 1, row.last + 1)) if span.error else None,
        longest=longest if longest and longest.milliseconds > 0 else None,
        request=_body(span, REQUEST),
        response=_body(span, RESPONSE),
        attributes=_pairs({key: value for key, value in span.attributes.items() if key not in (REQUEST, RESPONSE)}),
        resource=_pairs(resource),
        scope=_scope(span.scope),
        events=tuple(_happened(event, span) for event in span.events),
        links=tuple(map(_linked, span.links)),
        left_out=_left_out(span),
        joint=joint_of(trace, span, sender),
        sender=sender,
        started=tuple((hop, joint_with(hop)) for hop in takers),
    )


_UNKNOWN = Resource({})


def _failure(span: Span) -> Failure | None:
    raised = [event.attributes for event in span.events if event.name == "exception"]
    if not span.error and not raised:
        return None
    told = raised[-1] if raised else {}
    return Failure(
        type=told.get("exception.type") or span.attributes.get("error.type", ""),
        message=told.get("exception.message") or span.status_message,
        stack=told.get(_STACK, ""),
    )


def _body(span: Span, key: str) -> str | None:
    return pretty_json(span.attributes[key]) if key in span.attributes else None


def _pairs(attributes: Mapping[str, str]) -> Pairs:
    return tuple(sorted(attributes.items()))


def _scope(scope: Scope) -> Pairs:
    own = (("name", scope.name), ("version", scope.version), ("schema URL", scope.schema_url))
    return (*((key, value) for key, value in own if value), *_pairs(scope.attributes))


def _linked(link: Link) -> Linked:
    state = (("trace state", link.trace_state),) if link.trace_state else ()
    return Linked(link.trace_id, link.span_id, (*state, *_pairs(link.attributes)))


def _left_out(span: Span) -> str:
    dropped = {"attributes": span.dropped_attributes, "events": span.dropped_events, "links": span.dropped_links}
    return ", ".join(f"{count:,} {what}" for what, count in dropped.items() if count)


def _happened(event: Event, span: Span) -> Happened:
    told = {key: value for key, value in event.attributes.items() if key != _STACK}
    return Happened(event.name, event.offset_ms - span.offset_ms, _pairs(told))
