"""What is different between two windows of time: durations, errors, timeouts, cold starts, traffic; or nothing. Pure.

A difference must be more than chance, also where counts usually vary more than dice do from slice to slice
(change_point.dispersion), and be large enough to matter to somebody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import erfc, sqrt

from mendline.analysis.change_point import best_parts, dispersion
from mendline.analysis.gate import chance
from mendline.analysis.hypergeometric import log_tail
from mendline.model.histogram import bucket_at

ALPHA = 0.01
"""Chance that a measure differs between two windows that are alike."""
LEAST_INVOCATIONS = 20
"""Fewer in a window say nothing of it."""
PER_DECADE = 48
"""Buckets of durations for each factor of ten, from 1 ns on: a value of them is off by 2.5 % at most."""
SHARES = ("errors", "timeouts", "cold_starts")
MEASURES = ("duration", *SHARES, "traffic")
_TIMES = 1.5  # as much, or as little, that matters
_MEDIAN_TIMES = 1.25
_LEAST_MS = 2.0
_LEAST_BAD = 3
_CUTS = (0.25, 0.5, 0.75, 0.85, 0.9, 0.95, 0.98, 0.99, 0.995)  # shares of both windows at which they are told apart
_GAP = PER_DECADE // 2  # buckets with nothing in them that part long invocations from all others
_QUANTILES = ((0.5, 1), (0.9, 20), (0.95, 40), (0.99, 200))  # and how many invocations each needs on both sides


@dataclass(slots=True)
class Slice:
    """What began in one slice of a window: invocations by bucket of their duration, and how many of them were what."""

    durations: Counter[int] = field(default_factory=Counter)
    errors: int = 0
    timeouts: int = 0
    cold_starts: int = 0

    @property
    def count(self) -> int:
        """All invocations of it."""
        return self.durations.total()

    def at_least(self, bucket: int) -> int:
        """Those that took as long as a bucket, or longer."""
        return sum(count for own, count in self.durations.items() if own >= bucket)


@dataclass(frozen=True, slots=True)
class Window:
    """Slices of equal length, in order."""

    slices: Sequence[Slice]
    slice_s: float

    @property
    def count(self) -> int:
        """All invocations of it."""
        return sum(one.count for one in self.slices)

    @property
    def durations(self) -> Counter[int]:
        """All of its invocations by bucket."""
        return sum((one.durations for one in self.slices), Counter[int]())


@dataclass(frozen=True, slots=True)
class Difference:
    """`measure` is one of MEASURES. `now` and `usual` are what it was: of `duration` ms at `quantile`, of traffic
    invocations a second, else shares. `share_now` and `share_usual` are those of invocations that tell the windows
    apart, which for durations are those of `bucket` or longer. `direction` is 1 for more. `chance`: exact for shares,
    corrected for what was tried."""

    measure: str
    now: float
    usual: float
    share_now: float
    share_usual: float
    direction: int
    chance: float
    quantile: float = 0.0
    bucket: int = 0

    @property
    def is_worse(self) -> bool:
        """Whether somebody could complain: it is slower, or fails more."""
        return self.direction > 0 and self.measure != "traffic"


def least_ms(bucket: int) -> float:
    """The shortest duration of a bucket."""
    return float(10 ** (bucket / PER_DECADE) / 1e6)


def quantile_ms(durations: Mapping[int, int], share: float) -> float:
    """The duration below which a share lies: the middle of its bucket; 0.0 of nothing."""
    if not durations:
        return 0.0
    bucket = bucket_at(durations, share * (sum(durations.values()) - 1))
    return least_ms(bucket) * 10 ** (0.5 / PER_DECADE)


def differences(now: Window, usual: Sequence[Window]) -> tuple[Difference, ...]:
    """What is different now, worse ones first, and of these the least likely to be chance first; () where nothing is.

    Windows of fewer than LEAST_INVOCATIONS are compared too, and can only show what is beyond chance.
    """
    found = [_duration(now, usual), *(_share(now, usual, measure) for measure in SHARES), _traffic(now, usual)]
    beyond = [one for one in found if one is not None and one.chance <= ALPHA]
    return tuple(sorted(beyond, key=lambda one: (not one.is_worse, one.chance, MEASURES.index(one.measure))))


def _duration(now: Window, usual: Sequence[Window]) -> Difference | None:
    """At the duration at which both are told apart best."""
    ours, theirs = now.durations, sum((one.durations for one in usual), Counter[int]())
    of, of_usual = ours.total(), theirs.total()
    if not of or not of_usual:
        return None
    at, best, cuts = 0, 0.0, _cuts(ours + theirs)
    for bucket in cuts:
        above, above_usual = (sum(many for own, many in one.items() if own >= bucket) for one in (ours, theirs))
        more = above * of_usual > above_usual * of
        few = min(above, of - above) if more else min(above_usual, of_usual - above_usual)
        score = _score(above, of, above_usual, of_usual)
        if score > best and few >= _LEAST_BAD:
            at, best = bucket, score
    quantile, told, told_usual = _told_apart(ours, theirs)
    if not at or not quantile:
        return None
    events = [[one.at_least(at) for one in window.slices] for window in (now, *usual)]
    direction = 1 if told > told_usual else -1
    found = _counted("duration", now, usual, events, len(cuts))
    if found is None or found.direction != direction:
        return None
    return Difference(
        "duration", told, told_usual, found.share_now, found.share_usual, direction, found.chance, quantile, at
    )


def _cuts(both: Counter[int]) -> list[int]:
    """Buckets at fixed shares of all invocations, whichever window they are of; and where many times longer ones begin
    after a gap."""
    found, reached, total = set(), 0, both.total()
    shares, last = list(_CUTS), None
    for bucket in sorted(both):
        if last is not None and bucket - last >= _GAP and reached * 2 >= total:
            found.add(bucket)
        last = bucket
        while shares and reached >= shares[0] * total:
            found.add(bucket)
            shares.pop(0)
        reached += both[bucket]
    return sorted(found)


def _told_apart(ours: Counter[int], theirs: Counter[int]) -> tuple[float, float, float]:
    """The quantile that moved, with its values; the median goes first where it did. Zeros where none did."""
    enough = min(ours.total(), theirs.total())
    for quantile, needed in _QUANTILES:
        now, usual = quantile_ms(ours, quantile), quantile_ms(theirs, quantile)
        least = _MEDIAN_TIMES if quantile == _QUANTILES[0][0] else _TIMES
        times = max(now, usual) / max(min(now, usual), 1e-6)
        if enough >= needed and times >= least and abs(now - usual) >= _LEAST_MS:
            return quantile, now, usual
    return 0.0, 0.0, 0.0


def _share(now: Window, usual: Sequence[Window], measure: str) -> Difference | None:
    events = [[getattr(one, measure) for one in window.slices] for window in (now, *usual)]
    found = _counted(measure, now, usual, events, 1)
    return found if found and _matters(found.now, found.usual) else None


def _counted(
    measure: str, now: Window, usual: Sequence[Window], events: Sequence[Sequence[int]], tried: int
) -> Difference | None:
    """The shares of two windows: exactly, and with their dispersion; what is less sure counts."""
    of, of_usual = now.count, sum(one.count for one in usual)
    bad, bad_usual = sum(events[0]), sum(map(sum, events[1:]))
    if not of or not of_usual or not bad + bad_usual:
        return None
    share, share_usual = bad / of, bad_usual / of_usual
    direction = 1 if share > share_usual else -1
    more, of_more = (bad, of) if direction > 0 else (bad_usual, of_usual)
    exact = chance(log_tail(more, bad + bad_usual, of_more, of + of_usual))
    extra = _dispersion(events, [[one.count for one in each.slices] for each in (now, *usual)], shares=True)
    rough = erfc(_score(bad, of, bad_usual, of_usual) / sqrt(extra) / sqrt(2))
    least = min(1.0, max(2 * exact, rough if extra > 1 else 0.0) * tried)
    return Difference(measure, share, share_usual, share, share_usual, direction, least)


def _traffic(now: Window, usual: Sequence[Window]) -> Difference | None:
    counts = [[one.count for one in window.slices] for window in (now, *usual)]
    seconds = [[window.slice_s] * len(window.slices) for window in (now, *usual)]
    ours, theirs = sum(counts[0]), sum(map(sum, counts[1:]))
    time, time_usual = sum(seconds[0]), sum(map(sum, seconds[1:]))
    if not time or not time_usual or not ours + theirs:
        return None
    extra = _dispersion(counts, seconds, shares=False)
    expected = (ours + theirs) * time / (time + time_usual)
    spread = sqrt(extra * expected * time_usual / (time + time_usual))
    likely = erfc(max(0.0, abs(ours - expected) - 0.5) / spread / sqrt(2))
    rate, rate_usual = ours / time, theirs / time_usual
    if not _matters(rate, rate_usual):
        return None
    return Difference("traffic", rate, rate_usual, 0.0, 0.0, 1 if rate > rate_usual else -1, likely)


def _dispersion(events: Sequence[Sequence[int]], of: Sequence[Sequence[float]], *, shares: bool) -> float:
    """Of the window asked about, which may hold a change, in two parts, and of usual ones each around its own mean: the
    larger counts."""
    now = dispersion(events[0], of[0], best_parts(events[0], of[0]), shares=shares)
    flat = [event for window in events[1:] for event in window]
    exposed = [one for window in of[1:] for one in window]
    parts, at = [], 0
    for window in events[1:]:
        parts.append(range(at, at + len(window)))
        at += len(window)
    return max(now, dispersion(flat, exposed, parts, shares=shares))


def _matters(now: float, usual: float) -> bool:
    return max(now, usual) >= _TIMES * min(now, usual)


def _score(bad: int, of: int, bad_usual: int, of_usual: int) -> float:
    """How many standard deviations two shares are apart."""
    pooled = (bad + bad_usual) / (of + of_usual)
    spread = sqrt(pooled * (1 - pooled) * (1 / of + 1 / of_usual))
    return abs(bad / of - bad_usual / of_usual) / spread if spread else 0.0
