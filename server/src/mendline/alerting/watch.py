"""Evaluates the policies of one project: which are due, how their groups stand, and what alerts become of that."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from mendline.alerting.batches import batches
from mendline.alerting.expecting import EXPECTED
from mendline.alerting.hushing import hushed, keys_of
from mendline.alerting.policies import Policies
from mendline.errors import MendlineError
from mendline.insight.answers import read
from mendline.insight.asked_together import Columns
from mendline.insight.changes import deployed_lately
from mendline.insight.condition_course import first_number
from mendline.insight.evaluations import Marks, Question
from mendline.insight.scope import Scope, scope_of
from mendline.insight.standings import Standing, needs_rows, standings, with_critical
from mendline.insight.unstruck import LOOKED_BACK, LOOKED_BACK_IN_MONTHS, is_of_month, quiet_runs, without
from mendline.model.alert import Alert, Rule, Seen, State, stepped
from mendline.model.experiment_run import Run
from mendline.model.policy import Policy
from mendline.model.timerange import TimeRange
from mendline.query import Plan
from mendline.query.globs import fits
from mendline.store.contract import TelemetryStore
from mendline.store.state import State as StateStore
from mendline.store.state import load_alerts, load_runs, load_silences

log = logging.getLogger(__name__)
_RELOAD = timedelta(seconds=5)
_LEAST_RESOLVE = timedelta(seconds=60)
MOST_GROUPS = 200
_TENFOLD = 10
_LOOK_FOR_SOMETHING = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Change:
    """What an evaluation made of an alert. `before` is None for a new one; `tenfold`: ten times what people were told
    of."""

    policy: Policy
    scope: Scope
    before: Alert | None
    after: Alert | None
    tenfold: bool = False

    @property
    def fired(self) -> bool:
        """Whether people are to be concerned now who were not before."""
        loud = (State.FIRING, State.FLAPPING)
        if self.after is None or self.after.state not in loud:
            return False
        return self.before is None or not self.before.is_open or self.before.state is State.SILENCED

    @property
    def resolved(self) -> bool:
        """Whether it is over now."""
        return self.before is not None and self.before.is_open and (self.after is None or not self.after.is_open)


@dataclass(slots=True)
class Watch:
    """The policies and alerts of one project, as the evaluator's thread knows them; it alone uses this."""

    store: TelemetryStore
    state: StateStore
    project: str
    marks: Marks
    alerts: dict[str, Alert] = field(default_factory=dict)
    _policies: tuple[Policy, ...] = ()
    _runs: tuple[Run, ...] = ()
    _silences: tuple[dict[str, Any], ...] = ()
    _loaded: datetime | None = None
    _deployed: Mapping[str, datetime] = field(default_factory=dict)
    _due: dict[str, datetime] = field(default_factory=dict)
    _is_something: bool = False
    _apart: set[Hashable] = field(default_factory=set)
    _plans: dict[tuple[str, tuple[str, ...]], Plan] = field(default_factory=dict)
    failing: Mapping[str, str] = field(default_factory=dict)
    """What keeps which policy from being evaluated; replaced, never changed, since pages read it meanwhile."""

    def load(self, now: datetime) -> None:
        """Know the alerts and the policies as they are kept. Raises StateError."""
        if self._loaded is None:
            with self.state.reading() as connection:
                self.alerts = {one.fingerprint: one for one in load_alerts(connection, self.project)}
        if self._loaded is None or not timedelta() <= now - self._loaded < _RELOAD:
            with self.state.reading() as connection:
                self._silences = load_silences(connection, self.project, now)
                self._runs = load_runs(connection, self.project, since=now - self._longest())
            self._policies = self._in_force(Policies(self.state, self.project))
            self._loaded = now
            self._deployed = self._deployments(now)

    def _longest(self) -> timedelta:
        """How far a condition looks back that is known."""
        return LOOKED_BACK_IN_MONTHS if any(map(is_of_month, self._plans.values())) else LOOKED_BACK

    def _deployments(self, now: datetime) -> Mapping[str, datetime]:
        """When functions were deployed lately, where a policy asks for it; nothing where that is not known just now."""
        longest = max((it.after_deploy_s for it in self._policies if it.enabled), default=0)
        try:
            return deployed_lately(self.store, now, timedelta(seconds=longest)) if longest else {}
        except MendlineError as error:
            log.warning("What was deployed lately is not known just now: %s", error.message)
            return self._deployed

    def _in_force(self, policies: Policies) -> tuple[Policy, ...]:
        """All policies, without those of what is expected no longer."""
        lasting = {one["beyond"] for one in self._silences}
        found = policies.all()
        for policy in found:
            if policy.origin == EXPECTED and policy.name not in lasting:
                policies.delete(policy.name)
        return tuple(one for one in found if one.origin != EXPECTED or one.name in lasting)

    def reload(self) -> None:
        """Know nothing any more: people changed it, or a change could not be kept."""
        self._loaded = None

    @property
    def policies(self) -> tuple[Policy, ...]:
        """All, as they were last read."""
        return self._policies

    def round(self, now: datetime, stopping: Callable[[], bool] = lambda: False) -> list[Change]:
        """Evaluate what is due, that first which is to be evaluated again soonest; once it is `stopping`, the rest
        stays due. Alerts of policies that are gone or off are resolved."""
        changes: list[Change] = []
        on = {policy.name: policy for policy in self._policies if policy.enabled}
        self.failing = {name: said for name, said in self.failing.items() if name in on}
        due = self._of_something(self._to_evaluate(on.values(), now), now)
        for batch in batches(self.store, due, partial(self._read_with_others, now), now, self._apart):
            if stopping():
                break
            columns = batch.columns()
            for policy in batch.policies:
                self._due[policy.name] = self._due_after(policy, now)
                changes += self._evaluated(policy, now, columns)
        for alert in [one for one in self.alerts.values() if one.policy not in on and one.state is not State.RESOLVED]:
            gone = replace(alert, state=State.RESOLVED, since=now, was=None, clear=None)
            changes.append(Change(Policy(alert.policy, ""), Scope(), alert, gone))
        return changes

    def _to_evaluate(self, policies: Iterable[Policy], now: datetime) -> list[Policy]:
        """What is due, by when it is due next: a thousand that are evaluated each minute keep none of each ten seconds
        waiting."""
        due = []
        for policy in policies:
            every = timedelta(seconds=policy.every_s)
            at = self._due.get(policy.name, now)
            if not now < at <= now + every:
                due.append((min(at, now) + every, policy))
        return [policy for _, policy in sorted(due, key=lambda one: one[0])]

    def _of_something(self, due: list[Policy], now: datetime) -> list[Policy]:
        """Those that can say something: while nothing is stored there is no group to speak of, and a server that starts
        empty asks nothing of its store."""
        if not due or self._is_something or self.alerts:
            return due
        try:
            self._is_something = not self.store.select("nothing_stored")[0]["nothing"]
        except MendlineError:
            return due  # each of them says that the store cannot answer
        if self._is_something:
            return due
        told = [policy for policy in due if (asked := self._plan_if_any(policy, now)) is None or not asked.keys]
        self._due |= {policy.name: now + _LOOK_FOR_SOMETHING for policy in due if policy not in told}
        return told

    def _due_after(self, policy: Policy, now: datetime) -> datetime:
        """When it is due next: `every` after it was due, so that the interval is kept whenever a round begins."""
        every = timedelta(seconds=policy.every_s)
        at = self._due.get(policy.name, now)
        return at + every if now - every < at <= now else now + every

    def next_due(self, now: datetime) -> datetime:
        """When something is to be done next."""
        due = [self._due.get(policy.name, now) for policy in self._policies if policy.enabled]
        return now if self._loaded is None else min(due, default=now + _RELOAD)

    def keep(self, changes: Sequence[Change]) -> None:
        """What was decided is how it is now."""
        for change in changes:
            if change.after is not None:
                self.alerts[change.after.fingerprint] = change.after
            elif change.before is not None:
                self.alerts.pop(change.before.fingerprint, None)

    def _read_with_others(self, now: datetime, policy: Policy) -> Plan | None:
        """Its plan; None where it cannot be read, or leaves out what experiments struck."""
        asked = self._plan_if_any(policy, now)
        return None if asked is None or quiet_runs(asked, self._runs, now) else asked

    def _plan_if_any(self, policy: Policy, now: datetime) -> Plan | None:
        try:
            return self._plan(policy, now)
        except Exception:
            return None  # what keeps it from being evaluated is told when it is

    def _evaluated(self, policy: Policy, now: datetime, columns: Mapping[Plan, Columns]) -> list[Change]:
        mine = {one.keys: one for one in self.alerts.values() if one.policy == policy.name}
        question = Question(
            "", TimeRange(now - timedelta(hours=1), now), now, every_ns=policy.every_s * 10**9, marks=self.marks
        )
        asked: Plan | None = None
        quiet: frozenset[tuple[str, ...]] = frozenset()
        silences = [one for one in self._silences if not one["beyond"] or one["beyond"] != policy.name]
        try:
            asked = self._plan(policy, now)
            struck = quiet_runs(asked, self._runs, now)
            store = without(self.store, struck)
            found = standings(store, asked, question, columns.get(asked))
            if struck and not needs_rows(asked) and any(one.now or one.enough for one in found):
                found = _of_both(found, standings(self.store, asked, question))
            quiet = hushed(store, policy, asked, found, silences, question)
            self.failing = {name: said for name, said in self.failing.items() if name != policy.name}
        except Exception as error:  # whatever it is, this policy's groups are unknown, and the others are evaluated
            self._failed(policy, error)
            seen: list[tuple[tuple[str, ...], Seen, float | None]] = [(keys, Seen.UNKNOWN, None) for keys in mine]
        else:
            seen = list(_seen(asked, found, mine))
        return [
            change
            for keys, what, value in seen
            if (change := self._change(policy, asked, mine.get(keys), keys, what, value, now, keys in quiet))
        ]

    def _failed(self, policy: Policy, error: Exception) -> None:
        """Say once what keeps a policy from being evaluated."""
        said = error.message if isinstance(error, MendlineError) else f"{type(error).__name__}: {error}"
        if policy.name not in self.failing:
            unknown = None if isinstance(error, MendlineError) else error
            log.warning("The policy '%s' of project %s cannot be evaluated: %s", policy.name, self.project, said,
                        exc_info=unknown)  # fmt: skip
        self.failing = {**self.failing, policy.name: said}

    def _change(
        self, policy: Policy, asked: Plan | None, before: Alert | None, keys: tuple[str, ...], what: Seen,
        value: float | None, now: datetime, quiet: bool,
    ) -> Change | None:  # fmt: skip
        scope = scope_of(asked, keys) if asked else Scope()
        rule = Rule(
            resolve_after=max(_LEAST_RESOLVE, timedelta(seconds=2 * policy.every_s)),
            silenced=quiet
            or any(self._is_fresh(name, policy, now) for name in scope.functions)
            or any(_silences(one, policy, scope, now) for one in self._silences),
            active=policy.is_active(now.hour * 60 + now.minute),
        )
        after = stepped(before, policy.name, keys, what, now, rule)
        tenfold = False
        if after is not None and after.is_open and value is not None:
            fired_now = before is None or not before.is_open
            told = value if fired_now or after.told_value is None else after.told_value
            if after.fired is not None and now - after.fired < _window(asked):
                told = max(told, value)  # until the window has seen nothing else, its number only fills up
            tenfold = not fired_now and told > 0 and value >= _TENFOLD * told
            peak = value if after.peak is None else max(after.peak, value)
            after = replace(after, value=value, peak=peak, told_value=value if tenfold else told)
        if after == before or (before is None and after is not None and len(self.alerts) > 50 * MOST_GROUPS):
            return None
        if _only_value(before, after) and not tenfold:
            if after is not None:
                self.alerts[after.fingerprint] = after  # known, and not worth a write
            return None
        return Change(policy, scope, before, after, tenfold)

    def _is_fresh(self, function: str, policy: Policy, now: datetime) -> bool:
        """Whether it was deployed so short a time ago that the policy does not mind."""
        at = self._deployed.get(function)
        return at is not None and now - at < timedelta(seconds=policy.after_deploy_s)

    def _plan(self, policy: Policy, now: datetime) -> Plan:
        """Its query. Raises QueryTextError: a field is not seen any more."""
        key = (policy.query, policy.critical)
        if key not in self._plans:
            if len(self._plans) > 5000:
                self._plans.clear()
            self._plans[key] = with_critical(read(self.store, policy.query, now).plan, policy.critical)
        return self._plans[key]


