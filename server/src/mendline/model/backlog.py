"""A queue or a stream: what waits in it, how fast that grows, and how long until it is worked off or lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mendline.model.slope import Slope

# defaults of AWS: MessageRetentionPeriod of SQS; Kinesis' retention; a table's stream, which is always kept so long
_MOST_TIMES = 10  # its retention, beyond which no time until something is lost is told
DEFAULT_RETENTION_S = {"sqs": 4 * 86400, "kinesis": 86400, "dynamodb": 86400}


@dataclass(frozen=True, slots=True)
class Consumer:
    """A function that takes from it, and how many of it ran at once lately; None where that is not known."""

    function: str
    concurrency: float | None


@dataclass(frozen=True, slots=True)
class FailingRecord:
    """The record that failed in most tries of the last 30 minutes of the range, by its id; the newest try was `last`,
    in that trace and span."""

    id: str
    tries: int
    last: datetime
    trace_id: str
    span_id: str


@dataclass(frozen=True, slots=True)
class Shard:
    """How old the oldest record of the newest batch of a shard was when a function began with it, and when that was."""

    id: str
    age_s: float
    last: datetime


@dataclass(frozen=True, slots=True)
class Forecast:
    """In how many seconds something will be so, as it goes now: most likely, at the earliest and at the latest with 95
    % confidence; None at the end of an interval: perhaps never."""

    middle_s: float
    low_s: float
    high_s: float | None


@dataclass(frozen=True, slots=True)
class Backlog:
    """`type` is sqs, kinesis or dynamodb (the stream of a table). None is what no metric tells. Rates are of the last
    30 minutes of the range; `depth_grows` and `age_grows` are by how much a second, with 95 % intervals; `age_slope`
    is by how many seconds the age grew each second. `retention_s` is AWS's default where `retention_known` is false.
    `trend` has the largest depth (age, of streams) in equal slices, None without one."""

    type: str
    name: str
    depth: float | None
    in_flight: float | None
    age_s: float | None
    age_slope: float | None
    in_per_s: float | None
    out_per_s: float | None
    retention_s: float
    retention_known: bool
    takes_dead_letters: bool
    dead_letter_queue: str
    max_receives: int
    consumers: tuple[Consumer, ...]
    trend: tuple[float | None, ...]
    last: datetime
    failing: FailingRecord | None = None
    shards: tuple[Shard, ...] = ()
    depth_grows: Slope | None = None
    age_grows: Slope | None = None

    @property
    def drained(self) -> Forecast | None:
        """When nothing waits any more; None where what waits does not shrink, or fewer than eight points tell of it."""
        left, slope = (self.depth, self.depth_grows) if self.depth is not None else (self.age_s, self.age_grows)
        if not left or slope is None or slope.middle >= 0:
            return None
        return Forecast(left / -slope.middle, left / -slope.low, left / -slope.high if slope.high < 0 else None)

    @property
    def lost(self) -> Forecast | None:
        """When the oldest passes its retention; None where it does not get older, or fewer than eight points tell."""
        slope = self.age_grows
        if not self.age_s or slope is None or slope.middle <= 0:
            return None
        left = max(0.0, self.retention_s - self.age_s)
        return Forecast(left / slope.middle, left / slope.high, left / slope.low if slope.low > 0 else None)

    @property
    def will_not_drain(self) -> bool:
        """Whether more waits, or the oldest gets older, beyond doubt, and neither shrinks."""
        slopes = [slope for slope in (self.depth_grows, self.age_grows) if slope is not None]
        return any(slope.direction > 0 for slope in slopes) and all(slope.direction >= 0 for slope in slopes)

    @property
    def drain_s(self) -> float | None:
        """Seconds until nothing waits, at the present rates; None where it does not shrink, or nothing tells."""
        if self.depth is not None:
            if self.depth == 0:
                return 0.0
            if self.in_per_s is None or self.out_per_s is None or self.out_per_s <= self.in_per_s:
                return None
            return self.depth / (self.out_per_s - self.in_per_s)
        if not self.age_s:
            return self.age_s
        return self.age_s / -self.age_slope if self.age_slope is not None and self.age_slope < 0 else None

    @property
    def loss_s(self) -> float | None:
        """Seconds until the oldest passes its retention and is lost, as its age grows now; None where it does not, or
        so slowly that it would take ten times its retention."""
        if not self.age_s or not self.age_slope or self.age_slope <= 0:
            return None
        left = max(0.0, (self.retention_s - self.age_s) / self.age_slope)
        return left if left <= _MOST_TIMES * self.retention_s else None

    @property
    def state(self) -> str:
        """`empty`, `draining`, `growing` (the oldest gets older), `waiting` (neither), or `unknown`."""
        waiting = self.depth if self.depth is not None else self.age_s
        if waiting is None:
            return "unknown"
        if waiting == 0:
            return "empty"
        if self.age_slope is not None and self.age_slope > 0.05:
            return "growing"
        return "draining" if self.drain_s is not None else "waiting"
