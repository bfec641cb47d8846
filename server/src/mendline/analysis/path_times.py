"""Where the time of selected invocations goes that the others do not need: by call path, with intervals.

Each invocation's time is split over paths (its own code, initialisation, each resource that it calls), so that the
differences of the means add up to the difference of the durations. Intervals are those of Welch for means of unequal
spread (B. L. Welch, "The generalization of 'Student's' problem", Biometrika 34, 1947), with Student's distribution
approximated from the normal one (Abramowitz and Stegun, 26.7.5).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, median, variance

_NORMAL = 2.575829  # 99 % lie within so many standard deviations
_LEAST_SHARE = 0.05  # of the whole difference, below which a path is not worth telling


@dataclass(frozen=True, slots=True)
class Spent:
    """What an invocation spent on a path: milliseconds, not counting what runs at the same time, and calls."""

    ms: float
    calls: int = 1


@dataclass(frozen=True, slots=True)
class PathDifference:
    """A path on which selected invocations spend `difference_ms` more in the mean, between `low_ms` and `high_ms` with
    99 % confidence; `share` of the whole difference. Medians of milliseconds and means of calls are of those that have
    the path; `presence` is the share of invocations that have it. `kind` is `slower`, `more calls` or `appears`."""

    path: str
    kind: str
    difference_ms: float
    low_ms: float
    high_ms: float
    share: float
    selected_ms: float
    baseline_ms: float
    selected_calls: float
    baseline_calls: float
    selected_presence: float
    baseline_presence: float


def compare_paths(
    selected: Sequence[Mapping[str, Spent]], baseline: Sequence[Mapping[str, Spent]], most: int = 5
) -> tuple[PathDifference, ...]:
    """The paths that make the selected invocations longer, the most costly first; () where none is beyond chance."""
    if min(len(selected), len(baseline)) < 2:
        return ()
    whole = fmean(_total(one) for one in selected) - fmean(_total(one) for one in baseline)
    found = []
    if whole > 0:
        for path in sorted({path for one in (*selected, *baseline) for path in one}):
            difference = _difference(path, selected, baseline, whole)
            if difference.low_ms > 0 and difference.share >= _LEAST_SHARE:
                found.append(difference)
    return tuple(sorted(found, key=lambda one: -one.difference_ms)[:most])


def _total(one: Mapping[str, Spent]) -> float:
    return sum(spent.ms for spent in one.values())


def _difference(
    path: str, selected: Sequence[Mapping[str, Spent]], baseline: Sequence[Mapping[str, Spent]], whole: float
) -> PathDifference:
    having, other = _having(path, selected), _having(path, baseline)
    ours, theirs = ([one[path].ms if path in one else 0.0 for one in all_] for all_ in (selected, baseline))
    difference = fmean(ours) - fmean(theirs)
    low, high = _interval(ours, theirs)
    presence, usual = len(having) / len(selected), len(other) / len(baseline)
    calls = fmean(one.calls for one in having) if having else 0.0
    usual_calls = fmean(one.calls for one in other) if other else 0.0
    ms, usual_ms = (median(one.ms for one in all_) if all_ else 0.0 for all_ in (having, other))
    kind = "slower"
    if usual < 0.5 * presence:
        kind = "appears"
    elif calls >= 1.5 * usual_calls and ms / max(calls, 1) < 1.5 * usual_ms / max(usual_calls, 1):
        kind = "more calls"
    return PathDifference(
        path, kind, difference, low, high, difference / whole, ms, usual_ms, calls, usual_calls, presence, usual
    )


def _having(path: str, invocations: Sequence[Mapping[str, Spent]]) -> list[Spent]:
    return [one[path] for one in invocations if path in one]


def _interval(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, float]:
    """The 99 % interval of the difference of the means."""
    errors = [variance(one) / len(one) for one in (ours, theirs)]
    middle, error = fmean(ours) - fmean(theirs), sum(errors)
    if not error:
        return middle, middle
    freedom = error**2 / sum(one**2 / (len(of) - 1) for one, of in zip(errors, (ours, theirs), strict=True))
    half = sqrt(error) * _student(freedom)
    return middle - half, middle + half


def _student(freedom: float) -> float:
    z = _NORMAL
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
