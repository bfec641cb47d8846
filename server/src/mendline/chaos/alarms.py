"""Whether people would have been told of what an experiment did, how soon, and what would have been named as cause."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from mendline.errors import MendlineError
from mendline.insight.answers import read
from mendline.insight.architecture import architecture
from mendline.insight.change_cause import explain_change
from mendline.insight.change_documents import change_document
from mendline.insight.condition_course import condition_course
from mendline.insight.evaluations import Marks, Question
from mendline.insight.scope import Scope, scope_of
from mendline.insight.standings import with_critical
from mendline.insight.unstruck import without
from mendline.model.experiment import INVOCATION
from mendline.model.experiment_run import Run
from mendline.model.incident import Incident, IncidentState
from mendline.model.policy import Policy
from mendline.model.timerange import TimeRange
from mendline.query import Plan
from mendline.query.spelling import value_text
from mendline.store.contract import TelemetryStore

MOST_POLICIES = 100
_HOPS = 6
_AFTERWARDS = timedelta(seconds=60)
_BEFORE = timedelta(minutes=15)
_USUAL = timedelta(hours=1)
_WHOLE = {"out_of_memory": "memory", "handler_timeout": "timeout", "cold_start": "cold_start"}
_NOBODY = {"fired": False, "policy": "", "group": "", "after_s": None}
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Alarms:
    """What alerting knows of a project: its policies, the incidents that were open in a range, and the causes that it
    finds of an incident at a moment, likeliest first."""

    policies: Callable[[], Sequence[Policy]]
    incidents: Callable[[datetime, datetime], Sequence[Incident]]
    diagnosed: Callable[[Incident, datetime], Sequence[Mapping[str, Any]]]


def alarm_of(store: TelemetryStore, run: Run, alarms: Alarms, marks: Marks, now: datetime) -> dict[str, Any]:
    """`fired`, `policy`, `group`, `after_s`, and whether it was `real`, that is, people were told. Where policies do
    not see what an experiment does, they are asked now what they would have said of it, and of which `functions` and
    `resources`."""
    until = run.over + _AFTERWARDS
    if run.experiment.alert_people:
        opened = [one for one in alarms.incidents(run.starts, until) if run.starts <= one.opened <= until]
        first = min(opened, key=lambda one: one.opened, default=None)
        if first is None:
            return {**_NOBODY, "real": True}
        after_s = (first.opened - run.starts).total_seconds()
        named = {"policy": next(iter(first.policies), ""), "group": first.title, "incident": first.id}
        return {"fired": True, "after_s": after_s, "real": True, **named}
    enabled = [one for one in alarms.policies() if one.enabled and one.makes_incidents]
    near = _concerned(store, run, until)
    found = list(_would_fire(store, run, enabled[:MOST_POLICIES], near, marks, until, now))
    told = {"real": False, "asked": min(len(enabled), MOST_POLICIES), "of": len(enabled)}
    if not found:
        return {**_NOBODY, **told}
    at, policy, group, scope = min(found, key=lambda one: one[0])
    after_s = max(0.0, (at - run.starts).total_seconds())
    about = {"functions": list(scope.functions), "resources": list(scope.resources)}
    return {"fired": True, "policy": policy, "group": group, "after_s": after_s, **about, **told}


def _would_fire(
    store: TelemetryStore, run: Run, policies: Iterable[Policy], near: frozenset[str], marks: Marks, until: datetime,
    now: datetime,
) -> Iterable[tuple[datetime, str, str, Scope]]:  # fmt: skip
    """When each would have fired first for a group that has to do with the experiment, and what that group is about:
    of groups for which it did not hold before, nor would have without what the experiment struck."""
    others = without(store, [run])
    for policy in policies:
        try:
            asked = with_critical(read(store, policy.query, now).plan, policy.critical)
            window_ns = asked.window.length_ns if asked.window is not None else None
            if asked.condition is None or (window_ns or 0) > 3600 * 10**9:
                continue  # of a day's cost or the like, minutes say nothing
            looked_back = timedelta(seconds=(window_ns or 60 * 10**9) / 1e9)
            begun = TimeRange(run.starts - looked_back - timedelta(seconds=60), until)
            course = condition_course(store, asked, begun, now, marks)
            before = {keys for one in course if one.at <= run.starts for keys in one.firing}
            fired = [(one.at, keys) for one in course for keys in one.firing if one.at > run.starts]
            fired = [(at, keys) for at, keys in fired if keys not in before and _is_near(asked, keys, near)]
            if fired:
                anyway = {keys for one in condition_course(others, asked, begun, now, marks) for keys in one.firing}
                fired = [(at, keys) for at, keys in fired if keys not in anyway]
        except MendlineError as error:
            log.warning("What '%s' would have said of %s is not known: %s", policy.name, run.tag, error.message)
            continue
        for mine in fired[:1]:
            yield mine[0], policy.name, " · ".join(mine[1]), scope_of(asked, mine[1])


def _is_near(asked: Plan, keys: tuple[str, ...], near: frozenset[str]) -> bool:
    """Whether a group is of what is near, or of nothing by name."""
    names = scope_of(asked, keys).names
    return not names or any(fnmatchcase(name, pattern) for name in names for pattern in near)


def _concerned(store: TelemetryStore, run: Run, until: datetime) -> frozenset[str]:
    """The function, what was struck of what it calls, and whoever calls the function."""
    target = run.experiment.target
    names = {target.function}
    try:
        edges = [
            (edge.source.partition(":")[2], edge.target.partition(":")[2])
            for edge in architecture(store, TimeRange(run.starts - _BEFORE, until)).edges
        ]
    except MendlineError as error:
        log.warning("Who calls %s is not known just now: %s", target.function, error.message)
        edges = []
    for _ in range(_HOPS):
        names |= {source for source, called in edges if called in names}
    return frozenset(names | ({target.name} if target.name != "*" and target.type != INVOCATION else set()))


def cause_of(
    store: TelemetryStore, run: Run, alarm: Mapping[str, Any], alarms: Alarms, now: datetime
) -> dict[str, Any]:
    """`named`, its `kind` and `text`, and whether it was `right`: what was injected (None: nothing was named). It is
    what the incident says, or would have said at the end of the experiment; where nobody is told of one (`asked`), what
    is found when somebody asks why the function is not as it was."""
    asked = not alarm["fired"]
    try:
        causes = _asked_for(store, run, now) if asked else _of_incident(run, alarm, alarms, now)
    except MendlineError as error:
        return {"named": "", "text": "", "right": None, "asked": asked, "unanswered": error.message}
    if not causes:
        return {"named": "", "text": "", "right": None, "asked": asked}
    first = causes[0]
    named = str(first.get("resource") or first.get("kind") or "")
    said = {"kind": str(first.get("kind") or ""), "text": str(first.get("text") or "")}
    return {"named": named, **said, "right": _is_injected(run, first), "asked": asked}


def _of_incident(run: Run, alarm: Mapping[str, Any], alarms: Alarms, now: datetime) -> Sequence[Mapping[str, Any]]:
    if alarm["real"]:
        known = [one for one in alarms.incidents(run.starts, now) if one.id == alarm["incident"]]
        return known[0].causes if known else ()
    at = run.starts + timedelta(seconds=alarm["after_s"])
    functions = tuple(alarm["functions"]) or (() if alarm["resources"] else (run.experiment.target.function,))
    incident = Incident(
        0, "", IncidentState.OPEN, "", "", at, at, functions=functions, resources=tuple(alarm["resources"])
    )
    return alarms.diagnosed(incident, run.over)


def _asked_for(store: TelemetryStore, run: Run, now: datetime) -> Sequence[Mapping[str, Any]]:
    """Against the hour before, without what other experiments struck."""
    filter_ = f"function:{value_text(run.experiment.target.function)} and (not chaos or chaos.id:{run.tag})"
    during = TimeRange(run.starts, run.over + timedelta(seconds=1))
    found = explain_change(store, Question(filter_, during, now), TimeRange(run.starts - _USUAL, run.starts))
    causes: Sequence[Mapping[str, Any]] = change_document(found)["causes"]
    return causes


def _is_injected(run: Run, cause: Mapping[str, Any]) -> bool:
    target, fault = run.experiment.target, run.experiment.fault
    if target.type == INVOCATION:
        return cause.get("kind") == _WHOLE.get(fault.kind)
    type_, _, name = str(cause.get("resource") or "").replace(" / ", "/").partition("/")
    fits_type = target.type in ("*", "aws", "sql") or fnmatchcase(type_, target.type)
    return bool(type_) and fits_type and fnmatchcase(name, target.name)
