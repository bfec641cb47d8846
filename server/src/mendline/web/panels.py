"""Panels of pages: charts and tables that are answers to queries, each of which leads to its query.

A panel says one of three things: what was answered, that there is nothing in the range, or why it could not be
computed; that one of them fails leaves the others as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from mendline.clock import Clock
from mendline.errors import MendlineError
from mendline.insight.evaluations import Question
from mendline.insight.exploring import Exploration, look
from mendline.model.timerange import TimeRange
from mendline.web.answer_table import AnswerTable, Cell, groups_table, rows_table
from mendline.web.context import WebContext
from mendline.web.page_url import PageUrl
from mendline.web.series import CurveSet, Steps, curve_of, steps_of
from mendline.web.series_chart import SeriesChart, series_charts
from mendline.web.usual_bands import with_bands

_MOST_ROWS = 20
PATIENCE_SECONDS = 5.0
_TOO_LATE = "The others took too long over this range. Ask for it alone, or take a shorter range."


class Patience:
    """How long a page may ask: when it is over, the panels that are left say so, and lead to their queries."""

    def __init__(self, clock: Clock, seconds: float = PATIENCE_SECONDS) -> None:
        self._clock, self._until = clock, clock.monotonic() + seconds

    @property
    def is_over(self) -> bool:
        """Whether nothing is asked any more."""
        return self._clock.monotonic() >= self._until

    def panel(self, title: str, text: str) -> Panel | None:
        """What a panel shows that is not asked for any more; None while there is time."""
        if not self.is_over:
            return None
        return Panel(title, text, failure=_TOO_LATE)


@dataclass(frozen=True, slots=True)
class Panel:
    """`text` is the query. Without a chart, and without a table, there is nothing in the range, or `failure` says what
    went wrong."""

    title: str
    text: str
    chart: SeriesChart | None = None
    table: AnswerTable | None = None
    steps: Steps | None = None
    failure: str = ""
    more: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A chart of some numbers of an answer: their places in it with their names. `added`: they are parts of a whole;
    `whole`: they are whole numbers. A sum is 0 also where nothing was told; `told` is the place of a number (a maximum)
    that has no value then."""

    title: str
    numbers: Mapping[int, str]
    added: bool = False
    whole: bool = False
    told: int | None = None


def chart_panels(
    context: WebContext,
    time_range: TimeRange,
    text: str,
    shown: Sequence[Shown],
    colours: Mapping[str, int],
    patience: Patience | None = None,
    *,
    with_usual: bool = True,
) -> tuple[Panel, ...]:
    """One query, asked over time, as one chart for each of `shown`, with what is usual behind it."""
    if patience and patience.panel("", text):
        return tuple(panel for each in shown if (panel := patience.panel(each.title, text)))
    try:
        question = _question(context, time_range, text)
        found = look(context.store, question, as_series=True, with_plan=False)
    except MendlineError as error:
        return tuple(Panel(each.title, text, failure=error.message) for each in shown)
    steps = steps_of(found.answer, found.run.plan)
    if steps is None or not found.answer.rows:
        return tuple(Panel(each.title, text) for each in shown)
    told = [each for each in shown if _tells(found, steps, each)]
    sets = [_curves(found, steps, each) for each in told]
    if with_usual and not (patience and patience.is_over):
        columns = found.run.plan.columns
        outputs = [{name: columns[number] for number, name in each.numbers.items()} for each in told]
        sets = with_bands(context.store, found, question, steps, list(zip(sets, outputs, strict=True)))
    charts = {chart.name: chart for chart in series_charts(sets, steps, context.clock.now(), colours)}
    return tuple(Panel(each.title, text, charts.get(each.title), steps=steps) for each in shown)


