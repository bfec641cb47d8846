"""How worried to be about errors: each against the four weeks before, or the period before where there is no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from mendline.insight.errors import list_errors
from mendline.insight.moments import range_parameters
from mendline.insight.rollups import function_rollups
from mendline.model.error_group import ErrorGroup
from mendline.model.timerange import TimeRange
from mendline.model.worry import Hits, Worry, worry
from mendline.store.contract import Rows, TelemetryStore

_LOOKED_BACK = timedelta(days=28)
_MOST_GROUPS = 1000
_REPORTED = 0.9  # share of invocations with a report from which on all of them are known, whatever was sampled


def worries(store: TelemetryStore, groups: Sequence[ErrorGroup], time_range: TimeRange) -> dict[str, Worry]:
    """By fingerprint; one read of each thing for all of them."""
    if not groups:
        return {}
    weeks, names = _weeks_before(time_range), sorted({name for group in groups for name in group.functions})
    ran = _ran(store, names, time_range)
    told = _Told(
        range=time_range,
        functions=ran,
        hits=_hits(store, groups, weeks),
        invoked=_invoked(store, weeks),
        each=_each(store, groups, time_range, ran),
    )
    short = [group for group in groups if group.began_here or not told.has_weeks(group)]
    if short:  # what the weeks do not tell, the period before may
        was = list_errors(store, time_range.before, limit=_MOST_GROUPS)
        told = replace(told, functions_before=_ran(store, names, time_range.before), before=was)
    return {group.fingerprint: told.worry(group) for group in groups}


@dataclass(frozen=True, slots=True)
class _Ran:
    """How many invocations of a function are known, of how many the platform's report tells, how many they stand for
    where it does not, and in which versions."""

    invocations: int = 0
    reported: int = 0
    stand_for: int = 0
    versions: tuple[str, ...] = ()

    @property
    def all_counted(self) -> bool:
        return self.reported >= _REPORTED * self.invocations or self.stand_for > self.invocations


@dataclass(frozen=True, slots=True)
class _Told:
    """What was read: of the range, of the weeks (`hits`, `invoked`), and of the period before."""

    range: TimeRange
    functions: Mapping[str, _Ran]
    hits: Mapping[str, int]
    invoked: Mapping[str, int]
    each: Mapping[str, float]
    functions_before: Mapping[str, _Ran] = field(default_factory=dict)
    before: Sequence[ErrorGroup] = ()

    def has_weeks(self, group: ErrorGroup) -> bool:
        """Whether the weeks tell of more invocations than the range."""
        return self._of_weeks(group) > _of(group, self.functions)

    def worry(self, group: ErrorGroup) -> Worry:
        """Of one group."""
        own, each = _of(group, self.functions), self.each.get(group.fingerprint, 1.0)
        long_ago = self.has_weeks(group)
        if long_ago:
            found, of = self.hits.get(group.fingerprint, 0), self._of_weeks(group)
        else:
            found = next((was.invocations for was in self.before if was.fingerprint == group.fingerprint), 0)
            of = _of(group, self.functions_before)
        ran = [of.get(name, _Ran()) for of in (self.functions, self.functions_before) for name in group.functions]
        return worry(
            group,
            Hits(min(group.invocations, own), own, each),
            Hits(min(found, of), of, each),
            [version for it in ran for version in it.versions],
            weeks=_LOOKED_BACK.days if long_ago else 0.0,
            known_days=(self.range.end - group.first_ever).total_seconds() / 86400,
        )

    def _of_weeks(self, group: ErrorGroup) -> int:
        return sum(self.invoked.get(name, 0) for name in group.functions)


def _of(group: ErrorGroup, functions: Mapping[str, _Ran]) -> int:
    return sum(functions.get(name, _Ran()).invocations for name in group.functions)


def _ran(store: TelemetryStore, names: Sequence[str], time_range: TimeRange) -> dict[str, _Ran]:
    rows = store.select("function_counts", {**range_parameters(time_range), "functions": names})
    return {
        row["name"]: _Ran(row["invocations"], row["reported"], row["stand_for"], tuple(row["versions"])) for row in rows
    }


def _weeks_before(time_range: TimeRange) -> TimeRange:
    """Whole days (UTC), so that sums by day are those of the same time."""
    end = datetime.combine(time_range.start.date(), datetime.min.time(), UTC)
    return TimeRange(end - _LOOKED_BACK, end)


def _hits(store: TelemetryStore, groups: Sequence[ErrorGroup], time_range: TimeRange) -> dict[str, int]:
    return {row["fingerprint_hex"]: row["executions"] for row in _read(store, groups, time_range, weighed=False)}


def _read(store: TelemetryStore, groups: Sequence[ErrorGroup], time_range: TimeRange, *, weighed: bool) -> Rows:
    own = {"fingerprints": [group.fingerprint for group in groups], "weighed": weighed}
    return store.select("error_hits", {**range_parameters(time_range), **own})


def _invoked(store: TelemetryStore, time_range: TimeRange) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in function_rollups(store, time_range, "day"):
        found[row.function.name] = found.get(row.function.name, 0) + row.invocations
    return found


def _each(
    store: TelemetryStore, groups: Sequence[ErrorGroup], time_range: TimeRange, ran: Mapping[str, _Ran]
) -> dict[str, float]:
    """How many executions one that was seen with an error stands for; only of functions all of whose executions are
    counted, since the platform reports them or those that were sampled stand for the others: else an agent tells of
    each, and the share is right as it is."""
    rows = _read(store, groups, time_range, weighed=True)
    weights = {row["fingerprint_hex"]: row["stand_for"] / row["seen"] for row in rows if row["seen"]}
    sampled = [group for group in groups if weights.get(group.fingerprint, 1.0) > 1]
    known = {name for name, it in ran.items() if it.all_counted}
    return {group.fingerprint: weights[group.fingerprint] for group in sampled if known.issuperset(group.functions)}
