"""Environments: memory that only grows, clocks that are wrong, logs without end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mendline.insight.signs.looked import Looked, Rows
from mendline.model.cause import Cause
from mendline.model.timerange import TimeRange

_MB = 1024 * 1024
_LEAST_RISES, _RISES_TO_FALLS, _TIMES_MEMORY, _LEAST_FILLED = 20, 2.0, 1.3, 0.4
_LEAST_APART_MS, _LEAST_CASES, _SPREAD = 2000, 3, 0.1
_LEAST_LINES, _TIMES_LINES = 20.0, 5.0


def memory_that_grows(looked: Looked) -> Iterator[Cause]:
    """A leak: from one invocation to the next an environment has less memory left, and more is used than ever was."""
    most_now = _most(looked.rows(looked.now, "memory_most", looked.functions))
    most_usual = _most(_before_deployments(looked, "memory_most", looked.functions))
    more = [name for name, most in most_now.items() if most >= _TIMES_MEMORY * most_usual.get(name, most) > 0]
    usual = _before_deployments(looked, "memory_growth", more)
    for row in looked.rows(looked.now, "memory_growth", more):
        function, of = row["function"], row["size_bytes"]
        most = most_usual[function]
        grows = row["rises"] >= max(_LEAST_RISES, _RISES_TO_FALLS * row["falls"])
        if not (grows and most and row["most_bytes"] >= max(_TIMES_MEMORY * most, _LEAST_FILLED * of)):
            continue
        is_new = all(was["version"] != row["version"] for was in usual if was["function"] == function)
        each, killed = row["risen_bytes"] / row["steps"] / _MB, row["killed"]
        ends = f", and {killed:,} were ended for it" if killed else ""
        yield Cause(
            "memory",
            "code",
            f"Environments of {function} keep {each:.1f} MB of memory with each invocation: up to"
            f" {row['most_bytes'] / _MB:,.0f} of {of / _MB:,.0f} MB, usually {most / _MB:,.0f}{ends}.",
            0.97 if is_new or killed else 0.85,
            "high",
            function,
            version=row["version"] if is_new else "",
            evidence=(f"only version {row['version']} does",) if is_new and row["version"] else (),
        )


def _most(rows: Rows) -> dict[str, int]:
    """By function."""
    found: dict[str, int] = {}
    for row in rows:
        found[row["function"]] = max(row["most_bytes"], found.get(row["function"], 0))
    return found


def _before_deployments(looked: Looked, statement: str, functions: Sequence[str]) -> Rows:
    """What is usual; of a function that was deployed lately what its other versions did then or in the hours before,
    where they ran."""
    new = {(one.name, one.version) for one in looked.changes if one.is_deployment and one.version}
    usual = looked.rows(looked.usual, statement, functions)
    before = looked.rows(looked.long_before, statement, [name for name in functions if name in dict(new)])
    others = [row for row in (*usual, *before) if (row["function"], row["version"]) not in new]
    known = {row["function"] for row in others}
    return [*others, *(row for row in usual if row["function"] not in known)]


def clocks_that_differ(looked: Looked) -> Iterator[Cause]:
    """Environments whose spans are always as long before or after what the platform tells of the same invocation."""
    found: dict[str, list[float]] = {}
    for row in looked.rows(looked.now, "clock_offsets", looked.functions):
        if _is_off(row):
            found.setdefault(row["function"], []).append(row["ahead_ms"] / 1000)
    before = {row["function"] for row in looked.rows(looked.usual, "clock_offsets", [*found]) if _is_off(row)}
    for function, offsets in found.items():
        if function in before:
            continue
        most = max(offsets, key=abs)
        where = "one environment" if len(offsets) == 1 else f"{len(offsets)} environments"
        yield Cause(
            "clock_skew",
            "provider",
            f"The clock of {where} of {function} is {abs(most):,.0f} s {'ahead' if most > 0 else 'behind'}, as the"
            " platform's reports of the same invocations tell; nothing waits that long.",
            0.8,
            "high",
            function,
        )


def _is_off(row: Mapping[str, Any]) -> bool:
    apart: float = abs(row["ahead_ms"])
    return bool(row["cases"] >= _LEAST_CASES and apart >= _LEAST_APART_MS and row["spread_ms"] <= _SPREAD * apart)


def logs_without_end(looked: Looked) -> Iterator[Cause]:
    """Functions that write many times as many lines with each invocation as they did."""
    now = _lines_of_each(looked, looked.now, looked.functions)
    many = [function for function, lines in now.items() if lines >= _LEAST_LINES]
    usual = _lines_of_each(looked, looked.usual, many)
    found = [function for function in many if function in usual and now[function] >= _TIMES_LINES * usual[function]]
    for row in looked.rows(looked.now, "bytes_written", found):
        function = row["function"]
        yield Cause(
            "log_flood",
            "code",
            f"{function} writes {now[function]:,.0f} lines into its log with each invocation, usually"
            f" {usual[function]:,.1f}: {row['bytes'] / _MB:,.1f} MB in all.",
            0.75,
            "high",
            function,
        )


def _lines_of_each(looked: Looked, when: TimeRange, functions: Sequence[str]) -> dict[str, float]:
    """By function, the lines of an invocation."""
    of = {row["name"]: row["invocations"] for row in looked.rows(when, "function_counts", functions)}
    lines = {row["function"]: row["lines"] for row in looked.rows(when, "lines_written", functions)}
    return {function: lines.get(function, 0) / count for function, count in of.items() if count > 0}
