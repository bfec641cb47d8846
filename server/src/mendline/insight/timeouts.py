"""Timeouts: those that come near, those that are too short, and those too long to fail fast, with numbers for each
value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mendline.insight.moments import from_ns, range_parameters
from mendline.insight.watch import Watched
from mendline.model.finding import Finding
from mendline.model.function import FunctionId
from mendline.model.timeout import FunctionTimeouts, TimeoutValue
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore

VALUES_MS = (250.0, 500.0, 1e3, 2e3, 3e3, 5e3, 6e3, 8e3, 10e3, 15e3, 20e3, 29e3, 60e3, 120e3, 300e3, 600e3, 900e3)
_NOTHING = (0,) * len(VALUES_MS)
_NEAR_SHARE, _LEAST_NEAR, _LEAST_GOOD = 0.8, 3, 20
_TOO_LONG = 5.0
"""Times as long as 999 of 1,000 good executions take, from which on a timeout is too long to fail fast."""


def list_timeouts(store: TelemetryStore, time_range: TimeRange) -> tuple[FunctionTimeouts, ...]:
    """Of every function whose timeout is known, those that timed out most first."""
    rows = store.select("timeout_values", {**range_parameters(time_range), "values": list(VALUES_MS)})
    return tuple(_timeouts(row) for row in rows)


def _timeouts(row: Mapping[str, Any]) -> FunctionTimeouts:
    good, timeouts = row["good"], row["timeouts"]
    p50, p99, p999 = row["good_ms"] if good else (0.0, 0.0, 0.0)
    cuts, spared_ms, spared_usd = (row[name] or _NOTHING for name in ("cut", "spared_ms", "spared_usd"))
    values = tuple(
        TimeoutValue(ms, cut, cut / good if good else 0.0, spared / timeouts if timeouts else 0.0, usd)
        for ms, cut, spared, usd in zip(VALUES_MS, cuts, spared_ms, spared_usd, strict=True)
        if ms <= row["timeout"]
    )
    return FunctionTimeouts(
        function=FunctionId(row["account"], row["region"], row["name"]),
        timeout_ms=row["timeout"],
        p50_ms=p50,
        p99_ms=p99,
        p999_ms=p999,
        longest_ms=row["longest_ms"],
        wait_ms=row["waited_ms"] / timeouts if timeouts else 0.0,
        first_timeout=from_ns(row["first_timeout_ns"]) if timeouts else None,
        first_near=from_ns(row["first_near_ns"]) if row["near"] else None,
        values=values,
        traces=tuple(it for it in row["traces"] if it.strip("0")),
        **{name: row[name] for name in ("executions", "good", "near", "timeouts", "timeouts_usd")},
    )


def timeout_findings(watched: Watched) -> Iterator[Finding]:
    """At most one of each function: what times out at work that is as long as ever, or hangs, or comes near."""
    for one in list_timeouts(watched.store, watched.range):
        harmless = one.shortest_harmless
        slow_anyway = one.p99_ms >= 0.5 * one.timeout_ms
        if one.timeouts and (slow_anyway or not one.good):
            yield _too_short(one)
        elif one.timeouts and harmless and one.good >= _LEAST_GOOD and one.timeout_ms >= _TOO_LONG * one.p999_ms:
            yield _too_long(one, harmless)
        elif one.near >= _LEAST_NEAR and not one.timeouts:
            yield _near(one)


def _too_short(one: FunctionTimeouts) -> Finding:
    return _finding(
        one,
        "timeout_too_short",
        f"{one.function.name} timed out {one.timeouts} times at {one.timeout_ms / 1e3:g} s, and one in a hundred that"
        " went"
        f" well took {one.p99_ms / 1e3:.2g} s or longer: its work takes about as long as it may.",
        "Give it more time, or less to do at once; then look at what takes long.",
        "high" if one.timeouts > 2 else "medium",
        one.timeouts,
    )


def _too_long(one: FunctionTimeouts, harmless: TimeoutValue) -> Finding:
    return _finding(
        one,
        "timeout_too_long",
        f"{one.function.name} timed out {one.timeouts} times, each after {one.wait_ms / 1e3:.3g} s, while 999 of 1,000"
        " that"
        f" went well took less than {one.p999_ms / 1e3:.2g} s: it does not fail fast.",
        f"With {harmless.ms / 1e3:g} s none of {one.good} good ones would have been cut; each that hangs would have"
        " made"
        f" somebody wait {harmless.spared_ms / 1e3:.3g} s less. A timeout at the call that hangs is better still.",
        "high" if one.good >= 1000 else "medium",
        one.timeouts,
    )


def _near(one: FunctionTimeouts) -> Finding:
    return _finding(
        one,
        "timeout_near",
        f"{one.near} executions of {one.function.name} took more than four fifths of its timeout of"
        f" {one.timeout_ms / 1e3:g} s; the longest {one.longest_ms / 1e3:.3g} s.",
        "Look at what takes long in the slowest, or give it more time before it times out.",
        "medium",
        one.near,
    )


def _finding(one: FunctionTimeouts, what: str, text: str, next_step: str, confidence: str, count: int) -> Finding:
    cuts = [f"{it.ms / 1e3:g} s cuts {it.cut_share:.2%}" for it in one.values if 0 < it.cut_share < 0.5]
    return Finding(
        kind="timeout",
        what=what,
        owner="unknown",
        text=text,
        next_step=next_step,
        confidence=confidence,
        since=one.first_timeout or one.first_near,
        count=count,
        counted="executions",
        cost_usd=one.timeouts_usd if one.timeouts else None,
        function=one.function.name,
        evidence=(f"of {one.good} good executions: {', '.join(cuts)}",) if cuts else (),
        ids=one.traces,
    )
