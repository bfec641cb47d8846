"""Which functions there are, and what each did over a time range."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mendline.errors import NotFoundError
from mendline.insight.moments import from_ns, range_parameters
from mendline.model.function import FunctionId, FunctionSummary
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore

TREND_SLICES = 30


def list_functions(store: TelemetryStore, time_range: TimeRange) -> tuple[FunctionSummary, ...]:
    """Every function invoked in the range, most invoked first (at most 5,000)."""
    return _summaries(store, time_range, None)


def get_function(store: TelemetryStore, function: FunctionId, time_range: TimeRange) -> FunctionSummary:
    """One function; all zeros when it was not invoked in the range. Raises NotFoundError when it never was."""
    found = _summaries(store, time_range, function)
    if found:
        return found[0]
    seen = store.select("function_seen", _identity(function))[0]
    if not seen["invocations"]:
        asked = (("account", function.account[:20]), ("region", function.region[:20]))
        where = ", ".join(f"{name} '{value}'" for name, value in asked if value)
        raise NotFoundError(
            f"No invocation of a function '{function.name[:80]}' is stored{f' ({where})' if where else ''}."
            " See the list of functions for what is."
        )
    return _idle(function, from_ns(seen["last_invoked_ns"]))


def functions_named(store: TelemetryStore, name: str) -> list[FunctionId]:
    """Every function of this name that was ever invoked, wherever it runs."""
    return [FunctionId(row["account"], row["region"], name) for row in store.select("function_named", {"name": name})]


def _identity(function: FunctionId) -> dict[str, str]:
    return {"account": function.account, "region": function.region, "name": function.name}


def _summaries(store: TelemetryStore, time_range: TimeRange, only: FunctionId | None) -> tuple[FunctionSummary, ...]:
    identity = _identity(only or FunctionId("", "", ""))
    parameters = {**range_parameters(time_range), **identity, "only": only is not None, "slices": TREND_SLICES}
    return tuple(_summary(row) for row in store.select("functions", parameters))


def _summary(row: Mapping[str, Any]) -> FunctionSummary:
    p50, p99 = row["percentiles"]
    return FunctionSummary(
        id=FunctionId(row["account"], row["region"], row["name"]),
        invocations=row["invocations"],
        errors=row["errors"],
        timeouts=row["timeouts"],
        cold_starts=row["cold_starts"],
        p50_ms=p50,
        p99_ms=p99,
        max_ms=row["max_ms"],
        timeout_ms=row["timeout_ms"],
        memory_size_bytes=row["memory_size_bytes"],
        memory_used_bytes=row["memory_used_bytes"],
        cost_usd=row["cost_usd"],
        version=row["version"],
        last_invoked=from_ns(row["last_invoked_ns"]),
        trend=tuple(row["trend"].get(slice_, 0) for slice_ in range(TREND_SLICES)),
    )


def _idle(function: FunctionId, last_invoked: datetime) -> FunctionSummary:
    return FunctionSummary(
        id=function, invocations=0, errors=0, timeouts=0, cold_starts=0, p50_ms=0.0, p99_ms=0.0, max_ms=0.0,
        timeout_ms=0, memory_size_bytes=0, memory_used_bytes=0, cost_usd=None, version="", last_invoked=last_invoked,
        trend=(0,) * TREND_SLICES,
    )  # fmt: skip
