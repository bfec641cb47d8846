"""Functions that leak memory, ran out of it, or have far more than they use; of all functions in two reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mendline.analysis.memory import MB, Step, find_leak
from mendline.insight.memory import NEAR, OVER, SIZES_MB, leak_of
from mendline.insight.moments import from_ns, range_parameters
from mendline.insight.watch import Watched
from mendline.model.finding import Finding
from mendline.model.memory import MemoryLeak

_LEAST_LIFE = 10
_LEAST_EXECUTIONS = 20
_Row = Mapping[str, Any]


def memory_findings(watched: Watched) -> Iterator[Finding]:
    """At most one of each function."""
    parameters = range_parameters(watched.range)
    used = watched.store.select("memory_use", parameters)
    if not used:
        return
    lives: dict[str, list[Step]] = {}
    for row in watched.store.select("memory_lives", {**parameters, "least": _LEAST_LIFE}):
        lives.setdefault(row["function"], []).extend(_steps(row))
    for row in used:
        yield from _of(row, lives.get(row["name"], ()))


def _steps(row: _Row) -> Iterator[Step]:
    for at_ns, used in row["uses"]:
        yield Step(row["instance"], row["version"], at_ns, used, row["size"], 0, ())


def _of(row: _Row, steps: Sequence[Step]) -> Iterator[Finding]:
    leak, name, size_mb, used_mb = find_leak(steps), row["name"], row["size"] / MB, row["used"] / MB
    if leak:
        yield _leaking(name, leak_of(leak, steps), row)
    elif row["out_of_memory"]:
        yield _finding(
            name, "out_of_memory", f"{name} ran out of memory {row['out_of_memory']} times with {size_mb:.0f} MB.",
            "high", row["out_of_memory"], since=from_ns(row["first_oom_ns"]), cost_usd=row["oom_usd"],
        )  # fmt: skip
    elif row["used"] >= NEAR * row["size"]:
        yield _finding(
            name, "memory_nearly_full", f"{name} used {used_mb:.0f} of {size_mb:.0f} MB.",
            "medium", row["executions"], since=from_ns(row["first_full_ns"]),
        )  # fmt: skip
    elif row["used"] < OVER * row["size"] and size_mb > SIZES_MB[0] and row["executions"] >= _LEAST_EXECUTIONS:
        yield _finding(
            name,
            "memory_hardly_used",
            f"{name} has {size_mb:.0f} MB and never used more than {used_mb:.0f}: it may cost less with less, or not,"
            " since a smaller size has less of a processor too.",
            "low",
            row["executions"],
        )


def _leaking(name: str, leak: MemoryLeak, row: _Row) -> Finding:
    died = f" Memory ran out {row['out_of_memory']} times." if row["out_of_memory"] else ""
    when = f", in about {leak.left_s / 60:.0f} min" if leak.left_s else ""
    return _finding(
        name,
        "memory_leak",
        f"{name} leaks memory: each execution keeps {leak.each_kb:,.0f} KB, in {leak.processes} processes of it; the"
        f" newest runs out after {leak.left} more{when}.{died}",
        "high" if leak.processes > 2 else "medium",
        leak.processes,
        since=leak.since,
        owner="code",
        cost_usd=row["oom_usd"] if row["out_of_memory"] else None,
        counted="processes",
        next_step="Look for what is kept from one execution to the next: caches without a limit, lists that only grow."
        f" `mendline memory {name}` says where it rose.",
    )


def _finding(name: str, what: str, text: str, confidence: str, count: int, **more: Any) -> Finding:
    told = {
        "kind": "memory", "owner": "configuration", "counted": "executions",
        "next_step": f"`mendline memory {name}` has every size that it ran with, and what to measure next.", **more,
    }  # fmt: skip
    return Finding(what=what, text=text, confidence=confidence, count=count, function=name, **told)
