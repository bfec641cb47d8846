"""Answers to queries of the language: from a text to a table."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from mendline.errors import QueryLimitError, UnknownFieldError, UsageError
from mendline.insight.moments import from_ns, to_ns
from mendline.insight.seen import known_telemetry
from mendline.model.answer import Answer, AnswerColumn
from mendline.model.timerange import TimeRange
from mendline.query import Checked, Plan, plan, read_query
from mendline.query.evaluate import Known, holds, ordered, value_of
from mendline.query.fields import find_field
from mendline.query.functions import AGGREGATES
from mendline.query.sentence import Calendar
from mendline.query.types import Kind, Type
from mendline.store.contract import TelemetryStore
from mendline.store.plans import (
    MOST_GROUPS,
    ROW_COLUMNS,
    Span,
    Statement,
    Steps,
    aggregates_of,
    groups_statement,
    rows_statement,
)

DEFAULT_ROWS, MOST_ROWS, MOST_STEPS = 100, 10_000, 2_000
DEFAULT_EVERY_NS = 60 * 10**9
_WEEK_NS = 7 * 86400 * 10**9


@dataclass(frozen=True, slots=True)
class Question:
    """A query with what it does not say itself: the range of the page or the call, how many rows are wanted at most,
    how often conditions are evaluated (`every_ns`), and the project's time zone."""

    text: str
    range: TimeRange
    now: datetime
    limit: int = DEFAULT_ROWS
    offset: int = 0
    every_ns: int = DEFAULT_EVERY_NS
    zone: tzinfo = UTC


def answer(store: TelemetryStore, question: Question) -> Answer:
    """Reads, checks and runs a query. Raises QueryTextError for a text that makes no sense, QueryLimitError for an
    answer that takes too much, StoreError where the store cannot answer."""
    begun = time.perf_counter()
    checked = read(store, question.text)
    asked = checked.plan
    notices = [notice.text for notice in checked.notices]
    table = _groups(store, asked, question) if asked.is_aggregated else _rows(store, asked, question)
    return Answer(
        columns=table.columns,
        rows=tuple(table.rows),
        warnings=(*notices, *table.warnings),
        query=checked.text,
        start=from_ns(table.span.start_ns),
        end=from_ns(table.span.end_ns),
        origin=table.statement.origin,
        approximate=table.statement.approximate,
        learning=table.learning,
        truncated=table.truncated,
        is_series=asked.is_series,
        seconds=time.perf_counter() - begun,
    )


def read(store: TelemetryStore, text: str) -> Checked:
    """Reads and checks a query. What a project has sent is looked at only where a name is not one of the registry."""
    try:
        return read_query(text)
    except UnknownFieldError:
        return read_query(text, known_telemetry(store))


def explain(store: TelemetryStore, question: Question) -> tuple[Checked, Statement]:
    """What would be run."""
    checked = read(store, question.text)
    if not checked.plan.is_aggregated:
        return checked, rows_statement(checked.plan, span_of(checked.plan, question), question.limit, question.offset)
    span, steps = _when(checked.plan, question)
    return checked, groups_statement(checked.plan, span, steps)


# -- rows ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Table:
    columns: tuple[AnswerColumn, ...]
    rows: Sequence[Sequence[Any]]
    span: Span
    statement: Statement
    warnings: tuple[str, ...] = ()
    learning: bool = False
    truncated: bool = False


def _rows(store: TelemetryStore, asked: Plan, question: Question) -> _Table:
    span = span_of(asked, question)
    limit = min(asked.limit or question.limit, MOST_ROWS)
    statement = rows_statement(asked, span, limit + 1, question.offset)
    found = store.ask(statement.sql, statement.parameters)
    names = ROW_COLUMNS[asked.source]
    fields = [field for field in (find_field(name, asked.source) for name in names) if field is not None]
    columns = tuple(AnswerColumn(field.name, _kind(field.type), field.type.unit.symbol) for field in fields)
    rows = [[_shown(row[field.name], field.type) for field in fields] for row in found[:limit]]
    return _Table(columns, rows, span, statement, truncated=len(found) > limit and asked.limit is None)


# -- groups ----------------------------------------------------------------------------------------------------


