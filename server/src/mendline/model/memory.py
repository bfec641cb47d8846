"""How much memory a function has, how much of it it uses, and what every size ever run did and cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mendline.model.function import FunctionId


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """The size of a function's memory as it ran last, the most that it used, and how often memory ran out."""

    function: FunctionId
    size_mb: int
    used_mb: float
    executions: int
    out_of_memory: int

    @property
    def used_share(self) -> float:
        """The most that was used, of the size."""
        return self.used_mb / self.size_mb


@dataclass(frozen=True, slots=True)
class SizeRun:
    """A size of memory that was run: the median of warm executions that went well, and what a million of them cost,
    each with its 95 % interval; None of fewer than eight."""

    size_mb: int
    executions: int
    out_of_memory: int
    duration_ms: tuple[float, float, float] | None
    million_usd: tuple[float, float, float] | None
    most_used_mb: float
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class SizeGuess:
    """What a size would do that was not run, by a fit of at least two that were: with how far such fits are off."""

    size_mb: int
    duration_ms: tuple[float, float, float]
    million_usd: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class MemoryJump:
    """Use rose at once by so much; `by` is input size, resource, version, leak, or empty where nothing explains it."""

    time: datetime
    instance: str
    rose_mb: float
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class MemoryLeak:
    """`each_kb` are kept by each execution, in so many processes; the newest has room for `left` more, for about
    `left_s` seconds as it is invoked; None where that is not known."""

    each_kb: float
    processes: int
    since: datetime
    left: int
    left_s: float | None


@dataclass(frozen=True, slots=True)
class MemoryReport:
    """`sizes`, the newest first, is what was measured; `guesses` what can be said of others; `measure_next` is what to
    measure next, and why; `not_known` says what nothing tells."""

    function: str
    sizes: tuple[SizeRun, ...]
    guesses: tuple[SizeGuess, ...]
    jumps: tuple[MemoryJump, ...]
    leak: MemoryLeak | None
    measure_next: str
    not_known: tuple[str, ...]

    @property
    def now(self) -> SizeRun | None:
        """The size that ran last."""
        return self.sizes[0] if self.sizes else None

    @property
    def used_share(self) -> float:
        """The most that was used of the size that ran last, 0 to 1."""
        return self.now.most_used_mb / self.now.size_mb if self.now else 0.0
