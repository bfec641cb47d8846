"""The past of what a query asks for: values over windows of the same length, of which its steady state is learned."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mendline.analysis.scales import Counts, Plain, Scale, Shares, Sizes
from mendline.errors import QueryLimitError
from mendline.insight.answer_values import all_finite
from mendline.insight.asked import ask
from mendline.query import Plan, Source, plan
from mendline.query.evaluate import Evaluator, Row
from mendline.query.functions import AGGREGATES
from mendline.query.types import number
from mendline.query.units import BYTES, TIME, USD
from mendline.store.contract import TelemetryStore
from mendline.store.plans import MOST_GROUPS, Span, Steps, groups_statement

MINUTE_NS, HOUR_NS, DAY_NS = 60 * 10**9, 3600 * 10**9, 86400 * 10**9
_LOOKED_BACK_NS, _LOOKED_BACK_IN_ROLLUPS_NS = 28 * DAY_NS, 100 * DAY_NS
_MOST_CUTS = 5  # of a read that reaches its limits

Group = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """What a group was over a window that ended at `at_ns`: how many rows it had, and the values in question."""

    at_ns: int
    calls: float
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """Samples of each group, oldest first, all `stride_ns` apart."""

    stride_ns: int
    samples: Mapping[Group, Sequence[Sample]]


def stride_of(window_ns: int, *, is_calendar: bool) -> int:
    """How far apart windows are sampled. Short ones come an hour and their own length after each other, so that in the
    course of days they fall on all minutes of the hour: what runs once an hour is met as often as it is there."""
    if is_calendar or window_ns > 12 * HOUR_NS:
        return DAY_NS
    if window_ns < HOUR_NS:
        return HOUR_NS + window_ns
    return next(hours for hours in (1, 2, 3, 4, 6) if hours * HOUR_NS >= window_ns / 2) * HOUR_NS


def past_of(
    store: TelemetryStore, asked: Plan, wanted: Sequence[plan.Value], window_ns: int, span: Span, stride_ns: int
) -> Past:
    """What the groups of a plan were before the end of a range, in every sampled window that was over by then. Raises
    QueryLimitError."""
    calls = calls_of(asked.source)
    outputs = tuple(plan.Output(f"v{index}", value, number()) for index, value in enumerate((*wanted, calls)))
    learned = Plan(asked.source, filter=asked.filter, keys=asked.keys, columns=outputs)
    end_ns = min(span.end_ns, span.now_ns)
    last_ns = end_ns if stride_ns == DAY_NS else end_ns // stride_ns * stride_ns
    windows = _Windows(last_ns, stride_ns, window_ns, _LOOKED_BACK_NS // stride_ns, span.now_ns)
    statement = groups_statement(learned, *windows.asked)
    if statement.origin == "rollup":
        windows = replace(windows, count=_LOOKED_BACK_IN_ROLLUPS_NS // stride_ns)
    places = {value: at for at, value in enumerate((*(key.value for key in asked.keys), *statement.aggregates), 1)}
    values = [Evaluator(places).value(output.value) for output in outputs]
    silent = tuple(0 if AGGREGATES.get(each.function, _NO_COUNT).counts else None for each in statement.aggregates)
    found: dict[Group, dict[int, Row]] = {}
    for at_ns, row in _rows(store, learned, windows):
        found.setdefault(row[1 : 1 + len(asked.keys)], {})[at_ns] = row
    samples: dict[Group, list[Sample]] = {}
    for group, rows in found.items():
        for at_ns in range(min(rows), last_ns + 1, stride_ns):
            told = [_number(value(rows.get(at_ns, (0, *group, *silent)))) for value in values]
            samples.setdefault(group, []).append(Sample(at_ns, told.pop() or 0.0, tuple(told)))
    return Past(stride_ns, samples)


_NO_COUNT = AGGREGATES["avg"]


def calls_of(source: Source) -> plan.Aggregate:
    """How many rows."""
    return plan.Aggregate("count", None, None, None, source, number())


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None


@dataclass(frozen=True, slots=True)
class _Windows:
    """`count` windows, `stride_ns` apart, of which the last ends at `last_ns`."""

    last_ns: int
    stride_ns: int
    length_ns: int
    count: int
    now_ns: int

    @property
    def asked(self) -> tuple[Span, Steps]:
        """What of the store answers them."""
        steps = Steps(self.last_ns - (self.count - 1) * self.stride_ns, self.stride_ns, self.count, self.length_ns)
        return Span(steps.first_ns - self.length_ns, self.last_ns, self.now_ns), steps

    def halves(self) -> tuple[_Windows, _Windows]:
        """The earlier and the later ones."""
        late = self.count // 2
        early = replace(self, last_ns=self.last_ns - late * self.stride_ns, count=self.count - late)
        return early, replace(self, count=late)


def _rows(store: TelemetryStore, learned: Plan, windows: _Windows, cuts: int = _MOST_CUTS) -> Iterator[tuple[int, Row]]:
    """The rows of windows, each with the moment at which its window ends; in several reads where there are many, or one
    would take longer than a read may."""
    span, steps = windows.asked
    statement = groups_statement(learned, span, steps)
    try:
        rows = ask(store, statement)
    except QueryLimitError:
        if not cuts or windows.count == 1:
            raise
        for half in windows.halves():
            yield from _rows(store, learned, half, cuts - 1)
        return
    if len(rows) <= MOST_GROUPS:
        for row in all_finite(rows, 1 + len(learned.keys), statement.aggregates):
            yield steps.first_ns + row[0] * steps.every_ns, row
    elif windows.count > 1:
        for half in windows.halves():
            yield from _rows(store, learned, half, cuts)
    else:
        raise QueryLimitError(
            f"The query makes more than {MOST_GROUPS:,} groups, too many to learn what is usual for them; group by"
            " fewer fields, or filter."
        )


def scale_of(value: plan.Value, source: Source, window_ns: int) -> Scale:
    """The scale on which values of an expression vary alike."""
    if isinstance(value, plan.Arithmetic) and value.operator == "+":
        left, right = (scale_of(part, source, window_ns) for part in (value.left, value.right))
        return left if left == right else Plain()
    if not isinstance(value, plan.Aggregate):
        return Plain()
    if value.function in ("count", "distinct", "consecutive"):
        return Counts()
    if value.function == "rate":
        return Counts(1e9 / window_ns)
    if value.function == "ratio":
        return Shares()
    dimension = value.type.unit.dimension
    if dimension not in (TIME, BYTES, USD):
        return Counts() if source is Source.METRICS else Plain()
    return Sizes(1e-9 if dimension == USD else 1.0)
