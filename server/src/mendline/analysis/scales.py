"""Scales on which values of one kind vary alike whatever their size, and how far they are off by chance there. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from mendline.model.band import Band

_SHIFT = 3 / 8  # by which none and one are as far apart as chance puts them (Anscombe, "The transformation of Poisson,
# binomial and negative-binomial data", Biometrika 35, 1948)
_VARIED = 0.1
"""How far large counts vary beside what chance does: as a share of them."""


class Scale(Protocol):
    """To a scale and back."""

    def to(self, value: float) -> float:
        """A value on the scale."""

    def back(self, place: float) -> float:
        """The value at a place of the scale; of places beyond its end, the one at the end."""

    def noise(self, calls: float) -> float:
        """The standard deviation by chance of a value of so many calls; infinite where it says nothing."""

    def scarce(self, calls: float, usual_calls: float) -> float:
        """How many times as far off values of so many calls are as those of as many as usual, where noise leaves that
        open."""


def band_back(scale: Scale, band: Band) -> Band:
    """A band of a scale as one of values."""
    return Band(scale.back(band.low), scale.back(band.middle), scale.back(band.high))


@dataclass(frozen=True, slots=True)
class Counts:
    """Of counts: alike by the square root while they are small (Poisson), and by the logarithm where they are large
    (negative binomial). `unit` is how much one counts."""

    unit: float = 1.0

    def to(self, value: float) -> float:
        """See Scale."""
        return 2 / _VARIED * math.asinh(_VARIED * math.sqrt(max(0.0, value / self.unit) + _SHIFT))

    def back(self, place: float) -> float:
        """See Scale."""
        root = math.sinh(min(300.0, max(0.0, place) * _VARIED / 2)) / _VARIED
        return self.unit * max(0.0, root**2 - _SHIFT)

    def noise(self, calls: float) -> float:
        """See Scale."""
        return 1.0

    def scarce(self, calls: float, usual_calls: float) -> float:
        """See Scale."""
        return 1.0


@dataclass(frozen=True, slots=True)
class Shares:
    """Of shares from 0 to 1: alike by the arc sine of the root (binomial). `calls` is how many there usually are."""

    calls: float = 100.0

    def to(self, value: float) -> float:
        """See Scale."""
        shift = _SHIFT / max(1.0, self.calls)
        return 2 * math.asin(math.sqrt((min(1.0, max(0.0, value)) + shift) / (1 + 2 * shift)))

    def back(self, place: float) -> float:
        """See Scale."""
        shift = _SHIFT / max(1.0, self.calls)
        return min(1.0, max(0.0, math.sin(min(math.pi, max(0.0, place)) / 2) ** 2 * (1 + 2 * shift) - shift))

    def noise(self, calls: float) -> float:
        """See Scale."""
        return 1 / math.sqrt(calls) if calls > 0 else math.inf

    def scarce(self, calls: float, usual_calls: float) -> float:
        """See Scale."""
        return 1.0


@dataclass(frozen=True, slots=True)
class Sizes:
    """Of what may be any size above 0, as durations: alike by the logarithm. `unit` is far below what matters. How far
    they are off by chance only the past tells: `scarce` says how much further where there were fewer calls."""

    unit: float = 1.0

    def to(self, value: float) -> float:
        """See Scale."""
        return math.log1p(max(0.0, value) / self.unit)

    def back(self, place: float) -> float:
        """See Scale."""
        return self.unit * math.expm1(min(600.0, max(0.0, place)))

    def noise(self, calls: float) -> float:
        """See Scale."""
        return 0.0 if calls > 0 else math.inf

    def scarce(self, calls: float, usual_calls: float) -> float:
        """By how much values of so many calls are further off than those of as many as usual."""
        return math.sqrt(max(1.0, usual_calls / calls)) if calls > 0 else 1.0


@dataclass(frozen=True, slots=True)
class Plain:
    """Of any other numbers."""

    def to(self, value: float) -> float:
        """See Scale."""
        return value

    def back(self, place: float) -> float:
        """See Scale."""
        return place

    def noise(self, calls: float) -> float:
        """See Scale."""
        return 0.0

    def scarce(self, calls: float, usual_calls: float) -> float:
        """See Scale."""
        return 1.0
