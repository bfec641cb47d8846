"""How a function uses memory: what makes it jump, whether it leaks, and what another size would do. Pure.

What a size costs is measured, not computed: from one size nothing can be said about others (its error is 33 to 49 %),
from two sizes on duration = fixed + work / size is fitted, which on other functions was off by 10 to 17 %."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

MB = 1024 * 1024
OFF_BY = 0.17
"""How far a fit of two sizes or more was off, of the duration."""
_JUMP, _LEAST_JUMP = 0.1, 16 * MB  # of the size
_LEAST_LIFE, _LEAST_LIVES = 10, 2  # executions of a process, processes
_STILL_GROWS = 0.5  # the growth of the second half of a life, to that of the first
_LEAST_LEAK = 0.05  # of the size, in a life
_LARGE = 0.95
_SELDOM = 0.1
_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Step:
    """An execution: in which environment and version, when, how much memory was used by then, of how much, how long its
    captured request was (0: none), and what it called."""

    instance: str
    version: str
    start_ns: int
    used: int
    size: int
    payload: int
    called: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Jump:
    """Where use rose at once: `by` is `input size`, `resource`, `version`, `leak` or empty, where nothing explains
    it."""

    start_ns: int
    instance: str
    rose: int
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class Leak:
    """Of `lives` processes each execution kept `each` bytes in the middle; `left` executions until the newest has none
    left."""

    each: float
    lives: int
    left: int
    since_ns: int


def interval_of_median(values: Sequence[float]) -> tuple[float, float, float]:
    """The median, and its 95 % interval by order statistics (exact for any distribution, by the binomial one)."""
    ordered, count = sorted(values), len(values)
    half = _Z * math.sqrt(count) / 2
    first, last = max(0, math.floor(count / 2 - half)), min(count - 1, math.ceil(count / 2 + half))
    return median(ordered), ordered[first], ordered[last]


def find_leak(steps: Sequence[Step]) -> Leak | None:
    """Whether processes keep more with each execution, and go on with it: platforms tell the most ever used, which
    rises at first wherever it is looked at, and then stays where nothing leaks. Of the newest version; None where most
    of its processes do not."""
    newest = max(steps, key=lambda step: step.start_ns).version if steps else ""
    every = [life for life in _lives(steps) if len(life) >= _LEAST_LIFE]
    lives = [life for life in every if life[-1].version == newest]
    leaking = []
    for life in lives:
        half = len(life) // 2
        first, second = life[half].used - life[0].used, life[-1].used - life[half].used
        if (
            second > 0
            and second >= _STILL_GROWS * first
            and life[-1].used - life[0].used >= _LEAST_LEAK * life[-1].size
        ):
            leaking.append(life)
    if len(leaking) < _LEAST_LIVES or len(leaking) * 2 <= len(lives):
        return None
    each = median((life[-1].used - life[0].used) / (len(life) - 1) for life in leaking)
    last = max(leaking, key=lambda life: life[-1].start_ns)[-1]
    left = max(0, math.floor((last.size - last.used) / each))
    return Leak(each, len(leaking), left, min(life[0].start_ns for life in leaking))


def _lives(steps: Sequence[Step]) -> list[list[Step]]:
    """By process: an environment goes on with a new one where its process died, as it does when memory runs out."""
    lives: list[list[Step]] = []
    newest: dict[str, list[Step]] = {}
    for step in steps:
        life = newest.get(step.instance)
        if life is None or life[-1].used - step.used >= _least_jump(step):
            life = newest[step.instance] = []
            lives.append(life)
        life.append(step)
    return lives


def _least_jump(step: Step) -> float:
    return max(_LEAST_JUMP, _JUMP * step.size)


def find_jumps(steps: Sequence[Step], leak: Leak | None) -> Iterator[Jump]:
    """Where use rose by a tenth of the size or more at once, within an environment or from a version to the next."""
    payloads = sorted(step.payload for step in steps if step.payload)
    large = payloads[math.floor(_LARGE * (len(payloads) - 1))] if payloads else 0
    usual = median(payloads) if payloads else 0
    calls = Counter(name for step in steps for name in step.called)
    yield from _by_version(steps)
    for life in _lives(steps):
        for before, step in pairwise(life):
            rose = step.used - before.used
            if rose < _least_jump(step):
                continue
            seldom = [name for name in step.called if calls[name] <= _SELDOM * len(steps)]
            if step.payload and step.payload >= large and step.payload >= 2 * usual:
                by, text = (
                    "input size",
                    f"its request has {step.payload:,} bytes, {step.payload / usual:.0f} times the usual",
                )
            elif seldom:
                by, text = "resource", f"it called {', '.join(seldom)}, as few do"
            elif leak is not None and rose <= 3 * leak.each:
                by, text = "leak", "each execution keeps as much"
            else:
                by, text = "", "nothing that is known of it explains this"
            yield Jump(step.start_ns, step.instance, rose, by, text)


def _by_version(steps: Sequence[Step]) -> Iterator[Jump]:
    """From version to version, by what processes use with their first execution."""
    firsts: dict[str, list[Step]] = defaultdict(list)
    for life in _lives(steps):
        firsts[life[0].version].append(life[0])
    ordered = sorted(firsts.items(), key=lambda it: min(step.start_ns for step in it[1]))
    for (old, before), (new, after) in pairwise(ordered):
        rose = median(step.used for step in after) - median(step.used for step in before)
        if rose >= _least_jump(after[0]):
            first = min(after, key=lambda step: step.start_ns)
            text = f"version {new} begins with so much more than version {old}"
            yield Jump(first.start_ns, first.instance, round(rose), "version", text)


@dataclass(frozen=True, slots=True)
class Fit:
    """duration in ms = fixed + work / MB, from medians at several sizes."""

    fixed_ms: float
    work: float
    least_mb: float
    most_mb: float

    def duration_ms(self, size_mb: float) -> tuple[float, float, float] | None:
        """At a size, with how far such fits are off; None beyond half the least and twice the most measured size."""
        if not self.least_mb / 2 <= size_mb <= self.most_mb * 2:
            return None
        middle = self.fixed_ms + self.work / size_mb
        return middle, middle * (1 - OFF_BY), middle * (1 + OFF_BY)


def fit_sizes(points: Sequence[tuple[float, float]]) -> Fit | None:
    """Of (MB, median ms), by least squares, work and fixed part not below 0; None of fewer than two sizes."""
    if len({size for size, _ in points}) < 2:
        return None
    inverse, times = [1 / size for size, _ in points], [time for _, time in points]
    mean_x, mean_y = sum(inverse) / len(points), sum(times) / len(points)
    spread = sum((x - mean_x) ** 2 for x in inverse)
    work = max(0.0, sum((x - mean_x) * (y - mean_y) for x, y in zip(inverse, times, strict=True)) / spread)
    fixed = max(0.0, mean_y - work * mean_x)
    if not fixed:
        work = sum(x * y for x, y in zip(inverse, times, strict=True)) / sum(x * x for x in inverse)
    sizes = [size for size, _ in points]
    return Fit(fixed, work, min(sizes), max(sizes))
