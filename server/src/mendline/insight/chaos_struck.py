"""What a run of an experiment struck, by the marks that agents put on what they touch."""

from __future__ import annotations

from dataclasses import dataclass

from mendline.insight.moments import range_parameters
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore


@dataclass(frozen=True, slots=True)
class Struck:
    """`injected` faults in so many `invocations`; how many of these `failed`, and how many were answered by a fallback
    (`degraded`) or put aside for later (`buffered`)."""

    injected: int
    invocations: int
    failed: int
    degraded: int
    buffered: int


def struck_by(store: TelemetryStore, tag: str, time_range: TimeRange) -> Struck:
    """By the run whose id on the wire is `tag`."""
    (row,) = store.select("chaos_struck", {**range_parameters(time_range), "id": tag})
    counts = {name: row[name] for name in ("invocations", "failed", "degraded", "buffered")}
    return Struck(injected=max(row["told"], row["marked"]), **counts)


def functions_struck(store: TelemetryStore, tag: str, time_range: TimeRange) -> tuple[str, ...]:
    """The functions that took part in what a run struck: itself, its callers, and what came after it."""
    rows = store.select("struck_functions", {**range_parameters(time_range), "id": tag})
    return tuple(row["name"] for row in rows)