def _groups(store: TelemetryStore, asked: Plan, question: Question) -> _Table:
    span, steps = _when(asked, question)
    statement = groups_statement(asked, span, steps)
    found = store.ask(statement.sql, statement.parameters)
    if len(found) > MOST_GROUPS:
        raise QueryLimitError(
            f"The query makes more than {MOST_GROUPS:,} groups; group by fewer fields, filter, or shorten the range."
        )
    series = _series(asked, statement, found, steps)
    if asked.condition is not None and asked.keys and _counts(asked):
        _add_silent(series, asked, store, question, steps)
    warnings: tuple[str, ...] = ()
    learning = False
    if asked.condition is not None and asked.uses_usual:
        learning = True
        warnings = ("Still learning what is usual: the condition is not applied, and all groups are shown.",)
        told = _all_evaluations(series, asked)
    else:
        told = _evaluations(series, asked, steps, question)
    rows = _in_order(told, asked)
    kept, truncated = _of_first_groups(rows, asked) if asked.is_series else _first(rows, asked)
    outputs = (*asked.keys, *asked.columns)
    columns = tuple(AnswerColumn(output.name, _kind(output.type), output.unit.symbol) for output in outputs)
    if asked.is_series and steps:
        columns = (AnswerColumn("time", "time", ""), *columns)
    shown = [_row(step, known, outputs, steps if asked.is_series else None) for step, known in kept]
    return _Table(columns, shown, span, statement, warnings, learning, truncated)


_Series = dict[tuple[Any, ...], dict[int, Known]]
"""By the values of the keys: what is known of the group at each evaluation."""
_Told = list[tuple[int, Known]]
"""The evaluations that an answer tells, with the number of their step."""


def _series(asked: Plan, statement: Statement, found: Iterable[Mapping[str, Any]], steps: Steps | None) -> _Series:
    series: _Series = {}
    keys = [output.value for output in asked.keys]
    for row in found:
        group = tuple(row[f"k{number}"] for number in range(len(keys)))
        known = dict(zip(keys, group, strict=True))
        known.update({each: _finite(row[f"a{number}"]) for number, each in enumerate(statement.aggregates)})
        series.setdefault(group, {})[row.get("step", 0)] = known
    if not keys:
        series.setdefault((), {})
    if steps:
        for group, told in series.items():
            for step in range(steps.count):
                told.setdefault(step, _silent(asked, group, statement.aggregates))
    return series


def _silent(asked: Plan, group: tuple[Any, ...], aggregates: Iterable[plan.Aggregate]) -> Known:
    """A group of which there is no row: counts are 0, anything else has no value."""
    known: dict[plan.Value, Any] = {output.value: value for output, value in zip(asked.keys, group, strict=True)}
    known.update({each: 0 if _is_count(each) else None for each in aggregates})
    return known


def _is_count(aggregate: plan.Aggregate) -> bool:
    return aggregate.function in AGGREGATES and AGGREGATES[aggregate.function].counts


def _counts(asked: Plan) -> bool:
    """Whether the condition speaks of a count, so that "none at all" can fulfil it."""
    return any(isinstance(part, plan.Aggregate) and _is_count(part) for part in plan.parts_of(asked.condition))


def _add_silent(series: _Series, asked: Plan, store: TelemetryStore, question: Question, steps: Steps | None) -> None:
    """Groups that were there in the last 7 days, and are not now."""
    end_ns = to_ns(question.range.end)
    only_keys = Plan(asked.source, filter=asked.filter, columns=asked.columns[:1], keys=asked.keys)
    before = groups_statement(only_keys, Span(end_ns - _WEEK_NS, end_ns, to_ns(question.now)))
    aggregates = aggregates_of(asked)
    for row in store.ask(before.sql, before.parameters)[:MOST_GROUPS]:
        group = tuple(row[f"k{number}"] for number in range(len(asked.keys)))
        if group not in series:
            series[group] = dict.fromkeys(range(steps.count if steps else 1), _silent(asked, group, aggregates))


def _all_evaluations(series: _Series, asked: Plan) -> _Told:
    steps = {step for told in series.values() for step in told}
    last = max(steps, default=0)
    return [
        (step, known) for told in series.values() for step, known in told.items() if asked.is_series or step == last
    ]


def _evaluations(series: _Series, asked: Plan, steps: Steps | None, question: Question) -> _Told:
    """What is told: every evaluation where there is no condition, else those at which it holds."""
    if asked.condition is None:
        return _all_evaluations(series, asked)
    every_ns = steps.every_ns if steps else question.every_ns
    times, of = _needed(asked.hold, every_ns)
    told = []
    for evaluations in series.values():
        truths: list[bool] = []
        for step in sorted(evaluations):
            truths.append(holds(asked.condition, evaluations[step]) is True)
            is_last = step == (steps.count - 1 if steps else step)
            if (asked.is_series or is_last) and sum(truths[-of:]) >= times:
                told.append((step, evaluations[step]))
    return told


def _needed(hold: plan.Hold | None, every_ns: int) -> tuple[int, int]:
    """How many of how many evaluations must fulfil the condition."""
    if hold is None:
        return 1, 1
    if hold.length_ns is not None:
        of = math.ceil(hold.length_ns / every_ns) + 1
        return of, of
    return hold.times, hold.of


