"""Steady state: what is usual for one series, learned as its values come, in one pass and bounded memory. Pure.

A value is forecast by the level of the series and by what it was in the same contexts before (this hour, this hour of
the week, this load); which of these is told follows from how far off each has been. How far a value, or the mean of the
last few, is from the forecast is measured in what it usually is; how rare that is follows from a rolling distribution
of such distances, whose tail is a power law fitted to its largest (Hill, "A simple general approach to inference about
the tail of a distribution", Annals of Statistics 3, 1975). That the tail of a distribution of scores tells more than a
score alone is from Lavin and Ahmad, "Evaluating real-time anomaly detection algorithms", ICMLA 2015.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist, median
from typing import NamedTuple

from mendline.model.band import Band

_LEAST = 1e-12
_AWAY = 1.3  # a chance of one in twenty
_FROZEN_FROM = 3
_NEAREST = 0.1


@dataclass(frozen=True, slots=True)
class Manner:
    """How it is learned; the numbers are the same for every series.

    `spans`: of how many values the means are whose surprise is told. `memory` and
    `spread_memory`: over how many values a level, and a distance, are remembered. `warm`: values that are
    needed before anything is told. `clip`: a value moves what is known by so many usual distances at most. `floor`: no
    usual distance is less than this share of the deviation of the whole series. `gain`: a context is believed where it
    is off by less than this share of what the level is. `tail`: how many distances are remembered; `tail_share` of them
    are fitted, together with `prior` imagined ones of the index `index`; what is more surprising
    than `most` is remembered as just that. `moved`: after so many values on end that
    are away on one side, their level is the new one, and from the fourth on nothing is learned until then (0: never).
    """

    spans: tuple[int, ...] = (1, 4, 16, 48)
    memory: int = 600
    spread_memory: int = 300
    warm: int = 40
    clip: float = 8.0
    floor: float = 0.2
    gain: float = 0.85
    tail: int = 10_000
    tail_share: float = 0.05
    index: float = 0.3
    prior: int = 20
    most: float = math.inf
    moved: int = 0


DEFAULT = Manner()


class Mean:
    """A mean that forgets: of all values at first, later the last `memory` or so count most."""

    __slots__ = ("_memory", "count", "mean", "variance")

    def __init__(self, memory: int) -> None:
        self._memory, self.count, self.mean, self.variance = memory, 0, 0.0, 0.0

    def add(self, value: float, within: float = math.inf) -> None:
        """Take a value in, as if it were no further from the mean than `within`."""
        off = max(-within, min(within, value - self.mean)) if self.count else value - self.mean
        self.count = min(self.count + 1, self._memory)
        share = 1 / self.count
        self.mean += share * off
        self.variance = (1 - share) * (self.variance + share * off * off)

    @property
    def deviation(self) -> float:
        """The standard deviation."""
        return math.sqrt(self.variance)


class Tail:
    """How rare a distance is among the last ones: `surprise` is -log10 of the chance of one as large."""

    __slots__ = ("_manner", "_order", "_sorted")

    def __init__(self, manner: Manner) -> None:
        self._manner = manner
        self._order: deque[float] = deque()
        self._sorted: list[float] = []

    def __len__(self) -> int:
        return len(self._sorted)

    def add(self, distance: float) -> None:
        """Remember one, and forget the oldest where there are too many."""
        self._order.append(distance)
        insort(self._sorted, distance)
        if len(self._order) > self._manner.tail:
            del self._sorted[bisect_left(self._sorted, self._order.popleft())]

    def surprise(self, distance: float) -> float:
        """0 while too few are known."""
        count = len(self._sorted)
        if count < self._manner.warm:
            return 0.0
        many, border = self._fitted()
        if distance <= border:
            return -math.log10(max(1, count - bisect_left(self._sorted, distance)) / count)
        return math.log10(count / many) + math.log10(distance / border) / self._index(many, border)

    def distance(self, surprise: float) -> float:
        """The distance that is as surprising as that; infinite while too few are known."""
        count = len(self._sorted)
        if count < self._manner.warm:
            return math.inf
        many, border = self._fitted()
        beyond = surprise - math.log10(count / many)
        if beyond <= 0:
            return self._sorted[max(0, count - max(1, math.ceil(count * 10**-surprise)))]
        return border * 10 ** (beyond * self._index(many, border))

    def _fitted(self) -> tuple[int, float]:
        """How many of the largest are fitted, and the largest that is not (no less than what is usual)."""
        many = max(5, int(len(self._sorted) * self._manner.tail_share))
        return many, max(self._sorted[-many - 1], _NEAREST)

    def _index(self, many: int, border: float) -> float:
        logs = sum(math.log(max(one, border) / border) for one in self._sorted[-many:])
        return (logs + self._manner.prior * self._manner.index) / (many + self._manner.prior)


class Chance(NamedTuple):
    """How far values are off by chance: no less than `least`; with the standard deviation `noise` where that is known;
    and `scarce` times as far as usual where fewer calls than usual make them."""

    least: float
    noise: float
    scarce: float


@cache
def _deviations(surprise: float) -> float:
    """How many standard deviations off a normal value is that is so surprising."""
    return NormalDist().inv_cdf(1 - 10**-surprise / 2)


def _normal_surprise(deviations: float) -> float:
    """How surprising it is that a normal value is so many standard deviations off."""
    return -math.log10(max(math.erfc(deviations / math.sqrt(2)), 1e-300))


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of contexts: one is believed from `least` values on, and remembers the last `memory` of them."""

    least: int
    memory: int


