"""What changed: deployments and configuration, told by AWS or seen in the versions that were invoked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from mendline.insight.moments import from_ns, range_parameters
from mendline.model.change import Change
from mendline.model.function import FunctionId
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore

_LOOKED_BACK = timedelta(days=30)
_ONE_DEPLOYMENT = timedelta(hours=1)


def list_changes(
    store: TelemetryStore,
    time_range: TimeRange,
    *,
    function: FunctionId | None = None,
    functions: Sequence[str] = (),
    limit: int = 200,
) -> tuple[Change, ...]:
    """Newest first; of one function, or versions of some `functions` alone beside what AWS told of everything.

    A version that was first invoked within an hour after a deployment that AWS told of is told as that deployment's
    version, not once more.
    """
    only = function or FunctionId("", "", "")
    identity = {"account": only.account, "region": only.region, "name": only.name}
    of = {"functions": [function.name] if function else list(functions), "limit": limit}
    rows = store.select("changes", {**range_parameters(time_range), **identity, **of})
    told = [Change(time=from_ns(row["time_ns"]), **{name: row[name] for name in _AS_STORED}) for row in rows]
    return tuple(_with_version(change, told) for change in told if not _is_told_by_another(change, told))


_AS_STORED = ("kind", "type", "account", "region", "name", "version", "before", "after")


def last_deployed(store: TelemetryStore, end: datetime) -> dict[FunctionId, datetime]:
    """When each function was last deployed in the 30 days before a moment, as far as anything tells of it."""
    rows = store.select("deployed", {**range_parameters(TimeRange(end - _LOOKED_BACK, end)), "functions": []})
    return {FunctionId(row["account"], row["region"], row["name"]): from_ns(row["last_ns"]) for row in rows}


def deployed_lately(store: TelemetryStore, now: datetime, span: timedelta) -> dict[str, datetime]:
    """When functions were last deployed within a span before now, by their names."""
    rows = store.select("deployed", {**range_parameters(TimeRange(now - span, now)), "functions": []})
    found: dict[str, datetime] = {}
    for row in rows:
        at = from_ns(row["last_ns"])
        found[row["name"]] = max(at, found.get(row["name"], at))
    return found


def _with_version(change: Change, told: list[Change]) -> Change:
    """A deployment with the version that was first invoked after it."""
    if change.kind != "deployment" or change.version:
        return change
    seen = [other for other in told if other.kind == "version" and _is_told_by_another(other, [change])]
    return replace(change, version=min(seen, key=lambda it: it.time).version) if seen else change


def _is_told_by_another(change: Change, told: list[Change]) -> bool:
    return change.kind == "version" and any(
        other.kind == "deployment"
        and (other.account, other.region, other.name) == (change.account, change.region, change.name)
        and timedelta(0) <= change.time - other.time <= _ONE_DEPLOYMENT
        for other in told
    )
