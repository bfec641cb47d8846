"""Which of many tests may be believed: family-wise control for findings, the false discovery rate for hints."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log


def tarone(log_least: Sequence[float], alpha: float) -> float:
    """The logarithm of the level to judge each test by, so that the chance of any false finding is `alpha`.

    `log_least` holds the smallest chance that each test could have shown. Tests that could never be significant cost
    nothing: the level is alpha / k for the smallest k that at most k tests can reach (R. E. Tarone, "A modified
    Bonferroni method for discrete data", Biometrics 46, 1990). So a thousand ids of one row each weigh nothing.
    """
    ordered = sorted(log_least)
    k = 1
    while k < len(ordered) and ordered[k] <= log(alpha / k):
        k += 1
    return log(alpha / k)


def benjamini_hochberg(log_chances: Sequence[float], tests: int, rate: float) -> float:
    """The logarithm of the level below which at most a share `rate` of what passes is expected to be false.

    `tests` counts those made, which may be more than the chances given. -inf where nothing passes. Y. Benjamini,
    Y. Hochberg, "Controlling the false discovery rate", J. R. Stat. Soc. B 57, 1995.
    """
    level = float("-inf")
    for rank, chance in enumerate(sorted(log_chances), 1):
        if chance <= log(rate * rank / max(tests, rank)):
            level = chance
    return level


def chance(log_chance: float) -> float:
    """A logarithm as a chance between 0 and 1; the least float above 0 for what is smaller than any."""
    return min(1.0, max(5e-324, exp(max(-745.0, log_chance))))
