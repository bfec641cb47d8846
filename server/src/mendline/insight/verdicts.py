"""Whose fault an error, a failed trace or a slow one is: gathers what is known, and asks analysis.verdict."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mendline.analysis.verdict import Changed, Facts, Part, judge
from mendline.errors import MendlineError, NotFoundError
from mendline.insight.answers import answer
from mendline.insight.called import CalledThen, called_then
from mendline.insight.change_words import change_words
from mendline.insight.changes import list_changes
from mendline.insight.critical_path import parents_of
from mendline.insight.evaluations import Question
from mendline.insight.failed_at import FailedAt, Sent, failed_at, point_of
from mendline.insight.functions import get_function
from mendline.insight.origins import function_of
from mendline.insight.shared_cases import Shared
from mendline.insight.traces import get_trace
from mendline.model.error_group import ErrorGroup
from mendline.model.error_kinds import ErrorKind
from mendline.model.function import FunctionId
from mendline.model.invocation import Invocation
from mendline.model.party import party_of
from mendline.model.timerange import TimeRange
from mendline.model.trace import Trace
from mendline.model.verdict import Verdict
from mendline.query.spelling import value_text
from mendline.store.contract import TelemetryStore

_AROUND, _BEFORE = timedelta(minutes=15), timedelta(hours=1)
_HEALED_WITHIN = timedelta(days=1)
_SLOW_TIMES, _LEAST_INVOCATIONS = 2.0, 20


@dataclass(frozen=True, slots=True)
class Judged:
    """`where` is the call or function in words, `span_id` its span; `slow`: nothing failed, it took too long. In which
    function it was, and what it called (`TYPE/NAME`), are empty where that is not known."""

    verdict: Verdict
    where: str
    span_id: str
    sent: Sent
    slow: bool = False
    function: str = ""
    resource: str = ""


def judge_trace(store: TelemetryStore, trace: Trace, span_id: str = "") -> Judged | None:
    """Of what failed first in a trace (at or below a span), else of what made its longest invocation slow; None where
    nothing failed and nothing was slow."""
    at = failed_at(trace, span_id)
    moment = trace.start + timedelta(milliseconds=trace.duration_ms)
    if at is not None:
        facts = _facts(store, at, moment)
        return _judged(facts, at)
    return None if span_id else _judge_slow(store, trace, moment)


def _judged(facts: Facts, at: FailedAt) -> Judged:
    resource = "/".join(at.resource[:2]) if at.resource[0] else ""
    return Judged(judge(facts), _where(at), at.span.span_id, at.sent, function=at.function, resource=resource)


def judge_invocation(store: TelemetryStore, invocation: Invocation) -> Judged:
    """Of a failed invocation of which only the platform tells."""
    name = invocation.function.name
    facts = Facts(
        error_kind=invocation.error_kind,
        code=invocation.error_type,
        own_time_up=invocation.error_kind == ErrorKind.TIMEOUT,
        changed=_changed(store, (name,), invocation.start),
    )
    sender = " ".join(filter(None, (invocation.trigger, invocation.trigger_source)))
    return Judged(judge(facts), name, invocation.span_id, Sent(sender=sender))


def judge_error(store: TelemetryStore, group: ErrorGroup, shared: Shared, now: datetime, new_with: str = "") -> Judged:
    """Of a group of errors: by its newest case, what is special of the messages of all, and how many healed."""
    at = _newest(store, group)
    changed = _changed(store, group.functions, group.first_ever) if group.began_here else ()
    told = Facts(error_kind=group.kind, code=group.type, changed=changed)
    facts = _facts(store, at, group.last, changed) if at else told
    facts = replace(
        facts,
        error_kind=facts.error_kind or group.kind,
        code=facts.code or group.type,
        healed=_healed(store, group, now),
        special=shared.of_message,
        new_with=new_with,
    )
    where = _where(at) if at else ", ".join(group.functions)
    return Judged(judge(facts), where, at.span.span_id if at else "", at.sent if at else Sent())


def _newest(store: TelemetryStore, group: ErrorGroup) -> FailedAt | None:
    if not group.trace_id:
        return None
    try:
        return failed_at(get_trace(store, group.trace_id), group.span_id)
    except MendlineError:  # older than the retention of traces
        return None


def _facts(store: TelemetryStore, at: FailedAt, moment: datetime, changed: tuple[Changed, ...] | None = None) -> Facts:
    called = _called(store, at.function, at.resource, moment)
    return Facts(
        error_kind=at.error_kind,
        code=at.code,
        resource=" ".join(filter(None, at.resource)),
        party=party_of(at.resource[0], at.resource[1]),
        own_time_up=at.own_time_up,
        others=called.failed_elsewhere if called else None,
        own=called.errors if called else None,
        sender=at.sent.sender,
        place=at.sent.place,
        changed=_changed(store, (at.function,), moment) if changed is None else changed,
    )


def _called(
    store: TelemetryStore, function: str, resource: tuple[str, str, str], moment: datetime
) -> CalledThen | None:
    """How the resource did for this function and for others around a moment."""
    if not resource[0]:
        return None
    now = TimeRange(moment - _AROUND, moment + _AROUND)
    usual = TimeRange(now.start - _BEFORE, now.start)
    return called_then(store, [function], now, [usual]).get(resource)


def _changed(store: TelemetryStore, functions: tuple[str, ...], first: datetime) -> tuple[Changed, ...]:
    """What was changed of the functions in the hour before."""
    told = list_changes(store, TimeRange(first - _BEFORE, first + timedelta(seconds=1)), functions=functions)
    return tuple(
        Changed(change.kind, f"{change.name} {change_words(change).what}", (first - change.time).total_seconds())
        for change in told
        if change.type == "lambda" and change.name in functions
    )


def _healed(store: TelemetryStore, group: ErrorGroup, now: datetime) -> Part | None:
    """How many of the invocations that failed in the day before its newest case were tried again and went well."""
    if not group.functions:
        return None
    functions = " or ".join(f"function:{value_text(name)}" for name in group.functions)
    of_type = f" error.type:{value_text(group.type)}" if group.type else ""
    span = TimeRange(max(group.first, group.last - _HEALED_WITHIN), group.last + timedelta(seconds=1))
    try:
        found = answer(store, Question(f"({functions}) error{of_type} | count(recovered), count()", span, now)).rows
    except MendlineError:  # what a retry made of it is no condition of the verdict
        return None
    return Part(int(found[0][0] or 0), int(found[0][1] or 0)) if found else None


def _judge_slow(store: TelemetryStore, trace: Trace, moment: datetime) -> Judged | None:
    invoked = [index for index, span in enumerate(trace.spans) if span.invocation]
    if not invoked:
        return None
    longest = max(invoked, key=lambda index: trace.spans[index].duration_ms)
    span = trace.spans[longest]
    usual = _usual(store, function_of(span, trace), moment)
    if usual is None or span.duration_ms < max(usual[1], _SLOW_TIMES * usual[0]):
        return None
    parents = parents_of(trace.spans)
    end = span.offset_ms + span.duration_ms
    below = [it for it, parent in enumerate(parents) if parent == longest and trace.spans[it].offset_ms < end]
    calls = [it for it in below if trace.spans[it].resource_type]
    slowest = max(calls, key=lambda it: trace.spans[it].duration_ms, default=longest)
    if trace.spans[slowest].duration_ms < span.duration_ms / 2:
        slowest = longest
    at = point_of(trace, parents, slowest)
    called = _called(store, at.function, at.resource, moment)
    facts = Facts(
        resource=" ".join(filter(None, at.resource)),
        party=party_of(at.resource[0], at.resource[1]),
        others=called.slow_elsewhere if called else None,
        own=called.slow if called else None,
        sender=at.sent.sender,
        place=at.sent.place,
        changed=_changed(store, (at.function,), moment),
    )
    return replace(_judged(facts, at), slow=True)


def _usual(store: TelemetryStore, function: FunctionId, moment: datetime) -> tuple[float, float] | None:
    """The median and the 99th percentile (ms) of a function in the hour before; None of too few."""
    try:
        found = get_function(store, function, TimeRange(moment - _BEFORE, moment))
    except NotFoundError:
        return None
    return (found.p50_ms, found.p99_ms) if found.invocations >= _LEAST_INVOCATIONS else None


def _where(at: FailedAt) -> str:
    return " ".join(filter(None, at.resource)) or at.function or at.span.name