class Steady:
    """What is usual for a series; with each value come its contexts, one of each of the `kinds`. `noise` is the
    standard deviation that a value has by chance alone: nothing is more surprising than that makes it. `scarce`: values
    are so many times as far off as usual, since they are of fewer calls."""

    def __init__(self, kinds: Sequence[Kind] = (), manner: Manner = DEFAULT) -> None:
        self.count = 0
        self._manner = manner
        self._whole = Mean(4 * manner.memory)
        self._level = _Level(manner)
        self._known = [_Known(kind, manner) for kind in kinds]
        self._spans = [_Span(length, manner) for length in manner.spans]
        self._away: list[tuple[float, float]] = []

    def band(
        self, contexts: Sequence[Hashable], surprise: float, noise: float = 0.0, scarce: float = 1.0
    ) -> Band | None:
        """What is usual in these contexts: beyond it are values as surprising as that, or more. None while too little
        is known."""
        teller, middle = self._teller(self._told(contexts))
        if len(teller.span.tail) < self._manner.warm:
            return None
        wide = teller.span.distance(surprise, Chance(self._least, noise, scarce))
        return Band(middle - wide, middle, middle + wide)

    def see(self, value: float, contexts: Sequence[Hashable] = (), noise: float = 0.0, scarce: float = 1.0) -> float:
        """Learn a value; answers how surprising it and the last few are: the sum over the spans of -log10 of the
        chance."""
        self.count += 1
        if self.count == 1:
            self._level.mean.add(value)
        told = self._told(contexts)
        teller, forecast = self._teller(told)
        chance = Chance(self._least, noise, scarce)
        if self._manner.moved:
            self._look_for_move(value, forecast, teller.span.surprise(value - forecast, chance))
        is_frozen = len(self._away) > _FROZEN_FROM
        surprise = sum([span.see(value - forecast, chance, is_frozen) for span in self._spans])
        for each, own in told:
            each.span.see(value - own, chance, is_frozen)
        if not is_frozen:
            self._learn(value, contexts, told)
        return surprise

    def accept(self) -> None:
        """Take the level of the last values, which were away from what was usual, for the new one."""
        if not self._away:
            return
        more = median(value - forecast for value, forecast in self._away)
        for mean in (self._level.mean, self._whole):
            mean.mean += more
        for known in self._known:
            known.move(more)
        for span in (*self._spans, self._level.span, *(known.span for known in self._known)):
            span.begin_anew()
        self._away.clear()

    @property
    def _least(self) -> float:
        return self._manner.floor * self._whole.deviation + 1e-9 * abs(self._whole.mean) + _LEAST

    def _told(self, contexts: Sequence[Hashable]) -> list[tuple[_Teller, float]]:
        """What is forecast, and by whom: the level first."""
        told: list[tuple[_Teller, float]] = [(self._level, self._level.mean.mean)]
        for known, key in zip(self._known, contexts, strict=True):
            forecast = known.told(key)
            if forecast is not None:
                told.append((known, forecast))
        return told

    def _teller(self, told: Sequence[tuple[_Teller, float]]) -> tuple[_Teller, float]:
        """Whose forecast is taken, and the forecast: of those that were off clearly less than the level was, the one
        that was off least."""
        best, chosen = self._manner.gain, told[0]
        for known, forecast in told[1:]:
            if len(known.span.tail) >= self._manner.warm and known.ratio < best:
                best, chosen = known.ratio, (known, forecast)
        return chosen

    def _look_for_move(self, value: float, forecast: float, surprise: float) -> None:
        if surprise < _AWAY:
            self._away.clear()
            return
        if self._away and (value > forecast) is not (self._away[-1][0] > self._away[-1][1]):
            self._away.clear()
        self._away.append((value, forecast))
        if len(self._away) >= self._manner.moved:
            self.accept()

    def _learn(self, value: float, contexts: Sequence[Hashable], told: Sequence[tuple[_Teller, float]]) -> None:
        level, warm, clip = self._level.mean, self._manner.warm, self._manner.clip
        for known, forecast in told[1:]:
            known.judge(value, forecast, level.mean, self._manner)
        for known, key in zip(self._known, contexts, strict=True):
            known.learn(key, value)
        if self.count > 1:
            usual = self._level.span.usual
            level.add(value, clip * (usual.mean + self._least) if usual.count >= warm else math.inf)
        self._whole.add(value, 2 * clip * self._whole.deviation if self._whole.count > warm else math.inf)