def table_panel(
    context: WebContext,
    here: PageUrl,
    time_range: TimeRange,
    title: str,
    text: str,
    heads: Sequence[str],
    link: tuple[int, Callable[[Sequence[Any]], str]] | None = None,
    patience: Patience | None = None,
) -> Panel:
    """A query that makes groups as a table, under other heads than its own: at most 20 rows of it. `link` is the place
    of a column whose cells lead somewhere, and what makes the address of a row. Keys that no row has are left away."""
    found = _rows_or_failure(context, time_range, title, text, patience)
    if isinstance(found, Panel):
        return found
    if not found.rows:
        return Panel(title, text)
    table = groups_table(found.answer, found.rows, len(found.run.plan.keys), here)
    named = _named(table, heads, len(found.run.plan.keys))
    if link:
        named = replace(named, rows=tuple(map(partial(_linked, *link), named.rows, found.rows)))
    return Panel(title, text, table=_telling(named, len(found.run.plan.keys)), more=found.more)


def rows_panel(
    context: WebContext, here: PageUrl, time_range: TimeRange, title: str, text: str, patience: Patience | None = None
) -> Panel:
    """A query for rows as a table: at most 20 of them, each of which leads to what it is."""
    found = _rows_or_failure(context, time_range, title, text, patience)
    if isinstance(found, Panel):
        return found
    table = rows_table(found.answer, found.rows, here) if found.rows else None
    return Panel(title, text, table=table, more=found.more)


def _linked(
    place: int, address: Callable[[Sequence[Any]], str], cells: Sequence[Cell], row: Sequence[Any]
) -> tuple[Cell, ...]:
    return tuple(replace(cell, link=address(row)) if index == place else cell for index, cell in enumerate(cells))


def _named(table: AnswerTable, heads: Sequence[str], first: int) -> AnswerTable:
    """The table under other heads, with bars only for its first number, by which it is sorted."""
    columns = tuple(
        replace(column, name=head, bars=column.bars and index == first)
        for index, (column, head) in enumerate(zip(table.columns, heads, strict=True))
    )
    rows = tuple(
        tuple(cell if index == first else replace(cell, part=None) for index, cell in enumerate(row))
        for row in table.rows
    )
    return replace(table, columns=columns, rows=rows)


def _telling(table: AnswerTable, keys: int) -> AnswerTable:
    """The table without those of its keys, but the first, that no row has."""
    kept = [
        place
        for place in range(len(table.columns))
        if not 0 < place < keys or any(row[place].text for row in table.rows)
    ]
    return replace(
        table,
        columns=tuple(table.columns[place] for place in kept),
        rows=tuple(tuple(row[place] for place in kept) for row in table.rows),
    )


def panel_data(panels: Sequence[Panel]) -> list[dict[str, Any]]:
    """Panels as their twin tells them: how to ask for the same."""
    return [{"title": it.title, "query": it.text, **({"failure": it.failure} if it.failure else {})} for it in panels]


def _rows_or_failure(
    context: WebContext, time_range: TimeRange, title: str, text: str, patience: Patience | None
) -> Exploration | Panel:
    """The answer of one panel's query, or the panel that says why there is none."""
    if patience and (late := patience.panel(title, text)):
        return late
    try:
        return look(context.store, _question(context, time_range, text), as_series=False, with_plan=False)
    except MendlineError as error:
        return Panel(title, text, failure=error.message)


def _question(context: WebContext, time_range: TimeRange, text: str) -> Question:
    return context.question(text, time_range, limit=_MOST_ROWS)


def _tells(found: Exploration, steps: Steps, shown: Shown) -> bool:
    """Whether a chart has anything to show."""
    telling = shown.numbers if shown.told is None else (shown.told,)
    return any(value is not None for number in telling for value in curve_of(found.answer, steps, number).values)


def _curves(found: Exploration, steps: Steps, shown: Shown) -> CurveSet:
    curves = tuple(curve_of(found.answer, steps, number, name) for number, name in shown.numbers.items())
    unit = found.answer.columns[1 + next(iter(shown.numbers))].unit
    return CurveSet(shown.title, unit, curves, added=shown.added, summed=shown.added, whole=shown.whole)
