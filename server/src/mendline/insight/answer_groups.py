"""The groups of an aggregated query, silent ones too: at each evaluation, under a condition those that fulfil it, in
order."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import repeat
from typing import Any

from mendline.errors import QueryLimitError
from mendline.insight.answer_values import all_finite, all_shown, column_finite, moment_shown
from mendline.insight.asked import ask_columns
from mendline.insight.asked_together import Columns, asked_of_store
from mendline.insight.evaluations import Question, evaluations_of, needed
from mendline.insight.learned_series import calls_of
from mendline.insight.usual import UsualOfGroups, usual_of_groups, wanted_usual
from mendline.query import Plan, plan
from mendline.query.evaluate import Evaluator, Row, UsualOf, nothing_usual, sorted_by
from mendline.query.functions import AGGREGATES
from mendline.store.contract import TelemetryStore
from mendline.store.plans import MOST_GROUPS, Span, Statement, Steps, groups_statement

MOST_ROWS, MOST_POINTS, MOST_EVALUATIONS = 10_000, 50_000, 200_000
_DAY_NS, _MINUTE_NS = 86400 * 10**9, 60 * 10**9
_LEARNING = "Still learning what is usual: the condition is not applied, and all groups are shown."

_Group = tuple[Any, ...]
_Series = dict[_Group, dict[int, Row]]
"""By the values of the keys: the group at each evaluation that saw a row of it. A row is the number of the evaluation,
the keys, and the aggregates of the statement."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Rows as they are shown, and how they came about."""

    rows: Sequence[Sequence[Any]]
    span: Span
    statement: Statement
    warnings: tuple[str, ...]
    learning: bool
    truncated: bool


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found of a query's groups, and what tells them. `learning`: of no group it is known what is usual."""

    series: _Series
    span: Span
    statement: Statement
    warnings: tuple[str, ...]
    learning: bool
    telling: _Telling


@dataclass(frozen=True, slots=True)
class _Read:
    """What was asked of the store, and what it answered, by columns."""

    span: Span
    steps: Steps | None
    usual: tuple[plan.Value, ...]
    statement: Statement
    columns: Sequence[Sequence[Any]]


def groups(store: TelemetryStore, asked: Plan, question: Question) -> Groups:
    """Asks for groups, and evaluates what the query says of them."""
    read = _read(store, asked, question)
    if read.columns and read.steps is not None and _wants_all(asked, question) and not read.usual:
        all_ = _Telling(asked, read.statement.aggregates, read.steps, question, nothing_usual)
        if (shown := all_.all_evaluations(read.columns)) is not None:
            return Groups(shown, read.span, read.statement, (), learning=False, truncated=False)
    looked = _looked(store, asked, question, read)
    kept, truncated = looked.telling.first(looked.telling.told(looked.series, learning=looked.learning))
    shown = looked.telling.shown(kept)
    return Groups(shown, looked.span, looked.statement, looked.warnings, looked.learning, truncated)


def looked_at(store: TelemetryStore, asked: Plan, question: Question, columns: Columns | None = None) -> Looked:
    """Asks for groups, silent ones too where a condition may hold for them; `columns` are what is known already of
    those that are there."""
    return _looked(store, asked, question, _read(store, asked, question, columns))


def _read(store: TelemetryStore, asked: Plan, question: Question, columns: Columns | None = None) -> _Read:
    span, steps = evaluations_of(asked, question)
    statement = groups_statement(asked_of_store(asked), span, steps)
    found = _found(store, statement) if columns is None else columns
    return _Read(span, steps, wanted_usual(asked), statement, found)


def _looked(store: TelemetryStore, asked: Plan, question: Question, read: _Read) -> Looked:
    span, steps, statement = read.span, read.steps, read.statement
    series = _series(asked, statement, zip(*read.columns, strict=True), is_series=steps is not None)
    if asked.condition is not None and asked.keys and _silence_may_hold(asked, statement.aggregates):
        series |= {group: {} for group in _seen_lately(store, asked, span) if group not in series}
    usual = _usual(store, asked, question, read.usual, span, steps, statement, series) if read.usual else None
    unknown = sum(not usual.is_known(group) for group in series) if usual else 0
    learning = 0 < unknown == len(series)
    warnings = (_LEARNING,) if learning else (_learning_some(unknown, len(series)),) if unknown else ()
    telling = _Telling(asked, statement.aggregates, steps, question, usual.of if usual else nothing_usual)
    return Looked(series, span, statement, warnings, learning, telling)