def _of_both(found: Sequence[Standing], of_all: Sequence[Standing]) -> list[Standing]:
    """How groups stand of which there is too little only because what experiments struck is left out: as of all."""
    hold = {one.keys for one in of_all if one.now or one.enough}
    return [
        one if one.keys in hold or not (one.now or one.enough) else replace(one, now=False, enough=False)
        for one in found
    ]


def _seen(
    asked: Plan, found: Sequence[Standing], mine: dict[tuple[str, ...], Alert]
) -> Iterator[tuple[tuple[str, ...], Seen, float | None]]:
    """What is seen of every group that holds, or that there is an alert of."""
    rows = needs_rows(asked)
    there = set()
    holding = 0
    for one in found:
        keys = keys_of(one)
        there.add(keys)
        if one.enough or one.now:
            holding += 1
            if holding > MOST_GROUPS and keys not in mine:
                continue
            yield keys, Seen.HOLDS if one.enough else Seen.BEGINS, first_number(one.values)
        elif keys in mine:
            missing = rows and not one.has_rows
            what = Seen.MISSING if missing else Seen.UNKNOWN if one.now is None else Seen.CLEAR
            yield keys, what, first_number(one.values)
    for keys in mine.keys() - there:
        yield keys, Seen.MISSING if rows else Seen.CLEAR, None


def _window(asked: Plan | None) -> timedelta:
    """How far back a condition looks; none where it looks back to a moment, as of today."""
    length_ns = asked.window.length_ns if asked is not None and asked.window is not None else None
    return timedelta(microseconds=(length_ns or 0) / 1000)


def _without_values(alert: Alert) -> Alert:
    return replace(alert, value=None, peak=None, told_value=None)


def _only_value(before: Alert | None, after: Alert | None) -> bool:
    if before is None or after is None:
        return False
    return _without_values(before) == _without_values(after)


def _silences(silence: dict[str, Any], policy: Policy, scope: Scope, now: datetime) -> bool:
    if not silence["start"] <= now < silence["end"] or silence["query"] or silence["beyond"] == policy.name:
        return False
    if silence["policy"] and silence["policy"] != policy.name:
        return False
    return not silence["function"] or any(fits(silence["function"], name) for name in scope.functions)
