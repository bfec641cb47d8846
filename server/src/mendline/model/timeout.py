"""The timeout of a function: how near it is, what it costs, and what other values would do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mendline.model.function import FunctionId


@dataclass(frozen=True, slots=True)
class TimeoutValue:
    """At this value instead: how many good executions, and which share of them, would have been cut, and how much
    shorter those that timed out would have made somebody wait, each, and what they would have cost less."""

    ms: float
    cut: int
    cut_share: float
    spared_ms: float
    spared_usd: float


@dataclass(frozen=True, slots=True)
class FunctionTimeouts:
    """Durations in ms, of executions that ended well; `near` took more than four fifths of the timeout. `wait_ms` is
    how long those that timed out made somebody wait, each."""

    function: FunctionId
    timeout_ms: int
    executions: int
    good: int
    p50_ms: float
    p99_ms: float
    p999_ms: float
    longest_ms: float
    near: int
    timeouts: int
    timeouts_usd: float
    wait_ms: float
    first_timeout: datetime | None
    first_near: datetime | None
    values: tuple[TimeoutValue, ...]
    traces: tuple[str, ...]

    @property
    def shortest_harmless(self) -> TimeoutValue | None:
        """The shortest of the values that would have cut no good execution, with room for half as long again."""
        return next((it for it in self.values if it.ms >= 1.5 * self.longest_ms), None)
