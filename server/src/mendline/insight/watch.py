"""What a watch is handed: the store, the range that it looks at, and the present."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from mendline.model.finding import Finding
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore


@dataclass(frozen=True, slots=True)
class Watched:
    """`range` is as long as can be read at once (mendline.insight.transactions.readable_range)."""

    store: TelemetryStore
    range: TimeRange
    now: datetime


Watch = Callable[[Watched], Iterable[Finding]]