def _in_order(told: _Told, asked: Plan) -> _Told:
    """By time, then as the query says."""
    place = {id(known): number for number, known in enumerate(ordered([known for _, known in told], asked.order))}
    return sorted(told, key=lambda each: (each[0] if asked.is_series else 0, place[id(each[1])]))


def _first(told: _Told, asked: Plan) -> tuple[_Told, bool]:
    """As many rows as are asked for and an answer has room for; and whether that is less than was asked for."""
    wanted = told[: asked.limit]
    return wanted[:MOST_ROWS], len(wanted) > MOST_ROWS


def _of_first_groups(told: _Told, asked: Plan) -> tuple[_Told, bool]:
    """All rows of as many groups of a series, likewise: of those whose best row comes first in the order of the query,
    so that no group ends in the middle."""
    sizes: dict[tuple[Any, ...], int] = {}
    for known in ordered([known for _, known in told], asked.order):
        group = _group_of(known, asked)
        sizes[group] = sizes.get(group, 0) + 1
    wanted = list(sizes)[: asked.limit]
    kept, rows = set(wanted[:1]), sizes.get(wanted[0], 0) if wanted else 0
    for group in wanted[1:]:
        rows += sizes[group]
        if rows > MOST_ROWS:
            break
        kept.add(group)
    return [each for each in told if _group_of(each[1], asked) in kept], len(kept) < len(wanted)


def _group_of(known: Known, asked: Plan) -> tuple[Any, ...]:
    return tuple(known[output.value] for output in asked.keys)


def _row(step: int, known: Known, outputs: Sequence[plan.Output], steps: Steps | None) -> list[Any]:
    values = [_shown(value_of(output.value, known), output.type) for output in outputs]
    if steps is None:
        return values
    return [_iso(steps.first_ns + step * steps.every_ns), *values]


# -- when ------------------------------------------------------------------------------------------------------


def span_of(asked: Plan, question: Question) -> Span:
    """The range: the query's own where it names one."""
    now_ns = to_ns(question.now)
    start_ns, end_ns = to_ns(question.range.start), to_ns(question.range.end)
    if asked.range is not None:
        start_ns = _moment_ns(asked.range.start, now_ns)
        end_ns = _moment_ns(asked.range.end, now_ns) if asked.range.end else now_ns
    if start_ns >= end_ns:
        raise UsageError("The range ends before it begins.")
    return Span(start_ns, end_ns, now_ns)


def _when(asked: Plan, question: Question) -> tuple[Span, Steps | None]:
    """What is looked at, and at which moments it is evaluated (None: once, at the end of the range)."""
    span = span_of(asked, question)
    window = asked.window
    length_ns = span.end_ns - span.start_ns
    if window is not None and window.calendar is not None:
        length_ns = span.end_ns - _calendar_ns(window.calendar, span.end_ns, question.zone)
    elif window is not None and window.length_ns is not None:
        length_ns = window.length_ns
    if window is not None and window.every_ns is not None:
        return _series_of_range(span, length_ns, window.every_ns)
    if asked.hold is not None and asked.condition is not None:
        _, of = _needed(asked.hold, question.every_ns)
        first_ns = span.end_ns - (of - 1) * question.every_ns
        return Span(first_ns - length_ns, span.end_ns, span.now_ns), Steps(first_ns, question.every_ns, of, length_ns)
    if window is None:
        return span, None
    return Span(span.end_ns - length_ns, span.end_ns, span.now_ns), None


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
    """When today, or this month, began in the project's time zone."""
    local = from_ns(end_ns).astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return to_ns((local.replace(day=1) if calendar is Calendar.THIS_MONTH else local).astimezone(UTC))


def _moment_ns(moment: plan.Moment, now_ns: int) -> int:
    return to_ns(moment.at) if moment.at is not None else now_ns - moment.ago_ns


# -- values ----------------------------------------------------------------------------------------------------


def _kind(type_: Type) -> str:
    return "text" if type_.kind is Kind.ANY else str(type_.kind)


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _shown(value: Any, type_: Type) -> Any:
    """A value of the store as the answer gives it: numbers in their unit, moments as ISO 8601."""
    value = _finite(value)
    if value is None:
        return None
    if type_.kind is Kind.TIME:
        return _iso(int(value))
    if type_.kind is Kind.BOOL:
        return bool(value)
    if type_.kind is Kind.NUMBER and isinstance(value, (int, float)):
        scale = type_.unit.scale
        return value if scale == 1 else float(value) / float(scale)
    return list(value) if isinstance(value, (list, tuple)) else value


def _iso(nanoseconds: int) -> str:
    return from_ns(nanoseconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")
