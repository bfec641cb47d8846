"""What a call, or all calls of an invocation, started elsewhere: the way of `insight.senders` from the other end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from mendline.insight.moments import from_ns, range_parameters
from mendline.insight.senders import Begun, Hop, hop_to, infer_sender, sends, texts_of
from mendline.model.timerange import TimeRange
from mendline.model.trace import Span, Trace
from mendline.store.contract import TelemetryStore

MOST = 50
_MOST_IDS = 1000
_MOST_WAIT, _EARLIER = timedelta(days=1), timedelta(seconds=1)
_MOST_INFERRED_WAIT, _MOST_LOOKED_AT = timedelta(minutes=15), 5
_REQUEST = "lambda:"


def find_takers(store: TelemetryStore, trace: Trace, span: Span) -> tuple[Hop, ...]:
    """Who began because of what a call sent, or (of an invocation) what its calls sent; first to last, at most 50.

    By the trace's header that came with it, or an id that both ends told within a day; else, of one call, inferred: a
    beginning within 15 minutes of which `infer_sender` finds that it was this call.
    """
    senders = _senders(trace, span)
    ids = set().union(*(texts_of(it, "mendline.links.out") for it in senders))
    found = {(hop.trace_id, hop.span_id): hop for hop in _in_trace(trace, span, senders, ids)}
    for hop in (*_linking(store, trace, senders), *_of_ids(store, span, sorted(ids)[:_MOST_IDS])):
        found.setdefault((hop.trace_id, hop.span_id), hop)
    if not found and sends(span):
        found = {(hop.trace_id, hop.span_id): hop for hop in _inferred(store, trace, span)}
    return tuple(sorted(found.values(), key=lambda hop: hop.time)[:MOST])


def _senders(trace: Trace, span: Span) -> list[Span]:
    """The span, and of an invocation what is below it without another in between."""
    own = {span.span_id: span}
    if span.invocation:
        for it in trace.spans:
            if it.parent_id in own and not _begins(it):
                own.setdefault(it.span_id, it)
    return list(own.values())


def _begins(span: Span) -> bool:
    return span.invocation or span.kind == "consumer"


def _in_trace(trace: Trace, span: Span, senders: list[Span], ids: set[str]) -> Iterator[Hop]:
    above = {it.span_id for it in senders}
    for it in trace.spans:
        linked = any(link.trace_id == trace.trace_id and link.span_id in above for link in it.links)
        if _begins(it) and it is not span and (it.parent_id in above or linked):
            both = not ids.isdisjoint(texts_of(it, "mendline.links.in"))
            confidence = "trace header and message id" if both else "trace header"
            yield Hop(confidence, trace.trace_id, it.span_id, it.service, it.name, from_ns(it.start_ns), 1, "")


def _linking(store: TelemetryStore, trace: Trace, senders: list[Span]) -> Iterator[Hop]:
    if trace.continued_in:
        asked = {"trace_id": trace.trace_id, "spans": [it.span_id for it in senders], "limit": MOST}
        for row in store.select("takers_by_link", asked):
            yield hop_to("trace header", row)


def _of_ids(store: TelemetryStore, span: Span, ids: list[str]) -> Iterator[Hop]:
    if ids:
        began = datetime.fromtimestamp(span.start_ns / 1e9, UTC)
        ended = began + timedelta(milliseconds=span.duration_ms)
        requests = [it.removeprefix(_REQUEST) for it in ids if it.startswith(_REQUEST)]
        window = range_parameters(TimeRange(began - _EARLIER, ended + _MOST_WAIT))
        for row in store.select("takers_of_messages", {**window, "ids": ids, "requests": requests, "limit": MOST}):
            yield hop_to("message id", row)


def _inferred(store: TelemetryStore, trace: Trace, span: Span) -> Iterator[Hop]:
    began = datetime.fromtimestamp(span.start_ns / 1e9, UTC)
    window = range_parameters(TimeRange(began - _EARLIER, began + _MOST_INFERRED_WAIT))
    asked = {"type": span.resource_type, "name": span.resource_name, "limit": _MOST_LOOKED_AT}
    for row in store.select("likely_takers", {**window, **asked}):
        sender = infer_sender(store, Begun(row["function"], row["start_ns"], row["told"]))
        if sender and (sender.trace_id, sender.span_id) == (trace.trace_id, span.span_id):
            yield hop_to("inferred", row, sender.resource, sender.candidates)
            return
