"""Is it getting more, and how sure is that: a slope that a few odd days do not move, with its interval. Pure.

P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", JASA 63, 1968: the median of the slopes of
all pairs, and the interval by the variance of Kendall's S (with ties).
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

_Z = 1.959964  # 95 %
LEAST_POINTS = 8


@dataclass(frozen=True, slots=True)
class Slope:
    """How much each step adds in the middle, and between what with 95 % confidence."""

    middle: float
    low: float
    high: float

    @property
    def direction(self) -> int:
        """1 where it rises and -1 where it falls beyond doubt; else 0."""
        return 1 if self.low > 0 else -1 if self.high < 0 else 0


def sen_slope(points: Sequence[tuple[float, float]]) -> Slope | None:
    """The slope of (x, y) with different x; None for fewer than eight points, of which nothing can be said."""
    if len(points) < LEAST_POINTS:
        return None
    slopes = sorted((y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in itertools.combinations(points, 2) if x1 != x2)
    half = _Z * math.sqrt(_variance([y for _, y in points]))
    first = max(0, math.floor((len(slopes) - half) / 2))
    last = min(len(slopes) - 1, math.ceil((len(slopes) + half) / 2))
    return Slope(median(slopes), slopes[first], slopes[last])


def _variance(values: Sequence[float]) -> float:
    count = len(values)
    tied = sum(many * (many - 1) * (2 * many + 5) for many in Counter(values).values())
    return (count * (count - 1) * (2 * count + 5) - tied) / 18
