"""A query as a series, for charts: what it aggregates, at each step of a range. Pure."""

from __future__ import annotations

from dataclasses import replace

from mendline.query.sentence import Query, Window
from mendline.query.source import Source
from mendline.query.syntax import Call, Number
from mendline.query.units import SECONDS, print_quantity

MOST_STEPS = 96
_STEPS_S = (
    1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 7 * 86400, 28 * 86400,
)  # fmt: skip


def step_for(length_s: float) -> int:
    """The shortest step, in seconds, of those that people count in, that cuts a range into at most 96."""
    return next((step for step in _STEPS_S if length_s <= step * MOST_STEPS), _STEPS_S[-1])


def over_time(query: Query, every_s: int) -> Query | None:
    """The same, evaluated every so often; rows are counted. What would cut the series short (its condition, and the
    limit of rows) is left away. None for functions, whose rows are made of the whole range.
    """
    if query.source is Source.FUNCTIONS:
        return None
    if query.window and query.window.every:
        return query
    every = Number(print_quantity(every_s * SECONDS.scale, SECONDS))
    window = Window(query.window.length if query.window else every, every)
    if not query.columns and not query.keys:
        return replace(query, columns=(Call("count"),), window=window, order=(), limit=None)
    return replace(query, window=window, condition=None, hold=None)
