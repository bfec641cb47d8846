"""Whether something takes longer from day to day: bit by bit, so that no day is far from the one before it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2
from statistics import median

from mendline.model.slope import sen_slope

LEAST_DAYS = 14
_ENDS = 5  # days of which a level is the median, so that a weekend at an end does not make it
_TIMES, _LEAST_MS = 1.5, 10.0
_STEP = 0.75  # of all that was added: if it came within as many days, it is a step and no drift


@dataclass(frozen=True, slots=True)
class Drift:
    """Medians of the first and the last days in ms, and the first day after which none was as short as those before."""

    before_ms: float
    now_ms: float
    since: int


def find_drift(days: Sequence[tuple[int, float]]) -> Drift | None:
    """Of days (their number, and how long it took in ms), oldest first; None where it did not become half as long
    again, where that is not beyond doubt (Sen's slope, 95 %), and where it came at once."""
    if len(days) < LEAST_DAYS or min(value for _, value in days) <= 0:
        return None
    values = [value for _, value in days]
    before, now = median(values[:_ENDS]), median(values[-_ENDS:])
    if now < max(_TIMES * before, before + _LEAST_MS):
        return None
    slope = sen_slope([(float(day), log2(value)) for day, value in days])
    if slope is None or slope.direction <= 0 or _largest_step(values) > log2(now / before) * _STEP:
        return None
    usual = max(values[:_ENDS])
    last = max(place for place, value in enumerate(values) if value <= usual)
    return Drift(before, now, days[min(last + 1, len(days) - 1)][0])


def _largest_step(values: Sequence[float]) -> float:
    """The most that is between three days and the next three, as a logarithm."""
    places = range(3, len(values) - 2)
    return max(log2(median(values[at : at + 3]) / median(values[at - 3 : at])) for at in places)
