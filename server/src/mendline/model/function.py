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
    """

    id: FunctionId
    invocations: int
    errors: int
    cold_starts: int
    p50_ms: float
    p99_ms: float
    max_ms: float
    timeout_ms: int
    memory_size_bytes: int
    memory_used_bytes: int
    last_invoked: datetime
    trend: tuple[int, ...]
