"""The heat map of a query's invocations: time by duration or another measure, on a logarithmic or a linear scale."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from mendline.errors import UsageError
from mendline.insight.answers import read
from mendline.insight.asked import ask
from mendline.insight.evaluations import Question, span_of
from mendline.insight.moments import from_ns
from mendline.model.heat import HeatCell, HeatMap
from mendline.model.measure import DURATION, Measure
from mendline.query import Checked, Source
from mendline.store.contract import TelemetryStore
from mendline.store.plans.heat import UNTOLD, heat_statement, largest_statement
from mendline.store.plans.statement import Span

SCALES = ("log", "linear")
MARKS = ("error", "cold_start", "timed_out", "chaos")
COLUMNS = 120
_LINEAR_ROWS, _LEAST_ROWS, _MOST_ROWS = 40, 12, 72


def heat_map(
    store: TelemetryStore, question: Question, *, measure: Measure = DURATION, scale: str = "", mark: str = ""
) -> HeatMap:
    """Counts the invocations that a query finds; what it aggregates is not looked at. `scale` is one of SCALES, else
    that of the measure; `mark` one of MARKS, or none.

    Raises UsageError for a query of something else than invocations, and as `answer` does.
    """
    asked = invocations_of(store, question)
    span = span_of(asked.plan, question)
    column_ns = -(-(span.end_ns - span.start_ns) // COLUMNS)
    scale = scale or measure.scale
    step = _linear_step(store, asked, span, measure) if scale == "linear" else 0.0
    told = ask(store, heat_statement(asked.plan, span, column_ns, measure, mark, step, _LINEAR_ROWS))
    rows = [row for row in told if row[1] != UNTOLD]
    steps = range(_LINEAR_ROWS + 1) if step else _log_steps([row for _, row, _, _ in rows], measure.per_decade)
    borders = [row * step if step else 10 ** (row / measure.per_decade) for row in steps]
    return HeatMap(
        start=from_ns(span.start_ns),
        end=from_ns(span.end_ns),
        columns=COLUMNS,
        column_ns=column_ns,
        measure=measure.key,
        unit=measure.unit,
        edges=tuple(float(f"{border / measure.factor:.9g}") for border in borders),
        scale=scale,
        cells=_cells(rows, steps),
        untold=sum(int(row[2]) for row in told if row[1] == UNTOLD),
    )


def _cells(rows: Iterable[Sequence[Any]], steps: range) -> tuple[HeatCell, ...]:
    """Rows of the statement, of which some may fall into one."""
    sums: dict[tuple[int, int], list[int]] = {}
    for x, y, count, marked in rows:
        both = sums.setdefault((int(x), (int(y) - steps.start) // steps.step), [0, 0])
        both[0], both[1] = both[0] + int(count), both[1] + int(marked)
    return tuple(HeatCell(*place, *both) for place, both in sorted(sums.items()))


def _linear_step(store: TelemetryStore, asked: Checked, span: Span, measure: Measure) -> float:
    """So that the largest value is in the uppermost row; shares are of the whole."""
    if measure.unit == "%":
        return 1 / _LINEAR_ROWS
    found = ask(store, largest_statement(asked.plan, span, measure))
    most = float(found[0][0] or 0) if found else 0.0
    return (most or measure.factor) / _LINEAR_ROWS


def invocations_of(store: TelemetryStore, question: Question) -> Checked:
    """A query that must be one of invocations. Raises UsageError for others."""
    checked = read(store, question.text, question.now)
    if checked.plan.source is not Source.INVOCATIONS:
        raise UsageError(
            f"This looks at invocations, and '{checked.plan.source}' are something else."
            " Leave the name of the source away, and filter invocations, such as function:checkout error."
        )
    return checked


def _log_steps(found: list[int], per_decade: int) -> range:
    """The borders, as numbers of rows: in whole steps of a quarter of a decade around what is there; not too few, so
    that one row is no wall, and not too many to be seen."""
    step = max(1, per_decade // 4)
    if not found:
        return range(_LEAST_ROWS + 1)
    first, last = min(found) // step * step, (max(found) // step + 1) * step
    while last - first < _LEAST_ROWS:
        first, last = first - step, last + step
    each = -(-(last - first) // _MOST_ROWS)
    return range(first, first + -(-(last - first) // each) * each + 1, each)
