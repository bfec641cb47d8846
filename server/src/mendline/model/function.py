"""A function: a deployed unit, and what it did over a time range."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class FunctionId:
    """Which function: AWS account, region, name. Account and region are empty where telemetry does not say."""

    account: str
    region: str
    name: str


@dataclass(frozen=True, slots=True)
class FunctionSummary:
    """What one function did: counts, durations in ms, and when it was last invoked.

    `trend` counts invocations in equal slices of the range, oldest first. Memory is in bytes, 0 where not known.
    `cost_usd` is estimated (docs/reference/cost.md); None where no size of memory is known. `version` is that of the
    newest invocation.
    """

    id: FunctionId
    invocations: int
    errors: int
    timeouts: int
    cold_starts: int
    p50_ms: float
    p99_ms: float
    max_ms: float
    timeout_ms: int
    memory_size_bytes: int
    memory_used_bytes: int
    cost_usd: float | None
    version: str
    last_invoked: datetime
    trend: tuple[int, ...]

    @property
    def health(self) -> float:
        """The share of invocations that did not fail, from 0 to 1; 1 where there were none."""
        return 1 - self.errors / self.invocations if self.invocations else 1.0
