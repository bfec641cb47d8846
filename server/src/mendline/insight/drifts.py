"""What became slower over weeks, each day a little: resources that are called, and functions by themselves. What is
usual follows such a thing, so that nothing else tells of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from mendline.analysis.drift import Drift, find_drift
from mendline.insight.moments import range_parameters
from mendline.insight.watch import Watched
from mendline.model.finding import Finding
from mendline.model.histogram import quantile
from mendline.model.party import PROVIDER, THIRD_PARTY, party_of
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore

_LOOKED_BACK = timedelta(days=28)
_LEAST_CALLS = 20  # of a day whose median says something
_FUNCTION = "lambda"

Key = tuple[str, str, str]
Days = dict[int, Counter[int]]


def slower_over_weeks(watched: Watched) -> Iterator[Finding]:
    """Of whole days (UTC), the four weeks before today. A function is not told where something that it calls is."""
    midnight = watched.now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    weeks = range_parameters(TimeRange(midnight - _LOOKED_BACK, midnight))
    functions = _functions(watched.store, weeks)
    callers: dict[Key, Counter[str]] = {}
    called: dict[Key, Days] = {}
    for row in watched.store.select("resource_days", {**weeks, "name": ""}):
        key = (row["type"], row["name"], row["operation"])
        callers.setdefault(key, Counter())[row["service"]] += row["calls"]
        _add(called.setdefault(key, {}), row)
    drifting = {key: drift for key, days in called.items() if (drift := _drift(days))}
    for key in _worst_of_each(drifting):
        if key[0] != _FUNCTION or key[1] not in functions:
            yield _called(key, drifting[key], callers[key])
    waiting = {service for key in drifting for service in callers[key]}
    for name, days in functions.items():
        drift = None if name in waiting else _drift(days)
        if drift:
            yield _finding(name, "", name, "unknown", drift)


def _functions(store: TelemetryStore, weeks: Mapping[str, Any]) -> dict[str, Days]:
    found: dict[str, Days] = {}
    for row in store.select("function_days", {**weeks, "name": ""}):
        _add(found.setdefault(row["name"], {}), row)
    return found


def _add(days: Days, row: Mapping[str, Any]) -> None:
    day = int(row["at"]) // 86400
    days.setdefault(day, Counter()).update(dict(zip(*row["durations"], strict=True)))


def _drift(days: Days) -> Drift | None:
    told = [(day, quantile(counts, 0.5)) for day, counts in sorted(days.items()) if counts.total() >= _LEAST_CALLS]
    return find_drift(told)


def _worst_of_each(drifting: Mapping[Key, Drift]) -> Sequence[Key]:
    """Of operations of the same resource the one that became slower by most."""
    worst: dict[tuple[str, str], Key] = {}
    for key in sorted(drifting, key=lambda it: drifting[it].before_ms - drifting[it].now_ms):
        worst.setdefault(key[:2], key)
    return tuple(worst.values())


def _called(key: Key, drift: Drift, callers: Counter[str]) -> Finding:
    type_, name, operation = key
    party = party_of(type_, name)
    owner = party if party in (PROVIDER, THIRD_PARTY) else "unknown"
    named = name if type_ == "http" else f"{type_} {name}"
    words = f"{operation} of {named}" if operation else named
    return _finding(callers.most_common(1)[0][0], f"{type_}/{name}", words, owner, drift)


def _finding(function: str, resource: str, words: str, owner: str, drift: Drift) -> Finding:
    since = datetime.fromtimestamp(drift.since * 86400, UTC)
    return Finding(
        kind="drift",
        what="slower_over_weeks",
        owner=owner,
        text=f"{words} takes {drift.now_ms:,.0f} ms (median) instead of {drift.before_ms:,.0f}, longer from day to day"
        f" since about {since:%d %B}.",
        next_step="Compare the slow days with those before; tell who runs it, or have a limit of time and a fallback.",
        confidence="high",
        since=since,
        function=function,
        resource=resource,
    )