class _Span:
    """The means of the last `length` distances from a forecast, how far they usually are, and how rare that is."""

    __slots__ = ("_last", "_length", "_manner", "_sum", "tail", "usual")

    def __init__(self, length: int, manner: Manner) -> None:
        self._length, self._manner = length, manner
        self.usual, self.tail = Mean(manner.spread_memory), Tail(manner)
        self._last: deque[float] = deque()
        self._sum = 0.0

    def surprise(self, off: float, chance: Chance) -> float:
        """Of a mean that is so far off: no more than if it were by chance alone."""
        surprise = self.tail.surprise(abs(off) / self._usual(chance))
        return min(surprise, _normal_surprise(abs(off) / self._noise(chance))) if chance.noise else surprise

    def distance(self, surprise: float, chance: Chance) -> float:
        """How far off a mean is that is so surprising: no nearer than by chance alone."""
        return max(self.tail.distance(surprise) * self._usual(chance), _deviations(surprise) * self._noise(chance))

    def see(self, off: float, chance: Chance, is_frozen: bool) -> float:
        """Take in one more; answers how surprising the mean is with it."""
        self._last.append(off)
        self._sum += off
        if len(self._last) > self._length:
            self._sum -= self._last.popleft()
        if len(self._last) < self._length:
            return 0.0
        manner, usual, is_warm = self._manner, self._usual(chance), self.usual.count >= self._manner.warm
        far = abs(self._sum / self._length)
        surprise = self.surprise(far, chance) if is_warm else 0.0
        if not is_frozen:
            if is_warm:
                self.tail.add(self.tail.distance(manner.most) if surprise > manner.most else far / usual)
                far = min(far, manner.clip * usual)
            self.usual.add(far / chance.scarce)
        return surprise

    def begin_anew(self) -> None:
        """Forget the last distances: the forecast has moved."""
        self._last.clear()
        self._sum = 0.0

    def _usual(self, chance: Chance) -> float:
        return max((self.usual.mean + chance.least) * chance.scarce, self._noise(chance))

    def _noise(self, chance: Chance) -> float:
        return chance.noise / math.sqrt(self._length)


class _Teller:
    """What forecasts a series, how far off it was, and by what part of how far off the level was."""

    ratio = 1.0

    def __init__(self, manner: Manner) -> None:
        self.span = _Span(1, manner)

    def judge(self, value: float, forecast: float, level: float, manner: Manner) -> None:
        """Take in how far off a forecast was."""


class _Level(_Teller):
    """The mean of the last values."""

    def __init__(self, manner: Manner) -> None:
        super().__init__(manner)
        self.mean = Mean(manner.memory)


class _Known(_Teller):
    """What a series was in the contexts of one kind."""

    def __init__(self, kind: Kind, manner: Manner) -> None:
        super().__init__(manner)
        self._kind = kind
        self._off, self._level_off = Mean(manner.memory), Mean(manner.memory)
        self._values: dict[Hashable, deque[float]] = {}
        self._told: dict[Hashable, float] = {}

    def told(self, key: Hashable) -> float | None:
        """The median of the last values in a context; None where there are too few."""
        return self._told.get(key)

    def judge(self, value: float, forecast: float, level: float, manner: Manner) -> None:
        """Take in how far off a forecast was, and the level."""
        for mean, told in ((self._off, forecast), (self._level_off, level)):
            far = abs(value - told)
            mean.add(min(far, manner.clip * mean.mean) if mean.count > manner.warm else far)
        self.ratio = self._off.mean / max(self._level_off.mean, _LEAST)

    def learn(self, key: Hashable, value: float) -> None:
        """Take a value of a context in."""
        values = self._values.setdefault(key, deque(maxlen=self._kind.memory))
        values.append(value)
        if len(values) >= self._kind.least:
            self._told[key] = median(values)

    def move(self, more: float) -> None:
        """All values are so much larger than they were."""
        for key, values in self._values.items():
            self._values[key] = deque((value + more for value in values), values.maxlen)
        self._told = {key: told + more for key, told in self._told.items()}
