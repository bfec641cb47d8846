"""Since when something is different: the part of a series of counts in which a share, or a rate, is another one. Pure.

For each part that begins between two slices and reaches to the end, or ends before, the likelihood of two shares is
compared with that of one (the scan statistic of M. Kulldorff, "A spatial scan statistic", Communications in Statistics
26, 1997, in one dimension). Counts vary more than dice do where they come in bursts: the ratio is divided by that
dispersion (P. McCullagh, J. A. Nelder, "Generalized Linear Models", 1989, 4.5), so that one odd slice, or a service
that always is unsteady, is no change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import erfc, log, sqrt

LEVEL = 0.001
"""Chance that a series in which nothing changes has a change point."""
_LEAST_SLICES = 2
_LEAST_GROUPS, _LASTING = 3, 2 / 3  # of the groups in a change, how many must differ too: a single burst is no change
_ENDED = 12.0  # by how much the ratio must be better before a change is said to have ended
_SAME = 3.841459  # 95 % of the chi-squared distribution of one degree: borders as good as the best
_LEAST_EXPECTED = 5.0  # events, below which neighbouring slices are judged together

Likelihood = Callable[[float, float], float]


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """The change begins with slice `at`, with 95 % confidence between `first` and `last`, and is over before slice
    `end` (None: it goes on). `before` and `after` are the shares outside and inside of it; `chance` that of seeing as
    much where nothing changed, corrected for all borders that were tried."""

    at: int
    first: int
    last: int
    end: int | None
    before: float
    after: float
    chance: float


def share_changed(events: Sequence[int], of: Sequence[int]) -> ChangePoint | None:
    """Where the share that `events` are of the counts beside them changed; None where it did not beyond chance."""
    return _scan(events, of, _binomial, shares=True)


def rate_changed(events: Sequence[int], seconds: Sequence[float]) -> ChangePoint | None:
    """As share_changed, where events by time changed."""
    return _scan(events, seconds, _poisson, shares=False)


def best_parts(events: Sequence[int], of: Sequence[float]) -> tuple[range, range]:
    """A series in two, where its halves differ most, whether beyond chance or not."""
    sums = [0.0, *accumulate(events)], [0.0, *accumulate(of)]

    def unlike(begin: int) -> float:
        before, after = sums[1][begin], sums[1][-1] - sums[1][begin]
        if before <= 0 or after <= 0:
            return 0.0
        shares = sums[0][begin] / before, (sums[0][-1] - sums[0][begin]) / after
        return abs(shares[1] - shares[0]) * sqrt(before * after)

    at = max(range(len(events) + 1), key=unlike, default=0)
    return range(at), range(at, len(events))


def dispersion(events: Sequence[int], of: Sequence[float], parts: Sequence[range], *, shares: bool = True) -> float:
    """How many times as much the counts of slices vary around the mean of their part as dice would; at least 1."""
    spread, freedom = 0.0, 0
    for part in parts:
        groups = _groups(events, of, part, shares)
        mean = _ratio(sum(event for event, _ in groups), sum(exposed for _, exposed in groups))
        variance = mean * (1 - mean) if shares else mean
        if variance > 0:
            spread += sum((event - exposed * mean) ** 2 / (exposed * variance) for event, exposed in groups)
            freedom += len(groups) - 1
    return max(1.0, spread / freedom) if freedom >= 3 else 1.0


def _scan(events: Sequence[int], of: Sequence[float], likelihood: Likelihood, *, shares: bool) -> ChangePoint | None:
    size = len(events)
    sums = [0.0, *accumulate(events)], [0.0, *accumulate(of)]
    total, exposed = sums[0][-1], sums[1][-1]
    if size < 2 * _LEAST_SLICES or not total > 0 or not exposed > 0:
        return None
    whole = likelihood(total, exposed)

    def gain(begin: int, end: int) -> float:
        inside, within = sums[0][end] - sums[0][begin], sums[1][end] - sums[1][begin]
        if within <= 0 or exposed - within <= 0:
            return 0.0
        return 2 * (likelihood(inside, within) + likelihood(total - inside, exposed - within) - whole)

    best, at, end = max((gain(begin, size), begin, size) for begin in range(1, size - _LEAST_SLICES + 1))
    ended = max(
        ((gain(first, last), first, last) for first in range(1, size) for last in range(first + _LEAST_SLICES, size)),
        default=(0.0, 0, 0),
    )
    if ended[0] > best + _ENDED:
        best, at, end = ended
    if not _lasts(events, of, range(at, end)):
        return None
    parts = (range(at), range(at, end), range(end, size))
    extra = dispersion(events, of, parts, shares=shares)
    chance = min(1.0, erfc(sqrt(max(0.0, best) / extra / 2)) * size * (size if end < size else 1))
    if chance > LEVEL:
        return None
    near = [begin for begin in range(1, end) if gain(begin, end) >= best - _SAME * extra]
    inside, within = sums[0][end] - sums[0][at], sums[1][end] - sums[1][at]
    return ChangePoint(
        at=at,
        first=min(near),
        last=max(near),
        end=end if end < size else None,
        before=_ratio(total - inside, exposed - within),
        after=_ratio(inside, within),
        chance=chance,
    )


def _lasts(events: Sequence[int], of: Sequence[float], part: range) -> bool:
    """Whether the whole of a part is different, and not one burst in it. A group is one slice, or more of them where
    less than one event is to be expected of it."""
    total, exposed = sum(events), sum(of)
    inside, within = sum(events[index] for index in part), sum(of[index] for index in part)
    outside = _ratio(total - inside, exposed - within)
    more = _ratio(inside, within) > outside
    groups = _together(events, of, part, max(outside, _ratio(inside, within)), 1)
    shares = [counted / time for counted, time in groups]
    differing = sum((share > outside) == more for share in shares if share != outside)
    return len(shares) >= _LEAST_GROUPS and differing >= _LASTING * len(shares)


def _groups(events: Sequence[int], of: Sequence[float], part: range, shares: bool) -> list[tuple[int, float]]:
    """Neighbouring slices together, so that each group has enough that is expected of it."""
    mean = _ratio(sum(events[index] for index in part), sum(of[index] for index in part))
    return _together(events, of, part, min(mean, 1 - mean) if shares else mean, _LEAST_EXPECTED)


def _together(
    events: Sequence[int], of: Sequence[float], part: range, expected: float, least: float
) -> list[tuple[int, float]]:
    """Neighbouring slices as one, up to where `least` is to be expected of them; what is left over is left out."""
    found: list[tuple[int, float]] = []
    counted, exposed = 0, 0.0
    for index in part:
        counted, exposed = counted + events[index], exposed + of[index]
        if exposed * expected >= least:
            found.append((counted, exposed))
            counted, exposed = 0, 0.0
    return found


def _binomial(events: float, of: float) -> float:
    return _times_log(events, of) + _times_log(of - events, of)


def _poisson(events: float, exposed: float) -> float:
    return _times_log(events, exposed) - events


def _times_log(part: float, of: float) -> float:
    return part * log(part / of) if part > 0 else 0.0


def _ratio(part: float, of: float) -> float:
    return part / of if of else 0.0
