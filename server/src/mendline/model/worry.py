"""How worried to be about an error: how often it hits, whether that is more than before, and since which version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mendline.model.error_group import ErrorGroup
from mendline.model.interval import at_least, exact_share

_SPIKE, _LEAST = 0.5, 5
_SURE = 0.001  # chance of as many, or as few, were nothing different: a page has many errors
_TIMES = 1.5  # as often, or as seldom, that matters
_RARE = 0.001
_STEADY_DAYS = 7.0
_EARLY = "too soon to say"
WORRYING = ("rising", "spike", "new with a version")


@dataclass(frozen=True, slots=True)
class Hits:
    """Executions that had an error, of all of its functions. Where spans were sampled and executions are all known, an
    error that was seen stands for `each` of them."""

    found: int
    of: int
    each: float = 1.0

    @property
    def trials(self) -> int:
        """Of how many executions the errors would have been seen."""
        return max(self.found, round(self.of / self.each))

    @property
    def share(self) -> float:
        """0.0 of none."""
        return self.found / self.trials if self.trials else 0.0


@dataclass(frozen=True, slots=True)
class Worry:
    """`kind` is `new`, `new with a version`, `rising`, `spike`, `falling`, `rare` (less than one in a thousand, and
    steady for a week or longer), `steady`, or `too soon to say` (nothing is kept of it from before, and too little is
    known to call it new). `rate` is the share of the executions of its functions that had it,
    between `low` and `high` with 95 % confidence, exactly: of a rare one over weeks and range together. `before` is the
    share in what it was compared with: the `weeks` before, in days, or (0) the period before. `chance` is that of a
    difference as large by luck. `version` is the only one that has it, where its functions ran others too. `each`: how
    many executions one that was seen stands for, by sampling."""

    kind: str
    rate: float
    low: float
    high: float
    before: float
    version: str = ""
    weeks: float = 0.0
    chance: float = 1.0
    each: float = 1.0

    @property
    def is_worrying(self) -> bool:
        """Whether it is a finding: something became worse."""
        return self.kind in WORRYING


def worry(
    group: ErrorGroup, now: Hits, before: Hits, versions: Sequence[str], *, weeks: float = 0.0, known_days: float = 0.0
) -> Worry:
    """From its hits in the range and `before`, which are the `weeks` (in days) before, or the period before (0), and
    the versions that its functions ran. It is `known_days` old.

    It rises, or falls, where as many hits now, of all hits, have a chance below 1 in 1,000 (the exact comparison of two
    rates: J. Przyborowski, H. Wilenski, Biometrika 31, 1940), and it is half as often again. A spike: half of five or
    more errors and at least eight times its usual slice fall into one of the slices of the range.
    """
    low, high = exact_share(now.found, now.trials)
    own = group.versions[0] if len(group.versions) == 1 and len(set(versions) - set(group.versions)) > 0 else ""
    direction, chance = _compared(now, before)
    rate = now.share
    if group.is_new:
        kind = "new with a version" if own else "new"
    elif direction > 0:
        kind = "rising"
    elif _is_spike(group.trend):
        kind = "spike"
    else:
        kind = "falling" if direction < 0 else _EARLY if group.began_here else "steady"
    if kind in (_EARLY, "steady") and known_days >= _STEADY_DAYS:
        both = Hits(now.found + before.found, now.trials + before.trials)
        if both.share < _RARE:
            kind, rate, (low, high) = "rare", both.share, exact_share(both.found, both.of)
    return Worry(kind, rate, low, high, before.share, own, weeks, chance, now.each)


def _compared(now: Hits, before: Hits) -> tuple[int, float]:
    """1 where it is more often than before beyond chance, -1 where it is less; and the chance."""
    both, trials = now.found + before.found, now.trials + before.trials
    if not both or not now.trials or not before.trials:
        return 0, 1.0
    share = now.trials / trials
    if now.share >= before.share:
        chance = at_least(now.found, both, share)
        return int(chance < _SURE and now.share >= _TIMES * before.share), chance
    chance = at_least(before.found, both, 1 - share)
    return -int(chance < _SURE and before.share >= _TIMES * now.share), chance


def _is_spike(trend: Sequence[int]) -> bool:
    total, largest = sum(trend), max(trend, default=0)
    return total >= _LEAST and largest >= _SPIKE * total and largest >= 8 * total / max(1, len(trend))