def _wants_all(asked: Plan, question: Question) -> bool:
    """Whether every evaluation of every group is told."""
    return asked.is_series and asked.condition is None and asked.limit is None and question.limit is None


def _learning_some(unknown: int, groups: int) -> str:
    return f"Still learning what is usual for {unknown:,} of {groups:,} groups; for these the condition does not hold."


def _usual(
    store: TelemetryStore, asked: Plan, question: Question, wanted: tuple[plan.Value, ...], span: Span,
    steps: Steps | None, statement: Statement, series: _Series,
) -> UsualOfGroups:  # fmt: skip
    at = _places(asked, statement.aggregates)[calls_of(asked.source)]
    calls = {group: {step: float(row[at]) for step, row in rows.items()} for group, rows in series.items()}
    return usual_of_groups(store, asked, question, wanted, span, steps, calls)


# -- what the store knows ------------------------------------------------------------------------------------------


def _found(store: TelemetryStore, statement: Statement) -> Sequence[Sequence[Any]]:
    """The columns of a statement; none where it answers no row."""
    found = ask_columns(store, statement)
    if found and len(found[0]) > MOST_GROUPS:
        raise QueryLimitError(
            f"The query makes more than {MOST_GROUPS:,} groups, counting each step of a series; group by fewer fields,"
            " filter, use a longer `every`, or shorten the range."
        )
    return found


def _series(asked: Plan, statement: Statement, found: Iterable[Row], *, is_series: bool) -> _Series:
    series: _Series = {} if asked.keys else {(): {}}
    behind = 1 + len(asked.keys)
    rows = all_finite(found if is_series else ((0, *row) for row in found), behind, statement.aggregates)
    for row in rows:
        group = row[1:behind]
        at = series.get(group)
        if at is None:
            at = series[group] = {}
        at[row[0]] = row
    return series


