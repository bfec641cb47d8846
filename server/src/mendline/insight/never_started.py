"""Transactions that ended with a function that failed: what usually follows it never started."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mendline.insight.architecture import source_name
from mendline.insight.moments import from_ns, range_parameters, to_ns
from mendline.model.never_started import NeverStarted, Stranded
from mendline.model.retry_limit import Pushed, pushed_by
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore

ALWAYS = 0.9
"""The share of good executions that call something, from which on it is what usually follows."""
LEAST_GOOD = 10
"""Good executions below which nothing says what usually follows."""
_MOST_EVENTS = 500
_Row = Mapping[str, Any]


def list_never_started(store: TelemetryStore, time_range: TimeRange) -> tuple[NeverStarted, ...]:
    """By function and what invokes it. Only of functions whose agent sends summaries of their calls."""
    begin = to_ns(time_range.before.start)
    parameters = {**range_parameters(time_range), "before_ns": begin, "most": _MOST_EVENTS}
    rows = [row for row in store.select("never_started", parameters) if row["good"] >= LEAST_GOOD]
    if not rows:
        return ()
    invoked = _invoked(store, TimeRange(time_range.before.start, time_range.end))
    found = [one for row in rows for one in _of(row, invoked)]
    return tuple(_priced(store, one, time_range) for one in found)


def _invoked(store: TelemetryStore, time_range: TimeRange) -> dict[str, list[str]]:
    """Which functions are invoked by what, without anybody waiting: by TYPE/NAME."""
    found: dict[str, list[str]] = {}
    for row in store.select("invoked_by", range_parameters(time_range)):
        if row["source"] and pushed_by(row["trigger"]) not in (None, Pushed.SYNCHRONOUSLY):
            found.setdefault(f"{row['trigger']}/{source_name(row['source'])}", []).append(row["function"])
    return found


def _of(row: _Row, invoked: Mapping[str, Sequence[str]]) -> Iterator[NeverStarted]:
    usual = {
        called: count / row["good"]
        for called, count in row["called_well"].items()
        if called in invoked and count >= ALWAYS * row["good"]
    }
    reached: Counter[str] = Counter()
    stranded = []
    for event, first_ns, trace, request, tries, did_call, error, payload in row["failing"]:
        reached.update(did_call)
        if usual and not usual.keys() & set(did_call):
            stranded.append(Stranded(event, from_ns(first_ns), trace, request, tries, error, payload))
    if stranded:
        yield NeverStarted(
            function=row["function"],
            trigger=row["trigger"],
            source=source_name(row["source"]),
            downstream=tuple((called, tuple(sorted(set(invoked[called])))) for called in sorted(usual)),
            usual=min(usual.values()),
            learned_from=row["good"],
            events=tuple(stranded),
            cost_usd=None,
        )


def _priced(store: TelemetryStore, one: NeverStarted, time_range: TimeRange) -> NeverStarted:
    requests = sorted({event.request_id for event in one.events})
    (row,) = store.select("cost_of_requests", {**range_parameters(time_range), "requests": requests})
    cost = row["cost"] if row["executions"] else None
    return NeverStarted(**{name: getattr(one, name) for name in one.__slots__ if name != "cost_usd"}, cost_usd=cost)
