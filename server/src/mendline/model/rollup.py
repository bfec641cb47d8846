"""What was summed over a minute or a day, of a function or of a resource."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mendline.model.function import FunctionId


@dataclass(frozen=True, slots=True)
class FunctionRollup:
    """A function over the minute or the day (UTC) that begins at `time`. Durations in ms; percentiles are off by 1 % at
    most. `billed_gb_s` is in gigabyte-seconds, of 1024^3 bytes, of invocations whose report is known."""

    time: datetime
    function: FunctionId
    invocations: int
    errors: int
    timeouts: int
    cold_starts: int
    unfinished: int
    mean_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    billed_ms: int
    billed_gb_s: float


@dataclass(frozen=True, slots=True)
class ResourceRollup:
    """A resource, as one service called it by one operation, over the minute or the day (UTC) that begins at `time`."""

    time: datetime
    type: str
    name: str
    operation: str
    service: str
    calls: int
    errors: int
    throttled: int
    mean_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
