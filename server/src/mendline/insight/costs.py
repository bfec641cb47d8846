"""What functions cost in a range, to the dated list prices, and what of it was wasted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from mendline.insight.moments import from_ns, range_parameters
from mendline.insight.things import Facts, Things
from mendline.insight.transactions import readable_range
from mendline.insight.watch import Watched
from mendline.model.bill import Charge, Usage, make_bill
from mendline.model.finding import Finding
from mendline.model.function import FunctionId
from mendline.model.function_cost import FunctionCost
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore

MONTH_S = 30 * 86400.0
MUCH = 0.25
"""The share of what a function costs, from which on waste is a finding."""
_LEAST_REQUESTS = 20
_PARTS = ("timeouts_usd", "failures_usd", "retries_usd", "inits_usd")


def list_costs(store: TelemetryStore, time_range: TimeRange, now: datetime) -> tuple[FunctionCost, ...]:
    """Of every function, the dearest first. Architecture, storage and provisioned concurrency are those that the AWS
    readers told last; without them x86 and none."""
    rows = store.select("costs", range_parameters(time_range))
    if not rows:
        return ()
    things = Things.of(store, now)
    idle = store.select("idle", range_parameters(readable_range(store, time_range)))
    waiting = {row["name"]: row["waiting"] for row in idle}
    seconds = (time_range.end - time_range.start).total_seconds()
    usages = [_usage(row, things.facts("lambda", row["name"]), seconds) for row in rows]
    bill = make_bill(usages, months=seconds / MONTH_S)
    told = [
        _cost(row, usage, charge, waiting.get(row["name"]))
        for row, usage, charge in zip(rows, usages, bill.charges, strict=True)
    ]
    return tuple(sorted(told, key=lambda it: (-it.charge.total_usd, it.function.name)))


def _usage(row: Mapping[str, Any], facts: Facts, seconds: float) -> Usage:
    ready = facts.get("provisioned_concurrency")
    many = sum(count for count in ready.values() if isinstance(count, int)) if isinstance(ready, Mapping) else 0
    memory_gb = (facts.get("memory_mb") or 0) / 1024
    return Usage(
        name=row["name"],
        region=row["region"],
        architecture="arm64" if facts.get("architecture") == "arm64" else "x86_64",
        gb_s=row["gb_s"],
        requests=row["requests"],
        billed_s=row["billed_s"],
        ephemeral_mb=facts.get("ephemeral_storage_mb") or 512,
        provisioned_gb_s=many * memory_gb * seconds,
        provisioned_duration_gb_s=min(row["gb_s"], many * memory_gb * seconds),
    )


def _cost(row: Mapping[str, Any], usage: Usage, charge: Charge, waiting: float | None) -> FunctionCost:
    estimated = row["usd"]  # of the first tier of x86: what waste is a share of
    scale = (charge.compute_usd + charge.requests_usd) / estimated if estimated else 0.0
    parts: dict[str, Any] = {name: (row[name] or 0.0) * scale for name in _PARTS}
    return FunctionCost(
        function=FunctionId(row["account"], row["region"], row["name"]),
        architecture=usage.architecture,
        gb_s=usage.gb_s,
        charge=charge,
        waiting=waiting,
        first_waste=from_ns(row["first_waste_ns"]) if row["first_waste_ns"] else None,
        **parts,
        **{name: row[name] for name in ("requests", "timeouts", "failures", "retries", "unsized", "reported")},
    )


def wasted_money(watched: Watched) -> Iterator[Finding]:
    """Functions of which a quarter of the cost or more was for nothing."""
    length_s = (watched.range.end - watched.range.start).total_seconds()
    for cost in list_costs(watched.store, watched.range, watched.now):
        if cost.requests < _LEAST_REQUESTS or cost.wasted_share < MUCH:
            continue
        parts = {"timeouts": cost.timeouts_usd, "failures": cost.failures_usd, "retries": cost.retries_usd}
        worst = max(parts, key=lambda name: parts[name])
        monthly = cost.wasted_usd * MONTH_S / length_s
        yield Finding(
            kind={"timeouts": "timeout", "failures": "code_error", "retries": "retry_storm"}[worst],
            what="money_wasted",
            owner="code",
            text=f"{cost.wasted_share:.0%} of what {cost.function.name} costs is for nothing: {_parts(cost)}; about"
            f" ${monthly:,.2f} a month if it goes on.",
            next_step={
                "timeouts": "Look at what its timeouts wait for, and fail fast.",
                "failures": "Mend what it fails at; what cannot succeed need not be tried.",
                "retries": "Look at why first tries fail.",
            }[worst],
            confidence="high" if cost.reported >= 0.9 * cost.requests else "medium",
            since=cost.first_waste,
            count=cost.timeouts + cost.failures + cost.retries,
            counted="executions",
            cost_usd=cost.wasted_usd,
            function=cost.function.name,
        )


def _parts(cost: FunctionCost) -> str:
    told = (
        (cost.timeouts, "timed out"),
        (cost.failures, "failed"),
        (cost.retries, "did again what was tried before"),
    )
    return ", ".join(f"{count} of {cost.requests} executions {words}" for count, words in told if count)
