"""The heat map of a query's invocations: time by duration, on a logarithmic or a linear scale."""

from __future__ import annotations

from mendline.errors import UsageError
from mendline.insight.answers import read
from mendline.insight.asked import ask
from mendline.insight.evaluations import Question, span_of
from mendline.insight.moments import from_ns
from mendline.model.heat import HeatCell, HeatMap
from mendline.query import Checked, Source
from mendline.store.contract import TelemetryStore
from mendline.store.plans.heat import PER_DECADE, heat_statement, longest_statement

SCALES = ("log", "linear")
MARKS = ("error", "cold_start", "timed_out", "chaos")
COLUMNS = 120
_LINEAR_ROWS, _LEAST_ROWS = 40, 12


def heat_map(store: TelemetryStore, question: Question, *, scale: str = "log", mark: str = "") -> HeatMap:
    """Counts the invocations that a query finds; what it aggregates is not looked at. `mark` is one of MARKS.

    Raises UsageError for a query of something else than invocations, and as `answer` does.
    """
    asked = invocations_of(store, question)
    span = span_of(asked.plan, question)
    column_ns = -(-(span.end_ns - span.start_ns) // COLUMNS)
    row_ns = 0
    if scale == "linear":
        found = ask(store, longest_statement(asked.plan, span))
        row_ns = max(1, int(found[0][0] if found else 0) // (_LINEAR_ROWS - 1))
    rows = ask(store, heat_statement(asked.plan, span, column_ns, mark, row_ns))
    first, last = (0, _LINEAR_ROWS - 1) if row_ns else _log_rows([row for _, row, _, _ in rows])
    cells = sorted((int(x), int(y) - first, int(n), int(marked)) for x, y, n, marked in rows)
    edges = [row * row_ns / 1e6 if row_ns else 10 ** (row / PER_DECADE) / 1e6 for row in range(first, last + 2)]
    return HeatMap(
        start=from_ns(span.start_ns),
        end=from_ns(span.end_ns),
        columns=COLUMNS,
        column_ns=column_ns,
        edges_ms=tuple(edges),
        scale=scale,
        cells=tuple(HeatCell(*cell) for cell in cells),
    )


def invocations_of(store: TelemetryStore, question: Question) -> Checked:
    """A query that must be one of invocations. Raises UsageError for others."""
    checked = read(store, question.text, question.now)
    if checked.plan.source is not Source.INVOCATIONS:
        raise UsageError(
            f"This looks at invocations, and '{checked.plan.source}' are something else."
            " Leave the name of the source away, and filter invocations, such as function:checkout error."
        )
    return checked


def _log_rows(found: list[int]) -> tuple[int, int]:
    """From whole steps of a third of a decade around what is there; not too few, so that one row is no wall."""
    if not found:
        return 6 * PER_DECADE, 9 * PER_DECADE - 1
    step = PER_DECADE // 3
    first, last = min(found) // step * step, (max(found) // step + 1) * step - 1
    while last - first + 1 < _LEAST_ROWS:
        first, last = max(0, first - step), last + step
    return first, last
