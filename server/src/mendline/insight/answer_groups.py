"""The groups of an aggregated query, silent ones too: at each evaluation, under a condition those that fulfil it, in
order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mendline.errors import QueryLimitError
from mendline.insight.answer_values import as_shown, finite, moment_shown
from mendline.insight.evaluations import Question, evaluations_of, needed
from mendline.query import Plan, plan
from mendline.query.evaluate import Known, holds, ordered, value_of
from mendline.query.functions import AGGREGATES
from mendline.store.contract import TelemetryStore
from mendline.store.plans import MOST_GROUPS, Span, Statement, Steps, groups_statement

MOST_ROWS, MOST_POINTS, MOST_EVALUATIONS = 10_000, 50_000, 200_000
_DAY_NS, _MINUTE_NS = 86400 * 10**9, 60 * 10**9
_LEARNING = "Still learning what is usual: the condition is not applied, and all groups are shown."

_Group = tuple[Any, ...]
_Series = dict[_Group, dict[int, Known]]
"""By the values of the keys: what is known of the group at each evaluation that saw a row of it."""
_Told = list[tuple[int, Known]]
"""The evaluations that an answer tells, with the number of their step."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Rows as they are shown, and how they came about."""

    rows: Sequence[Sequence[Any]]
    span: Span
    statement: Statement
    warnings: tuple[str, ...]
    learning: bool
    truncated: bool


def groups(store: TelemetryStore, asked: Plan, question: Question) -> Groups:
    """Asks for groups, and evaluates what the query says of them."""
    span, steps = evaluations_of(asked, question)
    statement = groups_statement(asked, span, steps)
    series = _series(asked, statement, _found(store, statement))
    if asked.condition is not None and asked.keys and _silence_may_hold(asked, statement.aggregates):
        series |= {group: {} for group in _seen_lately(store, asked, span) if group not in series}
    learning = asked.condition is not None and asked.uses_usual
    told = _Telling(asked, statement.aggregates, steps, question).told(series, learning=learning)
    kept, truncated = _of_first_groups(told, asked, question) if asked.is_series else _first(told, asked, question)
    shown = [_row(step, known, asked, steps) for step, known in kept]
    return Groups(shown, span, statement, (_LEARNING,) if learning else (), learning, truncated)


# -- what the store knows ------------------------------------------------------------------------------------------


def _found(store: TelemetryStore, statement: Statement) -> Sequence[Mapping[str, Any]]:
    found = store.ask(statement.sql, statement.parameters)
    if len(found) > MOST_GROUPS:
        raise QueryLimitError(
            f"The query makes more than {MOST_GROUPS:,} groups, counting each step of a series; group by fewer fields,"
            " filter, use a longer `every`, or shorten the range."
        )
    return found


def _series(asked: Plan, statement: Statement, found: Iterable[Mapping[str, Any]]) -> _Series:
    series: _Series = {} if asked.keys else {(): {}}
    keys = [output.value for output in asked.keys]
    for row in found:
        group = tuple(row[f"k{number}"] for number in range(len(keys)))
        known = dict(zip(keys, group, strict=True))
        known.update({each: finite(row[f"a{number}"]) for number, each in enumerate(statement.aggregates)})
        series.setdefault(group, {})[row.get("step", 0)] = known
    return series


