"""Why a function started cold: what had happened just before each cold start."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from mendline.insight.changes import list_changes
from mendline.insight.functions import list_functions
from mendline.insight.moments import range_parameters, to_ns
from mendline.insight.watch import Watched
from mendline.model.cold_start import CAUSES, ColdStarts, Import
from mendline.model.finding import Finding
from mendline.model.function import FunctionId
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore

_BEFORE = timedelta(hours=1)
_SETTINGS = ("memory", "timeout", "environment", "runtime", "layers")
MANY, _LEAST_COLD, _LEAST_INVOCATIONS = 0.08, 10, 50
"""The share of executions that start cold, from which on it is a finding."""
_MOST_LOOKED_AT = 20
_NEXT = {
    "at_once": "Keep some ready (provisioned concurrency, or SnapStart), or take peaks off by a queue.",
    "version": "It ends by itself after a deployment; deploy less often, or shift traffic step by step.",
    "configuration": "It ends by itself after a change of the configuration.",
    "idle": "Invoke it every few minutes by a schedule, or accept it.",
    "replaced": "AWS renews environments now and then; if too often, keep some ready (provisioned concurrency).",
    "timeout": "Mend what times out: each timeout costs an environment.",
    "crash": "Mend what crashes: each crash costs an environment.",
}


def cold_starts(store: TelemetryStore, function: FunctionId, time_range: TimeRange) -> tuple[ColdStarts, ...]:
    """Those of a function in the range by their cause, the most frequent first; what ran in the hour before the range
    is looked at too."""
    parameters = {
        **range_parameters(replace(time_range, start=time_range.start - _BEFORE)),
        "from_ns": to_ns(time_range.start),
        "account": function.account,
        "region": function.region,
        "name": function.name,
        "changed": _configured(store, function, time_range),
    }
    return tuple(ColdStarts(**row) for row in store.select("cold_starts", parameters))


def _configured(store: TelemetryStore, function: FunctionId, time_range: TimeRange) -> list[int]:
    """When its configuration was changed, but not its code."""
    looked_at = replace(time_range, start=time_range.start - _BEFORE)
    told = list_changes(store, looked_at, function=function)
    return sorted(to_ns(change.time) for change in told if change.kind in _SETTINGS)


def slow_imports(store: TelemetryStore, function: str, time_range: TimeRange) -> tuple[Import, ...]:
    """What its cold starts spent on imports, the longest first; () where its agent does not tell."""
    rows = store.select("imports", {**range_parameters(time_range), "function": function})
    return tuple(Import(**row) for row in rows)


def cold_start_findings(watched: Watched) -> Iterator[Finding]:
    """Functions that start cold often, by the most frequent cause."""
    for one in list_functions(watched.store, watched.range)[:_MOST_LOOKED_AT]:
        if one.cold_starts < _LEAST_COLD or one.invocations < _LEAST_INVOCATIONS:
            continue
        if one.cold_starts >= MANY * one.invocations:
            causes = cold_starts(watched.store, one.id, watched.range)
            imports = slow_imports(watched.store, one.id.name, watched.range)
            yield _finding(one.id.name, one.invocations, causes, imports)


def _finding(name: str, invocations: int, causes: Sequence[ColdStarts], imports: Sequence[Import]) -> Finding:
    times = sum(it.times for it in causes)
    mean_ms = sum(it.times * it.mean_init_ms for it in causes) / times if times else 0.0
    worst = causes[0]
    slow = [f"{it.module} {it.own_ms:.0f} ms" for it in imports[:3] if it.own_ms >= 0.05 * mean_ms]
    lazily = f" Its imports take long ({', '.join(slow)}): import them where they are used." if slow else ""
    return Finding(
        kind="cold_start",
        what="cold_starts_often",
        owner="code" if worst.cause in ("version", "timeout", "crash") else "configuration",
        text=f"{times} of {invocations} executions of {name} started cold, and initialised for {mean_ms:.0f} ms in the"
        " mean;"
        f" {worst.times} because {_because(worst.cause)}.",
        next_step=_NEXT.get(worst.cause, "Look at what was before each.") + lazily,
        confidence="high" if worst.times * 2 > times else "medium",
        count=times,
        counted="executions",
        cost_usd=sum(it.cost_usd for it in causes),
        function=name,
        evidence=tuple(f"{'once' if it.times == 1 else f'{it.times} times'}: {CAUSES[it.cause]}" for it in causes),
    )


def _because(cause: str) -> str:
    words = CAUSES[cause]
    return words.partition(": ")[2] or (f"it was {words}" if cause == "version" else words)
