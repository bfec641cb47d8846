"""What is told of sampled invocations, as rows of attributes under the names that queries use, and as time by path."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mendline.analysis.path_times import Spent
from mendline.analysis.predicate import Value

_FIELDS = {
    "account": "account",
    "region": "region",
    "function": "function",
    "version": "version",
    "trigger": "trigger",
    "trigger_source": "trigger.source",
    "error_type": "error.type",
    "error_kind": "error.kind",
}
# What follows from how long an invocation took or what it cost, or what a field says already, or only names it.
_DERIVED = frozenset(
    {
        *("faas.invocation_id", "faas.execution", "faas.name", "faas.version", "faas.instance", "faas.trigger"),
        *("faas.coldstart", "cloud.region", "cloud.account.id", "cloud.resource_id", "aws.lambda.invoked_arn"),
        *("error.type", "service.name", "service.instance.id", "process.pid", "faas.document.time"),
    }
)
_DERIVED_STARTS = ("mendline.", "telemetry.")  # what the agent measured on the way
# When AWS took an event, as its envelopes tell (Lambda Developer Guide, examples of events): a time causes nothing.
_CLOCKS = frozenset(
    {
        *("SentTimestamp", "ApproximateFirstReceiveTimestamp", "approximateArrivalTimestamp"),
        *("ApproximateCreationDateTime", "timeEpoch", "requestTimeEpoch"),
    }
)
_MOST_LEAVES, _DEEPEST, _LONGEST = 120, 6, 200
OWN_CODE, INITIALISATION = "own code", "initialisation"


@dataclass(frozen=True, slots=True)
class Sampled:
    """One invocation of a sample. `attributes` are candidates of an explanation; `spent` its time by path;
    `cut`: it made more calls than were looked at, and no summary of its own tells of them all. `events` are its request
    and the messages that it took: another attempt has one of them, too."""

    selected: bool
    id: str
    function: str
    trace_id: str
    span_id: str
    start_ns: int
    duration_ms: float
    attributes: dict[str, Value]
    spent: Mapping[str, Spent]
    request: str
    response: str
    cut: bool = False
    events: tuple[str, ...] = ()


def once_each(rows: Iterable[Sampled]) -> list[Sampled]:
    """Without further attempts of a function at the same messages, of selected ones and of others: what is tried ten
    times because it fails is one case, else whatever its message says were a cause."""
    seen: set[tuple[bool, str, str]] = set()
    found = []
    for row in rows:
        events = {(row.selected, row.function, event) for event in row.events}
        if seen.isdisjoint(events):
            found.append(row)
        seen |= events
    return found


def sampled(row: Mapping[str, Any]) -> Sampled:
    """A row of a sample, read."""
    own: Mapping[str, str] = row["attributes"] or {}
    is_cut = row["calls_count"] > len(row["calls"] or ())
    summary = summary_of(own.get("mendline.operations", "")) if is_cut else {}
    spent = _by_summary(row, summary) if summary else _spent(row)
    return Sampled(
        selected=bool(row["selected"]),
        id=row["id"],
        function=row["function"],
        trace_id=row["trace"] if row["trace"].strip("0") else "",
        span_id=row["span"] if row["span"].strip("0") else "",
        start_ns=row["start_ns"],
        duration_ms=row["duration_ns"] / 1e6,
        attributes=_attributes(row, own, spent),
        spent=spent,
        request=own.get("mendline.request", ""),
        response=own.get("mendline.response", ""),
        cut=is_cut and not summary,
        events=(row["id"], *_messages(own.get("mendline.links.in", ""))),
    )


def _messages(text: str) -> Iterator[str]:
    try:
        told = json.loads(text) if text else ()
    except ValueError:
        return
    yield from (it for it in told if isinstance(it, str))


def _attributes(row: Mapping[str, Any], own: Mapping[str, str], spent: Mapping[str, Spent]) -> dict[str, Value]:
    """What says most comes first: of attributes that the same invocations have, the first is named."""
    found: dict[str, Value] = {name: row[column] for column, name in _FIELDS.items() if row[column]}
    found["cold_start"] = row["cold_start"] == "true"
    for column, name in (("memory_size_bytes", "memory.size"), ("timeout_ms", "timeout")):
        if row[column] != "0":
            found[name] = int(row[column])
    for told in (row["resource"] or {}, own):
        for key, value in told.items():
            if value and key not in _DERIVED and not key.startswith(_DERIVED_STARTS):
                found.setdefault(key, value[:_LONGEST])
    asked = leaves("request", own.get("mendline.request", ""))
    found.update((path, value) for path, value in asked if path.rpartition(".")[2] not in _CLOCKS)
    found.update({f"calls {path}": it.calls for path, it in spent.items() if path not in (OWN_CODE, INITIALISATION)})
    if row["instance"]:
        found["instance"] = row["instance"]
    return found


def leaves(root: str, text: str) -> Iterator[tuple[str, Value]]:
    """The leaves of a JSON document by path, below `root`, and how long its lists are; nothing of what is no JSON."""
    try:
        pending: list[tuple[str, Any, int]] = [(root, json.loads(text), 0)] if text else []
    except (ValueError, RecursionError):
        return
    leaves = 0
    while pending and leaves < _MOST_LEAVES:
        path, value, depth = pending.pop(0)
        if isinstance(value, dict) and depth < _DEEPEST:
            pending.extend((f"{path}.{key}"[:_LONGEST], below, depth + 1) for key, below in value.items())
        elif isinstance(value, list):
            yield f"{path} (length)", len(value)
            pending.extend((f"{path}.{index}", below, depth + 1) for index, below in enumerate(value[:3]))
        elif isinstance(value, str) and depth < _DEEPEST and path.endswith(".body") and value[:1] in "{[":
            pending.extend(_inside(path, value, depth))
        elif isinstance(value, (str, int, float)):
            leaves += 1
            yield path, value[:_LONGEST] if isinstance(value, str) else value


def _inside(path: str, text: str, depth: int) -> list[tuple[str, Any, int]]:
    """A body that is JSON in a text, as API Gateway has it."""
    try:
        return [(path, json.loads(text), depth + 1)]
    except (ValueError, RecursionError):
        return []


def _own_calls(row: Mapping[str, Any]) -> list[Sequence[Any]]:
    """The calls of the trace and service that began while this invocation ran."""
    began, ended = row["start_ns"], row["start_ns"] + row["duration_ns"]
    return [call for call in row["calls"] or () if began <= call[0] < ended]


def _spent(row: Mapping[str, Any]) -> dict[str, Spent]:
    """Its duration by path: each moment belongs to the call that began last of those that run, else to its own code."""
    began, ended = row["start_ns"], row["start_ns"] + row["duration_ns"]
    ms: dict[str, float] = defaultdict(float)
    calls: dict[str, int] = defaultdict(int)
    at = ended
    for start, duration, *resource in sorted(_own_calls(row), key=lambda call: -call[0]):
        path = " ".join(filter(None, resource))
        calls[path] += 1
        end = min(start + duration, at)
        ms[path] += max(0, end - start) / 1e6
        at = min(at, start) if end > start else at
    own = (ended - began) / 1e6 - sum(ms.values())
    ms[OWN_CODE] += max(0.0, own)
    calls[OWN_CODE] += 1
    if row["init_ms"]:
        ms[INITIALISATION], calls[INITIALISATION] = row["init_ms"], 1
    return {path: Spent(spent, calls[path]) for path, spent in ms.items()}


def summary_of(text: str) -> dict[str, Spent]:
    """All calls by path, as the agent sums them up (`mendline.operations`); {} where it did not."""
    try:
        told = json.loads(text) if text else []
        return {" ".join(filter(None, one[:3])): Spent(float(one[5]), int(one[3])) for one in told}
    except (ValueError, TypeError, LookupError, RecursionError):
        return {}


def _by_summary(row: Mapping[str, Any], summary: Mapping[str, Spent]) -> dict[str, Spent]:
    """Its duration by path, from sums: calls at the same time cannot be told apart there."""
    left = row["duration_ns"] / 1e6
    found = {}
    for path, one in sorted(summary.items(), key=lambda each: -each[1].ms):
        found[path] = Spent(min(one.ms, left), one.calls)
        left -= found[path].ms
    found[OWN_CODE] = Spent(left, 1)
    if row["init_ms"]:
        found[INITIALISATION] = Spent(row["init_ms"], 1)
    return found
