"""Work: records that were said to be done and were not, functions that invoke themselves, limits that were lowered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from mendline.insight.architecture import source_name
from mendline.insight.moments import range_parameters
from mendline.insight.signs.looked import Looked, is_more
from mendline.model.cause import Cause
from mendline.model.change import Change
from mendline.model.configuration import facts_of
from mendline.model.timerange import TimeRange

_LEAST_MISSING, _AS_USUAL, _MANY_MORE = 5, 0.9, 1.5
_LEAST_OWN, _OWN = 10, 0.1
_FACTS = {"timeout": "timeout_s", "memory": "memory_mb"}
_LEAST_TIMED_OUT, _TIMED_OUT = 1, 0.2


def records_that_were_dropped(looked: Looked) -> Iterator[Cause]:
    """Records of batches that a function answered to be done, and for which it did not call what it calls for each."""
    now = looked.rows(looked.now, "records_done", looked.takers)
    usual = looked.rows(looked.usual, "records_done", sorted({row["function"] for row in now}))
    before = {(row["function"], row["source"]): row for row in usual}
    for row in now:
        was = before.get((row["function"], row["source"]))
        if was is None or not was["records"] or max(row["largest"], was["largest"]) < 2:
            continue  # of single messages, one that needs no call is not lost
        called, then = (dict(zip(*one["called"], strict=True)) for one in (row, was))
        each = [path for path, calls in then.items() if _AS_USUAL * was["records"] <= calls <= was["records"]]
        missing = {path: row["records"] - called.get(path, 0) for path in each}
        dropped = min(missing.values(), default=0)
        then_missing = max((was["records"] - then[path] for path in each), default=0)
        if dropped < _LEAST_MISSING or not is_more(dropped, row["records"], then_missing, was["records"], looked.level):
            continue
        usually = was["records"] * looked.times
        if row["records"] >= _MANY_MORE * usually and dropped <= row["records"] - usually:
            continue  # of what comes beside the usual, which asks for other work or for none
        resource = f"{row['trigger']}/{source_name(row['source'])}"
        yield Cause(
            "partial_batch",
            "code",
            f"{row['function']} said that {row['records']:,} records from {resource.replace('/', ' ')} are done, and"
            f" did nothing for {dropped:,} of them; usually for {then_missing:,} of {was['records']:,}.",
            0.9,
            "high",
            row["function"],
            resource,
            evidence=tuple(f"{path.replace('/', ' ', 1)}: {count:,} calls fewer" for path, count in missing.items()),
        )


def functions_that_invoke_themselves(looked: Looked) -> Iterator[Cause]:
    """Invocations that an invocation of the same function caused, where usually others do."""
    again = [
        row["function"]
        for row in looked.rows(looked.now, "traces_of_functions", looked.functions)
        if _is_much(row["invocations"] - row["traces"], row["invocations"])
    ]  # those that a message caused need not be of the trace of their sender
    now = looked.rows(looked.now, "invoked_by_own", sorted({*again, *looked.takers}))
    many = {row["function"]: row for row in now if _is_much(row["own"], row["invocations"])}
    before = {row["function"]: row for row in looked.rows(looked.usual, "invoked_by_own", [*many])}
    for function, row in many.items():
        was = before.get(function, {"own": 0, "invocations": row["invocations"]})
        own, of = row["own"], row["invocations"]
        if not is_more(own, of, was["own"], was["invocations"], looked.level):
            continue
        through = _through(looked, function)
        yield Cause(
            "recursion",
            "code",
            f"{function} invokes itself{' by ' + through.replace('/', ' ') if through else ''}: {own:,} of"
            f" {of:,} invocations, usually {was['own']:,} of {was['invocations']:,}.",
            0.98,
            "high",
            function,
            through,
        )


def _is_much(own: int, of: int) -> bool:
    return own >= max(_LEAST_OWN, _OWN * of)


def _through(looked: Looked, function: str) -> str:
    """What invoked a function most often, and is told by name; `type/name`, or ''."""
    calls = {thing: of[function][0] for thing, of in looked.consumers.items() if thing[1] and function in of}
    return "/".join(max(calls.items(), key=lambda told: told[1])[0]) if calls else ""


def limits_that_were_lowered(looked: Looked) -> Iterator[Cause]:
    """A timeout or memory that was set lower, and invocations that have run out of time since, which none did before;
    also where there are too few of them to compare anything else."""
    for change in looked.changes:
        before, after = _lowered(change)
        if before <= after or change.name not in looked.functions:
            continue
        since = max(change.time, looked.now.start)
        of, bad = _timed_out(looked, change.name, since, looked.now.end)
        start = change.time - (looked.now.end - change.time) - (looked.now.end - looked.now.start)
        of_before, bad_before = _timed_out(looked, change.name, start, change.time)
        is_bad = bad >= max(_LEAST_TIMED_OUT, _TIMED_OUT * of) and bad * max(1, of_before) > 2 * bad_before * of
        if is_bad:
            unit = "s" if change.kind == "timeout" else "MB"
            yield Cause(
                change.kind,
                "configuration",
                f"The {change.kind} of {change.name} was set from {before:g} to {after:g} {unit}, and {bad:,} of {of:,}"
                f" invocations since then ran out of time.",
                0.95,
                "high" if bad > 1 else "medium",
                change.name,
            )


def _lowered(change: Change) -> tuple[float, float]:
    """A limit before and after; zeros where the change is of something else."""
    fact = _FACTS.get(change.kind, "")
    before, after = (facts_of(text).get(fact) for text in (change.before, change.after))
    if isinstance(before, (int, float)) and isinstance(after, (int, float)):
        return float(before), float(after)
    return 0.0, 0.0


def _timed_out(looked: Looked, function: str, start: datetime, end: datetime) -> tuple[int, int]:
    """How many invocations there were, and how many of them ran out of time."""
    between = replace(looked, now=TimeRange(start, end)) if start < end else None
    if between is None:
        return 0, 0
    rows = looked.store.select("function_minutes", {**range_parameters(between.now), "name": function})
    return sum(row["invocations"] for row in rows), sum(row["timeouts"] for row in rows)
