"""Functions and resources by minute or by day: what was summed as telemetry came in, also beyond the retention."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mendline.errors import UsageError
from mendline.insight.moments import range_parameters
from mendline.model.function import FunctionId
from mendline.model.histogram import quantile
from mendline.model.rollup import FunctionRollup, ResourceRollup
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore

STEPS = ("minute", "day")


def function_rollups(
    store: TelemetryStore, time_range: TimeRange, step: str, *, name: str = ""
) -> tuple[FunctionRollup, ...]:
    """Every minute or day (UTC) that begins in the range (a day: that the range touches), oldest first."""
    rows = store.select(f"function_{_checked(step)}s", {**range_parameters(time_range), "name": name})
    return tuple(
        FunctionRollup(
            function=FunctionId(row["account"], row["region"], row["name"]),
            billed_gb_s=row["billed_byte_ms"] / 2**30 / 1000,
            **_durations(row, row["invocations"]),
            **{name: row[name] for name in _OF_FUNCTIONS},
        )
        for row in rows
    )


def resource_rollups(
    store: TelemetryStore, time_range: TimeRange, step: str, *, name: str = ""
) -> tuple[ResourceRollup, ...]:
    """As function_rollups, for what functions call."""
    rows = store.select(f"resource_{_checked(step)}s", {**range_parameters(time_range), "name": name})
    return tuple(
        ResourceRollup(**_durations(row, row["calls"]), **{name: row[name] for name in _OF_RESOURCES}) for row in rows
    )


_OF_FUNCTIONS = ("invocations", "errors", "timeouts", "cold_starts", "unfinished", "billed_ms")
_OF_RESOURCES = ("type", "name", "operation", "service", "calls", "errors", "throttled")


def _checked(step: str) -> str:
    if step not in STEPS:
        raise UsageError(f"step is '{step[:40]}'; use {' or '.join(STEPS)}.")
    return step


def _durations(row: Mapping[str, Any], count: int) -> dict[str, Any]:
    counts = dict(zip(*row["durations"], strict=True))
    return {
        "time": datetime.fromtimestamp(row["at"], UTC),
        "mean_ms": row["duration_ns"] / count / 1e6 if count else 0.0,
        "p50_ms": quantile(counts, 0.5),
        "p95_ms": quantile(counts, 0.95),
        "p99_ms": quantile(counts, 0.99),
    }
