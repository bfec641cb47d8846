"""The memory of functions: every size ever run, jumps by their cause, leaks, and what to measure next."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from mendline.analysis.memory import MB, Leak, Step, find_jumps, find_leak, fit_sizes, interval_of_median
from mendline.errors import NotFoundError
from mendline.insight.moments import from_ns, range_parameters
from mendline.model.function import FunctionId
from mendline.model.memory import MemoryJump, MemoryLeak, MemoryReport, MemoryUse, SizeGuess, SizeRun
from mendline.model.prices import GB_SECOND_BY_REGION, REQUEST_BY_REGION, USD_PER_GB_SECOND, USD_PER_REQUEST
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore

MEASURED_OVER = timedelta(days=30)
SIZES_MB = (128, 256, 512, 1024, 1769, 2048, 3008, 4096, 10240)
_FULL_CPU_MB = 1769  # one processor (AWS Lambda Developer Guide, "Configure Lambda function memory")
_LEAST = 8
_MOST_STEPS = 5000
_MOST_JUMPS = 20
_ROOM = 1.25
OVER, NEAR = 0.4, 0.9
"""The share of its memory below which a function has far more than it uses, and from which on it is near its end."""
_Interval = tuple[float, float, float]


def list_memory(store: TelemetryStore, time_range: TimeRange) -> list[MemoryUse]:
    """Of every function of which something tells, those nearest to the end of their memory first."""
    uses = [
        MemoryUse(
            FunctionId(row["account"], row["region"], row["name"]),
            round(row["size"] / MB),
            row["used"] / MB,
            row["executions"],
            row["out_of_memory"],
        )
        for row in store.select("memory_use", range_parameters(time_range))
    ]
    return sorted(uses, key=lambda use: (-use.out_of_memory, -use.used_share, use.function.name))


def memory_report(store: TelemetryStore, function: str, time_range: TimeRange) -> MemoryReport:
    """Sizes of the 30 days before the end of the range, the rest in it. Raises NotFoundError where nothing tells of
    it."""
    measured = TimeRange(min(time_range.start, time_range.end - MEASURED_OVER), time_range.end)
    rows = store.select("memory_sizes", {**range_parameters(measured), "function": function})
    if not rows:
        raise NotFoundError(
            f"No execution of a function '{function[:80]}' tells the size of its memory in the 30 days before this"
            " range."
        )
    steps = [_step(row) for row in _course(store, function, time_range)]
    leak = find_leak(steps)
    sizes = tuple(_size(row) for row in rows)
    guesses = tuple(_guesses(sizes, rows[0]["region"]))
    jumps = sorted(find_jumps(steps, leak), key=lambda it: -it.rose)[:_MOST_JUMPS]
    return MemoryReport(
        function=function,
        sizes=sizes,
        guesses=guesses,
        jumps=tuple(MemoryJump(from_ns(it.start_ns), it.instance, it.rose / MB, it.by, it.text) for it in jumps),
        leak=leak_of(leak, steps) if leak else None,
        measure_next=_measure_next(sizes, leak),
        not_known=tuple(_not_known(sizes, steps)),
    )


def _course(store: TelemetryStore, function: str, time_range: TimeRange) -> Sequence[Mapping[str, Any]]:
    return store.select("memory_course", {**range_parameters(time_range), "function": function, "most": _MOST_STEPS})


def _step(row: Mapping[str, Any]) -> Step:
    return Step(**{**row, "called": tuple(row["called"])})


def _size(row: Mapping[str, Any]) -> SizeRun:
    enough = row["warm_ones"] >= _LEAST
    size_mb = round(row["size_bytes"] / MB)
    half = 1.96 * row["billed_deviation"] / math.sqrt(row["warm_ones"]) if enough else 0.0
    billed = (row["billed_ms"], row["billed_ms"] - half, row["billed_ms"] + half)
    return SizeRun(
        size_mb=size_mb,
        executions=row["executions"],
        out_of_memory=row["out_of_memory"],
        duration_ms=interval_of_median(row["durations"]) if enough else None,
        million_usd=_million(billed, size_mb, row["region"]) if enough else None,
        most_used_mb=row["most_used"] / MB,
        first=from_ns(row["first_ns"]),
        last=from_ns(row["last_ns"]),
    )


def _million(billed_ms: _Interval, size_mb: float, region: str) -> _Interval:
    """What a million executions cost: list prices of the first tier, x86."""
    price = size_mb / 1024 * GB_SECOND_BY_REGION.get(region, USD_PER_GB_SECOND)
    request = REQUEST_BY_REGION.get(region, USD_PER_REQUEST)
    middle, low, high = (1e6 * (request + ms / 1e3 * price) for ms in billed_ms)
    return middle, low, high


def _guesses(sizes: Sequence[SizeRun], region: str) -> Iterator[SizeGuess]:
    points = [(float(it.size_mb), it.duration_ms[0]) for it in sizes if it.duration_ms]
    fit = fit_sizes(points)
    most_used = max(it.most_used_mb for it in sizes)
    for size_mb in SIZES_MB if fit else ():
        told = fit.duration_ms(size_mb) if fit else None
        if told and size_mb not in {it.size_mb for it in sizes} and size_mb >= _ROOM * most_used:
            yield SizeGuess(size_mb, told, _million(told, size_mb, region))


def leak_of(leak: Leak, steps: Sequence[Step]) -> MemoryLeak:
    """A leak with the time until memory runs out, by how often its newest environment is invoked."""
    newest = max(steps, key=lambda step: step.start_ns).instance
    own = [step.start_ns for step in steps if step.instance == newest]
    between_s = (own[-1] - own[0]) / 1e9 / (len(own) - 1) if len(own) > 1 else None
    left_s = between_s * leak.left if between_s else None
    return MemoryLeak(leak.each / 1024, leak.lives, from_ns(leak.since_ns), leak.left, left_s)


def _measure_next(sizes: Sequence[SizeRun], leak: Leak | None) -> str:
    """What to measure next, and why; never what to set."""
    now = sizes[0]
    if leak:
        return "Mend the leak first: as long as it grows, a size only says how long it lasts."
    ran = {it.size_mb for it in sizes if it.duration_ms}
    smaller = [size for size in SIZES_MB if _ROOM * now.most_used_mb <= size < now.size_mb and size not in ran]
    larger = [size for size in SIZES_MB if size > now.size_mb and size not in ran]
    if now.out_of_memory or now.most_used_mb >= NEAR * now.size_mb:
        return f"Run it with {larger[0]} MB: it is near the end of its memory." if larger else ""
    if smaller and now.most_used_mb < OVER * now.size_mb:
        return f"Run it with {smaller[-1]} MB for a day: less, and still a quarter more than it ever used."
    if larger and now.size_mb < _FULL_CPU_MB:
        return (
            f"Run it with {larger[0]} MB for a day: with more memory it gets more of a processor, and may cost no more."
        )
    return ""


def _not_known(sizes: Sequence[SizeRun], steps: Sequence[Step]) -> Iterator[str]:
    if len([it for it in sizes if it.duration_ms]) < 2:
        yield "What another size would cost or gain: only one was measured, which says nothing about others."
    if not steps:
        yield "Whether it leaks: nothing tells how much memory its executions used, or in which environment."
