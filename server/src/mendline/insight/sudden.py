"""What signs tell of the last minutes, as findings: what goes wrong without an error and without longer durations. It
is looked for all the time, so that people are told before anybody asks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from mendline.insight.asked import ask
from mendline.insight.called import called_then
from mendline.insight.changes import list_changes
from mendline.insight.moments import to_ns
from mendline.insight.signs import Looked, signs_of
from mendline.model.cause import Cause
from mendline.model.finding import Finding
from mendline.model.timerange import TimeRange
from mendline.query import read_query
from mendline.store.contract import TelemetryStore
from mendline.store.plans import Span
from mendline.store.plans.course import functions_statement

LOOK_EVERY = timedelta(minutes=1)
_NOW, _USUAL, _CHANGED = timedelta(minutes=10), timedelta(hours=6), timedelta(hours=1)
_LEVEL = 1e-5  # a look a minute of windows that overlap: less than one by chance in a month
_POISON = "poison_record"
SUDDEN = {
    "backlog": ("messages_waiting", "messages that wait longer than they did", "See whether the consumer keeps up."),
    "consumer_stopped": (
        "consumer_stopped", "messages that no consumer takes any more", "Switch the consumer on again.",
    ),
    "lost_downstream": (
        "messages_vanish", "messages that lately never reach who takes them", "See what happens between both.",
    ),
    _POISON: (
        "messages_always_fail", "messages that fail at every try, more than did", "Find one, and take it out.",
    ),
    "partial_batch": (
        "records_dropped", "records that were said to be done and were not", "See what the handler answers.",
    ),
    "recursion": ("invokes_itself", "a function that invokes itself", "Stop its consumer, then look at its code."),
    "timeout": ("limit_lowered", "a timeout that was lowered, and is met since", "Set it back."),
    "memory": ("memory_short", "memory that lately fills up", "Go back a version, or give it more memory."),
    "clock_skew": ("clock_differs", "environments whose clock is wrong", "Trust times of theirs no further."),
    "log_flood": ("log_flood", "many times as many log lines as usual", "See which line comes again and again."),
}  # fmt: skip
"""By the kind of the cause: what such a finding is called, that in words, and what to do."""


def range_of_sudden(now: datetime) -> TimeRange:
    """All that is looked at, with the hours before."""
    return TimeRange(now - _NOW - _USUAL, now)


def sudden_findings(store: TelemetryStore, now: datetime) -> tuple[Finding, ...]:
    """What signs tell of the last ten minutes against the six hours before. Raises StoreError."""
    lately = TimeRange(now - _NOW, now)
    usual = TimeRange(lately.start - _USUAL, lately.start)
    functions = _functions(store, TimeRange(usual.start, now))
    if not functions:
        return ()
    changes = list_changes(store, TimeRange(now - _CHANGED, now), functions=functions)
    looked = Looked(store, functions, lately, usual, usual, changes, level=_LEVEL)
    found = signs_of(looked)
    if any(one.kind == _POISON for one in found):
        found = tuple(_without_what_follows(looked, found))
    return tuple(_finding(one) for one in found if one.kind in SUDDEN)


def _functions(store: TelemetryStore, range_: TimeRange) -> tuple[str, ...]:
    asked = read_query("").plan
    span = Span(to_ns(range_.start), to_ns(range_.end), to_ns(range_.end))
    return tuple(sorted(str(row[0]) for row in ask(store, functions_statement(asked, span))))


def _without_what_follows(looked: Looked, found: tuple[Cause, ...]) -> Iterator[Cause]:
    """Messages are no poison where what their consumer calls fails."""
    called = called_then(looked.store, looked.functions, looked.now, [looked.usual])
    failing = {one.caller for one in called.values() if one.fails_more}
    yield from (one for one in found if one.kind != _POISON or one.function not in failing)


def _finding(cause: Cause) -> Finding:
    what, _, next_step = SUDDEN[cause.kind]
    return Finding(
        kind=cause.kind,
        what=what,
        owner=cause.owner,
        text=cause.text,
        next_step=next_step,
        confidence=cause.confidence,
        function=cause.function,
        resource=cause.resource,
        evidence=cause.evidence,
    )