def _seen_lately(store: TelemetryStore, asked: Plan, span: Span) -> Iterator[_Group]:
    """Groups that were there in the 7 days before the end; of whole minutes, so that sums by minute can tell them."""
    start_ns, end_ns = (
        (span.end_ns - 7 * _DAY_NS) // _MINUTE_NS * _MINUTE_NS,
        -(-span.end_ns // _MINUTE_NS) * _MINUTE_NS,
    )
    before = Plan(asked.source, filter=asked.filter, keys=asked.keys)
    return _groups_between(store, before, Span(start_ns, end_ns, span.now_ns))


def _groups_between(store: TelemetryStore, before: Plan, span: Span) -> Iterator[_Group]:
    """By days, where all at once would take longer than a read may."""
    try:
        found = _found(store, groups_statement(before, span))
    except QueryLimitError:
        if span.end_ns - span.start_ns <= _DAY_NS:
            raise
        for start_ns in range(span.start_ns, span.end_ns, _DAY_NS):
            day = Span(start_ns, min(start_ns + _DAY_NS, span.end_ns), span.now_ns)
            yield from _groups_between(store, before, day)
        return
    yield from zip(*found, strict=True)


def _of_no_row(aggregates: Iterable[plan.Aggregate]) -> Row:
    """What aggregates are where there is no row: counts are 0, anything else has no value."""
    return tuple(0 if _is_count(each) else None for each in aggregates)


def _is_count(aggregate: plan.Aggregate) -> bool:
    return aggregate.function in AGGREGATES and AGGREGATES[aggregate.function].counts


def _silence_may_hold(asked: Plan, aggregates: Sequence[plan.Aggregate]) -> bool:
    """Whether a group without any row may fulfil the condition: it counts, and "none at all" is not already false."""
    parts = list(plan.parts_of(asked.condition))
    if not any(isinstance(part, plan.Aggregate) and _is_count(part) for part in parts):
        return False
    if any(output.value in parts for output in asked.keys) or asked.condition is None:
        return True
    silent = (0, *(None for _ in asked.keys), *_of_no_row(aggregates))
    return Evaluator(_places(asked, aggregates)).test(asked.condition)(silent) is not False


def _places(asked: Plan, aggregates: Iterable[plan.Aggregate]) -> Mapping[plan.Value, int]:
    values = (*(output.value for output in asked.keys), *aggregates)
    return {value: place for place, value in reversed(list(enumerate(values, 1)))}


# -- what is told --------------------------------------------------------------------------------------------------


class _Telling:
    """Evaluates groups one after the other, so that only what is told is kept."""

    def __init__(
        self,
        asked: Plan,
        aggregates: Sequence[plan.Aggregate],
        steps: Steps | None,
        question: Question,
        usual: UsualOf,
    ) -> None:
        self.asked, self.steps, self.question = asked, steps, question
        self.count = steps.count if steps else 1
        self._of_no_row = _of_no_row(aggregates)
        self._places = _places(asked, aggregates)
        self._evaluator = Evaluator(self._places, usual)
        self._behind = 1 + len(asked.keys)

    def told(self, series: _Series, *, learning: bool) -> list[Row]:
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
        told: list[Row] = []
        for group, at in series.items():
            evaluations = self._filled(group, at)
            told += self._all(evaluations) if condition is None else self._holding(evaluations, condition)
        told = self._in_order(told)
        if self.asked.is_series:
            told.sort(key=_step)
        return told

    def stood(self, series: _Series) -> Iterator[tuple[Sequence[Any], bool | None, bool, bool]]:
        """For each group at the last evaluation: how it is shown, whether the condition holds, whether as often as the
        query says, and whether there was a row."""
        times, of = needed(self.asked.hold, self.steps.every_ns if self.steps else self.question.every_ns)
        last = self.count - 1
        for group, evaluations, truths in self._tested(series):
            enough = sum(truth is True for truth in truths[max(0, last + 1 - of) :]) >= times
            yield self.shown([evaluations[last]])[0], truths[last], enough, last in series[group]

    def course(self, series: _Series) -> Iterator[Iterator[tuple[Sequence[Any], bool | None, bool]]]:
        """For each group, every evaluation: how it is shown, whether the condition holds, whether there was a row."""
        for group, evaluations, truths in self._tested(series):
            yield zip(self.shown(evaluations), truths, map(series[group].__contains__, range(self.count)), strict=True)

    def _tested(self, series: _Series) -> Iterator[tuple[_Group, list[Row], list[bool | None]]]:
        assert self.asked.condition is not None  # noqa: S101 - who asks how groups stand has checked that
        test = self._evaluator.test(self.asked.condition)
        for group, at in series.items():
            evaluations = self._filled(group, at)
            yield group, evaluations, [test(row) for row in evaluations]

    def first(self, told: list[Row]) -> tuple[list[Row], bool]:
        """As many rows, or groups of a series, as are asked for and an answer has room for; and whether that is less
        than was asked for."""
        if self.asked.is_series:
            return self._of_first_groups(told)
        wanted = told[: self.asked.limit][self.question.offset :]
        most = min(self.question.limit or MOST_ROWS, MOST_ROWS)
        return wanted[:most], len(wanted) > most

    def all_evaluations(self, found: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]] | None:
        """What `told`, `first` and `shown` make of all evaluations, but by columns, since there may be many; None where
        they are more than an answer has room for."""
        steps, *columns = found
        keys, aggregates = columns[: self._behind - 1], columns[self._behind - 1 :]
        found_groups = dict.fromkeys(zip(*keys, strict=True)) or [()]
        groups = [row[1:] for row in self._by_keys([(0, *group) for group in found_groups])]
        size = self.count * len(groups)
        if size > MOST_POINTS or max(steps) >= self.count:
            return None
        first = {group: place for place, group in enumerate(groups)}
        of_row = map(first.__getitem__, zip(*keys, strict=True)) if keys else repeat(0, len(steps))
        places = [step * len(groups) + place for step, place in zip(steps, of_row, strict=True)]
        filled: list[Sequence[Any]] = [[step for step in range(self.count) for _ in groups]]
        filled += [key * self.count for key in zip(*groups, strict=True)]
        filled += [
            _placed(column_finite(values), places, [nothing] * size)
            for values, nothing in zip(aggregates, self._of_no_row, strict=True)
        ]
        order = self._order_at_each_step(filled, len(groups))
        return self._shown([list(map(column.__getitem__, order)) for column in filled])

    def _order_at_each_step(self, filled: Sequence[Sequence[Any]], groups: int) -> Sequence[int]:
        by = [(self._column(key.value, filled), key.descending) for key in reversed(self.asked.order)]
        ordered: list[int] = []
        for first in range(0, self.count * groups, groups):
            at: Sequence[int] = range(first, first + groups)
            for values, descending in by:
                at = sorted_by(values.__getitem__, at, descending=descending)
            ordered += at
        return ordered

    def _column(self, value: plan.Value, filled: Sequence[Sequence[Any]]) -> Sequence[Any]:
        place = self._places.get(value)
        return filled[place] if place else list(map(self._evaluator.value(value), zip(*filled, strict=True)))

    def shown(self, rows: Sequence[Row]) -> list[tuple[Any, ...]]:
        """Rows as an answer gives them."""
        return self._shown(list(zip(*rows, strict=True))) if rows else []

    def _shown(self, filled: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
        """Rows as an answer gives them, of columns."""
        columns: list[Sequence[Any]] = []
        if self.steps is not None and self.asked.is_series:
            columns.append(list(map(cache(partial(self._moment, self.steps)), filled[0])))
        for output in (*self.asked.keys, *self.asked.columns):
            columns.append(all_shown(self._column(output.value, filled), output.type))
        return list(zip(*columns, strict=True))

    @staticmethod
    def _moment(steps: Steps, step: int) -> str:
        return moment_shown(steps.first_ns + step * steps.every_ns)

    def _filled(self, group: _Group, at: Mapping[int, Row]) -> list[Row]:
        behind = (*group, *self._of_no_row)
        return [at.get(step) or (step, *behind) for step in range(self.count)]

    def _first_of(self, series: _Series) -> _Series:
        """As many groups as are wanted, by their best evaluation; so that the others need not be filled."""
        wanted = self.asked.limit or self.question.limit
        if wanted is None or len(series) <= wanted:
            return series
        rows = [row for at in series.values() for row in at.values()]
        rows += [(0, *group, *self._of_no_row) for group, at in series.items() if len(at) < self.count]
        best = dict.fromkeys(map(self._group_of, self._in_order(rows)))
        more = 0 if self.asked.limit else 1  # by which one sees that there are more
        return {group: series[group] for group in list(best)[: wanted + more]}

    def _all(self, evaluations: list[Row]) -> list[Row]:
        return evaluations if self.asked.is_series else evaluations[-1:]

    def _holding(self, evaluations: Sequence[Row], condition: plan.Condition) -> list[Row]:
        times, of = needed(self.asked.hold, self.steps.every_ns if self.steps else self.question.every_ns)
        test = self._evaluator.test(condition)
        truths = [test(row) is True for row in evaluations]
        steps = range(self.count) if self.asked.is_series else [self.count - 1]
        return [evaluations[step] for step in steps if sum(truths[max(0, step + 1 - of) : step + 1]) >= times]

    def _in_order(self, rows: Sequence[Row]) -> list[Row]:
        """As the query says, then by keys."""
        return self._evaluator.ordered(self._by_keys(rows), self.asked.order)

    def _by_keys(self, rows: Sequence[Row]) -> list[Row]:
        return self._evaluator.ordered(rows, [plan.Order(key.value, descending=False) for key in self.asked.keys])

    def _group_of(self, row: Row) -> _Group:
        return row[1 : self._behind]

    def _of_first_groups(self, told: list[Row]) -> tuple[list[Row], bool]:
        """Of a series all rows of as many groups as are wanted: of those whose best row comes first in the order of the
        query, so that no group ends in the middle."""
        if self.asked.limit is None and self.question.limit is None and len(told) <= MOST_POINTS:
            return told, False
        sizes: dict[_Group, int] = {}
        for row in self._in_order(told):
            group = self._group_of(row)
            sizes[group] = sizes.get(group, 0) + 1
        wanted = list(sizes)[: self.asked.limit]
        most = wanted[: self.question.limit]
        kept, rows = set(most[:1]), sizes.get(most[0], 0) if most else 0
        for group in most[1:]:
            rows += sizes[group]
            if rows > MOST_POINTS:
                break
            kept.add(group)
        return [row for row in told if self._group_of(row) in kept], len(kept) < len(wanted)


def _placed(values: Sequence[Any], places: Sequence[int], among: list[Any]) -> list[Any]:
    for place, value in zip(places, values, strict=True):
        among[place] = value
    return among


_step = operator.itemgetter(0)
