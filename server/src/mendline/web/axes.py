"""Axes of charts: where ticks stand, and what they say."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from mendline.web.formats import NARROW_SPACE
from mendline.web.quantities import bytes_of, milliseconds_of, plain, quantity
from mendline.web.zones import local

_MOST_LINES = 4
_MOST_TIMES = 8
_ROUND_MS = (
    *(digit * 10.0**power for power in range(-6, 3) for digit in (1, 2, 5)),  # up to 500 ms
    *(seconds * 1e3 for seconds in (1, 2, 5, 10, 15, 30)),
    *(minutes * 60e3 for minutes in (1, 2, 5, 10, 15, 30)),
    *(hours * 3600e3 for hours in (1, 2, 6, 12, 24)),
)
_STEPS_S = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 2 * 86400, 7 * 86400,
    28 * 86400, 365 * 86400,
)  # fmt: skip
_DAY_S = 86400


@dataclass(frozen=True, slots=True)
class Tick:
    """`at` is where it stands, in percent of the axis: from the left, or from the top."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class ValueAxis:
    """From one round number to another, with zero between or at one end; ticks from the top down."""

    bottom: float
    top: float
    ticks: tuple[Tick, ...]

    def share(self, value: float) -> float:
        """How far up a value stands, from 0 to 1."""
        return (value - self.bottom) / (self.top - self.bottom)


def value_axis(least: float, most: float, unit: str, *, whole: bool = False) -> ValueAxis:
    """An axis that holds zero and all between two values. `whole`: these are whole numbers, and so are the ticks."""
    least, most = min(0.0, least), max(0.0, most)
    step = round_step((most - least) / _MOST_LINES or 0.25, unit)
    if whole:
        step = max(1.0, step)
    first = math.floor(least / step + 1e-9)
    last = max(first + 1, math.ceil(most / step - 1e-9))
    lines = last - first
    ticks = tuple(
        Tick(100 - 100 * index / lines, tick_text(step * (first + index), unit)) for index in range(lines, -1, -1)
    )
    return ValueAxis(step * first, step * last, ticks)


def tick_text(value: float, unit: str) -> str:
    """A round number and its unit, without zeros behind the comma that say nothing: `1.5 s`, not `1.50 s`."""
    if value == 0:
        return "0"
    text = quantity(value, unit)
    number, space, symbol = text.partition(NARROW_SPACE)
    if "." in number:
        number = number.rstrip("0").rstrip(".")
    return number + space + symbol if milliseconds_of(unit) or bytes_of(unit) or unit == "%" else _exact(value, unit)


def _exact(value: float, unit: str) -> str:
    number = plain(value)
    number = number.rstrip("0").rstrip(".") if "." in number else number
    return f"${number}" if unit == "$" else f"{number}{NARROW_SPACE}{unit}" if unit else number


def round_step(least: float, unit: str) -> float:
    """The smallest round number of a unit that is at least this; of bytes a power of two."""
    if milliseconds_of(unit):
        scale = milliseconds_of(unit)
        found = next((step for step in _ROUND_MS if step >= least * scale * (1 - 1e-9)), None)
        return found / scale if found else math.ceil(least * scale / 86400e3) * 86400e3 / scale
    if bytes_of(unit):
        scale = bytes_of(unit)
        return float(2 ** math.ceil(math.log2(max(1.0, least * scale)) - 1e-9)) / scale
    power = 10.0 ** math.floor(math.log10(least))
    return next(digit * power for digit in (1, 2, 5, 10) if digit * power >= least * (1 - 1e-9))


def time_axis(start: datetime, end: datetime) -> tuple[Tick, ...]:
    """Round moments between two, in the zone of the page: times of day, and the date where a day begins."""
    length_s = (end - start).total_seconds()
    step_s = next((step for step in _STEPS_S if length_s <= step * _MOST_TIMES), _STEPS_S[-1])
    return tuple(
        Tick(100 * (moment - start).total_seconds() / length_s, _time_text(moment, step_s))
        for moment in _round_moments(start, end, step_s)
    )


def _round_moments(start: datetime, end: datetime, step_s: int) -> Iterator[datetime]:
    midnight = local(start).replace(hour=0, minute=0, second=0, microsecond=0)
    first_s = min(step_s, _DAY_S)
    moment = midnight + timedelta(seconds=math.ceil((start - midnight).total_seconds() / first_s) * first_s)
    while moment <= end:
        yield moment
        moment += timedelta(seconds=step_s)


def _time_text(moment: datetime, step_s: int) -> str:
    if step_s >= _DAY_S or (moment.hour, moment.minute, moment.second) == (0, 0, 0):
        return f"{moment:%m-%d}"
    return f"{moment:%H:%M:%S}" if step_s < 60 else f"{moment:%H:%M}"
