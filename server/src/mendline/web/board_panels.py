"""The panels of a board: any query, as charts where it can be a series, else as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mendline.errors import MendlineError
from mendline.insight.exploring import Exploration, look
from mendline.model.board import BoardPanel
from mendline.model.timerange import TimeRange
from mendline.web.answer_table import groups_table, rows_table
from mendline.web.context import WebContext
from mendline.web.page_url import PageUrl
from mendline.web.panels import Panel, Patience
from mendline.web.series import steps_of
from mendline.web.series_chart import series_charts
from mendline.web.usual_bands import banded_sets

_MOST_ROWS = 20
_PATIENCE_SECONDS = 10.0  # people made it of what they want to see


def board_panels(
    context: WebContext, here: PageUrl, time_range: TimeRange, asked: Sequence[BoardPanel]
) -> tuple[Panel, ...]:
    """Each query answered; one that cannot be says why, and leaves the others as they are."""
    patience = Patience(context.clock, _PATIENCE_SECONDS)
    return tuple(panel for each in asked for panel in _panels(context, here, time_range, each, patience))


def _panels(
    context: WebContext, here: PageUrl, time_range: TimeRange, asked: BoardPanel, patience: Patience
) -> Iterator[Panel]:
    if late := patience.panel(asked.title, asked.query):
        yield late
        return
    question = context.question(asked.query, time_range, limit=_MOST_ROWS)
    try:
        found = look(context.store, question, as_series=not asked.as_table, with_plan=False)
    except MendlineError as error:
        yield Panel(asked.title, asked.query, failure=error.message)
        return
    steps = steps_of(found.answer, found.run.plan)
    if steps is None or asked.as_table:
        yield _table(here, asked, found)
        return
    charts = series_charts(banded_sets(context.store, found, question, steps), steps, context.clock.now())
    for chart in charts:
        title = asked.title if len(charts) == 1 else f"{asked.title}: {chart.name}"
        yield Panel(title, asked.query, chart, steps=steps)
    if not charts:
        yield Panel(asked.title, asked.query)


def _table(here: PageUrl, asked: BoardPanel, found: Exploration) -> Panel:
    if not found.rows:
        return Panel(asked.title, asked.query)
    plan = found.run.plan
    table = (
        groups_table(found.answer, found.rows, len(plan.keys), here)
        if plan.is_aggregated
        else rows_table(found.answer, found.rows, here)
    )
    return Panel(asked.title, asked.query, table=table, more=found.more)
