"""What functions and services depend on: every resource that they called, and how it did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mendline.insight.moments import range_parameters
from mendline.model.dependency import Dependency
from mendline.model.histogram import quantile
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore

TREND_SLICES = 30


def list_dependencies(store: TelemetryStore, time_range: TimeRange) -> tuple[Dependency, ...]:
    """Every resource called in the minutes that begin in the range, most called first (at most 5,000)."""
    return _dependencies(store, time_range, None)


def get_dependency(store: TelemetryStore, time_range: TimeRange, type_: str, name: str) -> Dependency | None:
    """One resource; None where it was not called in the range."""
    return next(iter(_dependencies(store, time_range, (type_, name))), None)


def _dependencies(store: TelemetryStore, time_range: TimeRange, only: tuple[str, str] | None) -> tuple[Dependency, ...]:
    type_, name = only or ("", "")
    parameters = {**range_parameters(time_range), "only": only is not None, "type": type_, "name": name}
    rows = store.select("dependencies", {**parameters, "slices": TREND_SLICES})
    kinds: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for row in store.select("dependency_errors", parameters) if any(row["errors"] for row in rows) else ():
        kinds.setdefault((row["type"], row["name"]), []).append((row["kind"], row["errors"]))
    return tuple(_dependency(row, kinds.get((row["type"], row["name"]), ())) for row in rows)


def _dependency(row: Mapping[str, Any], kinds: Sequence[tuple[str, int]]) -> Dependency:
    counts = dict(zip(*row["durations"], strict=True))
    return Dependency(
        type=row["type"],
        name=row["name"],
        calls=row["calls"],
        errors=row["errors"],
        throttled=row["throttled"],
        total_ms=row["duration_ns"] / 1e6,
        p50_ms=quantile(counts, 0.5),
        p95_ms=quantile(counts, 0.95),
        p99_ms=quantile(counts, 0.99),
        services=tuple(sorted(filter(None, row["services"]))),
        error_kinds=tuple(kinds),
        trend=tuple(row["trend"].get(slice_, 0) for slice_ in range(TREND_SLICES)),
    )