def _seen_lately(store: TelemetryStore, asked: Plan, span: Span) -> Iterator[_Group]:
    """Groups that were there in the 7 days before the end; of whole minutes, so that sums by minute can tell them."""
    start_ns, end_ns = (
        (span.end_ns - 7 * _DAY_NS) // _MINUTE_NS * _MINUTE_NS,
        -(-span.end_ns // _MINUTE_NS) * _MINUTE_NS,
    )
    before = Plan(asked.source, filter=asked.filter, keys=asked.keys)
    statement = groups_statement(before, Span(start_ns, end_ns, span.now_ns))
    for row in _found(store, statement):
        yield tuple(row[f"k{number}"] for number in range(len(asked.keys)))


def _silent(asked: Plan, group: _Group, aggregates: Iterable[plan.Aggregate]) -> Known:
    """A group of which there is no row: counts are 0, anything else has no value."""
    known: dict[plan.Value, Any] = {output.value: value for output, value in zip(asked.keys, group, strict=True)}
    known.update({each: 0 if _is_count(each) else None for each in aggregates})
    return known


def _is_count(aggregate: plan.Aggregate) -> bool:
    return aggregate.function in AGGREGATES and AGGREGATES[aggregate.function].counts


def _silence_may_hold(asked: Plan, aggregates: Sequence[plan.Aggregate]) -> bool:
    """Whether a group without any row may fulfil the condition: it counts, and "none at all" is not already false."""
    parts = list(plan.parts_of(asked.condition))
    if not any(isinstance(part, plan.Aggregate) and _is_count(part) for part in parts):
        return False
    if any(output.value in parts for output in asked.keys) or asked.condition is None:
        return True
    return holds(asked.condition, _silent(asked, (None,) * len(asked.keys), aggregates)) is not False


# -- what is told --------------------------------------------------------------------------------------------------


class _Telling:
    """Evaluates groups one after the other, so that only what is told is kept."""

    def __init__(
        self, asked: Plan, aggregates: Sequence[plan.Aggregate], steps: Steps | None, question: Question
    ) -> None:
        self.asked, self.aggregates, self.steps, self.question = asked, aggregates, steps, question
        self.count = steps.count if steps else 1

    def told(self, series: _Series, *, learning: bool) -> _Told:
        """Every evaluation where there is no condition (or it cannot be told), else those at which it holds; by time,
        then as the query says."""
        condition = None if learning else self.asked.condition
        if condition is None and self.asked.is_series:
            series = self._first_of(series)
        if len(series) * self.count > MOST_EVALUATIONS:
            raise QueryLimitError(
                f"The query makes {len(series):,} groups at {self.count:,} moments, together more than"
                f" {MOST_EVALUATIONS:,}; group by fewer fields, filter, use a longer `every`, or shorten the range."
            )
        told: _Told = []
        for group, at in series.items():
            evaluations = self._filled(group, at)
            told += self._all(evaluations) if condition is None else self._holding(evaluations, condition)
        return self._in_order(told)

    def _filled(self, group: _Group, at: Mapping[int, Known]) -> list[Known]:
        silent = _silent(self.asked, group, self.aggregates)
        return [at.get(step, silent) for step in range(self.count)]

    def _first_of(self, series: _Series) -> _Series:
        """As many groups as are wanted, by their best evaluation; so that the others need not be filled."""
        wanted = self.asked.limit or self.question.limit
        if wanted is None or len(series) <= wanted:
            return series
        silent = {group: _silent(self.asked, group, self.aggregates) for group in series}
        of = {group: [*at.values(), *([silent[group]] if len(at) < self.count else [])] for group, at in series.items()}
        best = dict.fromkeys(
            group_of(known, self.asked)
            for known in in_order((known for each in of.values() for known in each), self.asked)
        )
        more = 0 if self.asked.limit else 1  # by which one sees that there are more
        return {group: series[group] for group in list(best)[: wanted + more]}

    def _all(self, evaluations: Sequence[Known]) -> _Told:
        return list(enumerate(evaluations)) if self.asked.is_series else [(self.count - 1, evaluations[-1])]

    def _holding(self, evaluations: Sequence[Known], condition: plan.Condition) -> _Told:
        times, of = needed(self.asked.hold, self.steps.every_ns if self.steps else self.question.every_ns)
        truths = [holds(condition, known) is True for known in evaluations]
        steps = range(self.count) if self.asked.is_series else [self.count - 1]
        return [(step, evaluations[step]) for step in steps if sum(truths[max(0, step + 1 - of) : step + 1]) >= times]

    def _in_order(self, told: _Told) -> _Told:
        place = {id(known): number for number, known in enumerate(in_order((known for _, known in told), self.asked))}
        return sorted(told, key=lambda each: (each[0] if self.asked.is_series else 0, place[id(each[1])]))


def in_order(rows: Iterable[Known], asked: Plan) -> list[Known]:
    """As the query says, then by keys."""
    return ordered(list(rows), (*asked.order, *(plan.Order(key.value, descending=False) for key in asked.keys)))


def group_of(known: Known, asked: Plan) -> _Group:
    """The values of the keys."""
    return tuple(known[output.value] for output in asked.keys)


def _first(told: _Told, asked: Plan, question: Question) -> tuple[_Told, bool]:
    """As many rows as are asked for and an answer has room for; and whether that is less than was asked for."""
    wanted = told[: asked.limit][question.offset :]
    most = min(question.limit or MOST_ROWS, MOST_ROWS)
    return wanted[:most], len(wanted) > most


def _of_first_groups(told: _Told, asked: Plan, question: Question) -> tuple[_Told, bool]:
    """All rows of as many groups of a series, likewise: of those whose best row comes first in the order of the query,
    so that no group ends in the middle."""
    sizes: dict[_Group, int] = {}
    for known in in_order((known for _, known in told), asked):
        group = group_of(known, asked)
        sizes[group] = sizes.get(group, 0) + 1
    wanted = list(sizes)[: asked.limit]
    most = wanted[: question.limit]
    kept, rows = set(most[:1]), sizes.get(most[0], 0) if most else 0
    for group in most[1:]:
        rows += sizes[group]
        if rows > MOST_POINTS:
            break
        kept.add(group)
    return [each for each in told if group_of(each[1], asked) in kept], len(kept) < len(wanted)


def _row(step: int, known: Known, asked: Plan, steps: Steps | None) -> list[Any]:
    values = [as_shown(value_of(output.value, known), output.type) for output in (*asked.keys, *asked.columns)]
    if steps is None or not asked.is_series:
        return values
    return [moment_shown(steps.first_ns + step * steps.every_ns), *values]
