"""When a query looks, and how far back: its range, its window, the moments of a series and of a condition."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from mendline.errors import QueryLimitError, UsageError
from mendline.insight.moments import from_ns, to_ns
from mendline.model.learning_mark import LearningMark
from mendline.model.timerange import TimeRange
from mendline.query import Plan, plan
from mendline.query.sentence import Calendar
from mendline.store.plans import Span, Steps

MOST_STEPS = 2_000
DEFAULT_EVERY_NS = 60 * 10**9


Marks = Callable[[], Sequence[LearningMark]]
"""What is said of what is learned as usual, looked up where it matters."""


@dataclass(frozen=True, slots=True)
class Question:
    """A query with what it does not say itself: the range of the page or the call; how many rows, or groups of a
    series, are wanted at most (None: 100 of rows that are shown themselves, else as many as there is room for); how
    often conditions are evaluated (`every_ns`); the project's time zone; and, where what is usual is asked for, what is
    said of its learning (`marks`)."""

    text: str
    range: TimeRange
    now: datetime
    limit: int | None = None
    offset: int = 0
    every_ns: int = DEFAULT_EVERY_NS
    zone: tzinfo = UTC
    marks: Marks = tuple


def span_of(asked: Plan, question: Question) -> Span:
    """The range: the query's own where it names one, which ends now where it does not say when."""
    now_ns = to_ns(question.now)
    start_ns, end_ns = to_ns(question.range.start), to_ns(question.range.end)
    if asked.range is not None:
        start_ns = _moment_ns(asked.range.start, now_ns)
        end_ns = _moment_ns(asked.range.end, now_ns) if asked.range.end else now_ns
    if start_ns >= end_ns:
        raise UsageError("The range ends before it begins.")
    return Span(start_ns, end_ns, now_ns)


def evaluations_of(asked: Plan, question: Question) -> tuple[Span, Steps | None]:
    """What is looked at, and at which moments it is evaluated (None: once, at the end of the range)."""
    span = span_of(asked, question)
    length_ns = _window_ns(asked.window, span, question.zone)
    if asked.window is not None and asked.window.every_ns is not None:
        return _series_of_range(span, length_ns, asked.window.every_ns)
    if asked.hold is not None and asked.condition is not None:
        _, of = needed(asked.hold, question.every_ns)
        first_ns = span.end_ns - (of - 1) * question.every_ns
        return Span(first_ns - length_ns, span.end_ns, span.now_ns), Steps(first_ns, question.every_ns, of, length_ns)
    return Span(span.end_ns - length_ns, span.end_ns, span.now_ns), None


def needed(hold: plan.Hold | None, every_ns: int) -> tuple[int, int]:
    """How many of how many evaluations must fulfil the condition."""
    if hold is None:
        return 1, 1
    if hold.length_ns is not None:
        of = math.ceil(hold.length_ns / every_ns) + 1
        return of, of
    return hold.times, hold.of


def _window_ns(window: plan.Window | None, span: Span, zone: tzinfo) -> int:
    """How far an evaluation looks back: without a window, over the whole range."""
    if window is not None and window.calendar is not None:
        return span.end_ns - _calendar_ns(window.calendar, span.end_ns, zone)
    if window is not None and window.length_ns is not None:
        return window.length_ns
    return span.end_ns - span.start_ns


def _series_of_range(span: Span, length_ns: int, every_ns: int) -> tuple[Span, Steps]:
    """Evaluations at multiples of the step, the last of which may lie a little after the range."""
    first_ns = (span.start_ns // every_ns + 1) * every_ns
    last_ns = -(-span.end_ns // every_ns) * every_ns
    count = (last_ns - first_ns) // every_ns + 1
    if count > MOST_STEPS:
        raise QueryLimitError(
            f"The series would have {count:,} steps, more than {MOST_STEPS:,}; use a longer `every` or a shorter range."
        )
    end_ns = last_ns if span.end_ns >= span.now_ns else span.end_ns
    return Span(first_ns - length_ns, end_ns, span.now_ns), Steps(first_ns, every_ns, count, length_ns)


def _calendar_ns(calendar: Calendar, end_ns: int, zone: tzinfo) -> int:
    """When today, or this month, began in the project's time zone. At midnight sharp it is the day that ends."""
    local = from_ns(end_ns - 1000).astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return to_ns((local.replace(day=1) if calendar is Calendar.THIS_MONTH else local).astimezone(UTC))


def _moment_ns(moment: plan.Moment, now_ns: int) -> int:
    return to_ns(moment.at) if moment.at is not None else now_ns - moment.ago_ns
