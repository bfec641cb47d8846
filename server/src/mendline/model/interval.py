"""Shares with what they may be: intervals of confidence; and whether something happens more often than it did."""

from __future__ import annotations

import math
from collections.abc import Callable

_Z = 1.959964  # 95 %
_TAIL = 0.025
_MOST_STEPS = 20_000


def wilson(found: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share, of which `found` in `of` trials were seen; (0, 1) where there were none.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927.
    """
    if of <= 0:
        return 0.0, 1.0
    share, z2 = found / of, _Z * _Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z / (1 + z2 / of) * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return max(0.0, middle - half) if found else 0.0, min(1.0, middle + half) if found < of else 1.0


def exact_share(found: int, of: int) -> tuple[float, float]:
    """The exact 95 % interval of a share, also of the rarest; (0, 1) where there were no trials.

    C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial",
    Biometrika 26, 1934: the shares at which so many, or so few, would be seen in one of 40 times.
    """
    if of <= 0:
        return 0.0, 1.0
    low = _solved(lambda share: at_least(found, of, share) > _TAIL) if found else 0.0
    high = _solved(lambda share: at_least(found + 1, of, share) > 1 - _TAIL) if found < of else 1.0
    return low, high


def at_least(found: int, of: int, share: float) -> float:
    """The chance of `found` or more in `of` trials, each of which goes so with a chance of `share` (binomial).

    It is the incomplete beta function, here by its continued fraction (Abramowitz and Stegun, 26.5.8 and 26.5.24).
    """
    if found <= 0 or share >= 1:
        return 1.0
    if found > of or share <= 0:
        return 0.0
    a, b = float(found), float(of - found + 1)
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(share) + b * math.log1p(-share)
    if share < (a + 1) / (a + b + 2):
        return math.exp(front) * _fraction(a, b, share) / a
    return 1.0 - math.exp(front) * _fraction(b, a, 1 - share) / b


def _fraction(a: float, b: float, x: float) -> float:
    """By the method of W. J. Lentz, Applied Optics 15, 1976."""
    above, below = 1.0, 1.0 / _not_none(1.0 - (a + b) * x / (a + 1))
    found = below
    for m in range(1, _MOST_STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        step = 1.0
        for term in (even, odd):
            below = 1.0 / _not_none(1.0 + term * below)
            above = _not_none(1.0 + term / above)
            step = above * below
            found *= step
        if abs(step - 1.0) < 1e-12:
            break
    return found


def _not_none(value: float) -> float:
    return value if abs(value) > 1e-300 else 1e-300


def _solved(is_above: Callable[[float], bool]) -> float:
    """The share from which on a rising condition holds, in the middle between two that differ by one in a million."""
    low, high = 1e-15, 1 - 1e-15
    while high / low > 1 + 1e-6:
        middle = math.sqrt(low * high) if high < 0.5 else (low + high) / 2
        low, high = (low, middle) if is_above(middle) else (middle, high)
        if high - low < 1e-15:
            break
    return (low + high) / 2
