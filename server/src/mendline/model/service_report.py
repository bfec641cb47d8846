"""How a vendor, or any resource, served its callers: by month and day, whether it gets slower, and against another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from mendline.model.interval import wilson
from mendline.model.slope import Slope


@dataclass(frozen=True, slots=True)
class Served:
    """A day, or a month by its first day (UTC). Durations in ms; percentiles are off by 1 % at most."""

    begins: date
    calls: int
    errors: int
    throttled: int
    p50_ms: float
    p95_ms: float
    p99_ms: float

    @property
    def availability(self) -> float:
        """The share of calls that did not fail, from 0 to 1."""
        return 1 - self.errors / self.calls if self.calls else 1.0

    @property
    def available_between(self) -> tuple[float, float]:
        """The availability with 95 % confidence (Wilson), as if calls failed independently."""
        return wilson(self.calls - self.errors, self.calls)


@dataclass(frozen=True, slots=True)
class Tendency:
    """How a percentile moves: by which part a week (0.02: 2 % more), between what with 95 % confidence. `verdict` is
    `slower`, `faster`, `not proven`, or `too few days`."""

    percentile: str
    verdict: str
    weekly: float = 0.0
    low: float = 0.0
    high: float = 0.0


@dataclass(frozen=True, slots=True)
class Handled:
    """Failures that needed nobody: calls `healed` by a later try of the client or SDK; invocations in which a call
    failed that were answered by a fallback, that put it aside for later, or in which a circuit breaker opened."""

    healed: int = 0
    fallbacks: int = 0
    put_aside: int = 0
    breakers: int = 0


@dataclass(frozen=True, slots=True)
class ServiceReport:
    """Months and days oldest first; days without calls are left out. `handled` is of the last `handled_days`."""

    type: str
    name: str
    months: tuple[Served, ...]
    days: tuple[Served, ...]
    tendencies: tuple[Tendency, ...]
    handled: Handled = Handled()
    handled_days: int = 7


@dataclass(frozen=True, slots=True)
class Rivalry:
    """On how many of the days on which both were called the first was the faster in a percentile, and the share of such
    days with 95 % confidence."""

    percentile: str
    faster_days: int
    days: int
    low: float
    high: float


def tendency(percentile: str, slope: Slope | None) -> Tendency:
    """From the slope of the logarithm (base 2) of a percentile by day."""
    if slope is None:
        return Tendency(percentile, "too few days")
    weekly, low, high = (2 ** (7 * it) - 1 for it in (slope.middle, slope.low, slope.high))
    verdict = {1: "slower", -1: "faster", 0: "not proven"}[slope.direction]
    return Tendency(percentile, verdict, weekly, low, high)


def rivalry(percentile: str, days: tuple[Served, ...], others: tuple[Served, ...]) -> Rivalry:
    """Of two reports' days."""
    other = {it.begins: getattr(it, percentile + "_ms") for it in others}
    pairs = [(getattr(it, percentile + "_ms"), other[it.begins]) for it in days if it.begins in other]
    faster = sum(own < its for own, its in pairs)
    return Rivalry(percentile, faster, len(pairs), *wilson(faster, len(pairs)))
