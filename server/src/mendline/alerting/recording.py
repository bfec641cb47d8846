"""From alerts that changed to incidents and messages, all written in one transaction of the state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from mendline.alerting.joining import Graph, home_of
from mendline.alerting.policies import told_to
from mendline.alerting.watch import Change
from mendline.alerting.words import alert_words, title_of
from mendline.model.alert import Alert
from mendline.model.incident import Incident, IncidentEvent, IncidentState
from mendline.model.policy import Policy, Receiver, severity_rank
from mendline.store.state import (
    add_event,
    add_incident,
    forget_alerts,
    load_incidents,
    post_letter,
    save_alerts,
    save_incident,
)

CAUSE_WITHIN = timedelta(seconds=10)
_REOPEN = timedelta(hours=24)


@dataclass(slots=True)
class Recording:
    """One transaction. `last` is when an alert last joined each incident; `graph` is asked for once something fires."""

    connection: Any
    project: str
    now: datetime
    receivers: Sequence[Receiver]
    graph: Callable[[], Graph]
    last: dict[int, datetime]
    alerts: dict[str, Alert]
    opened: list[int] = field(default_factory=list)
    _known: dict[int, Incident] = field(default_factory=dict)

    def record(self, changes: Sequence[Change]) -> list[Change]:
        """The changes, whose alerts know their incident."""
        lately = load_incidents(self.connection, self.project, self.now - _REOPEN, self.now)
        self._known = {one.id: one for one in reversed(lately)}
        done: list[Change] = []
        # the worst first, so that it names the incident
        for change in sorted(changes, key=lambda it: -severity_rank(it.policy.severity)):
            alert = change.after
            if alert is not None and change.fired and change.policy.makes_incidents:
                alert = replace(alert, incident=self._fired(change, alert))
            elif alert is not None and change.tenfold and alert.incident is not None:
                self._raise(alert.incident, change.policy, f"{alert_words(change.policy, alert)}: ten times as much")
            done.append(replace(change, after=alert))
        for change in done:
            if change.after is not None:
                self.alerts[change.after.fingerprint] = change.after
        for number in sorted({one.after.incident for one in done if one.resolved and one.after and one.after.incident}):
            self._resolve_if_over(number)
        return done

    def save(self, done: Sequence[Change]) -> None:
        """Keep the alerts as they are now."""
        save_alerts(self.connection, self.project, [one.after for one in done if one.after is not None], self.now)
        gone = [one.before.fingerprint for one in done if one.after is None and one.before is not None]
        forget_alerts(self.connection, self.project, gone)

    def _fired(self, change: Change, alert: Alert) -> int:
        policy, words = change.policy, alert_words(change.policy, alert)
        before = self._known.get(alert.incident) if alert.incident is not None else None
        if before is not None and (before.is_open or self._is_quiet(before)):
            return self._again(before, policy, words)
        home = home_of(change.scope, policy.name, self.now, tuple(self._known.values()), self.last, self.graph())
        if home is not None:
            return self._join(home.incident, change, f"{words}; joined, since {home.reason}")
        return self._open(change, alert, words)

    def _is_quiet(self, incident: Incident) -> bool:
        return incident.quiet_until is not None and self.now < incident.quiet_until

    def _open(self, change: Change, alert: Alert, words: str) -> int:
        policy = change.policy
        incident = Incident(
            id=0,
            project=self.project,
            state=IncidentState.OPEN,
            severity=policy.severity,
            title=title_of(policy, alert, change.scope),
            opened=self.now,
            detected=self.now,
            owner=policy.owner,
            functions=change.scope.functions,
            resources=change.scope.resources,
            policies=(policy.name,),
            runbook=policy.runbook,
            quiet_until=self.now + timedelta(seconds=policy.quiet_s),
        )
        incident = replace(incident, id=add_incident(self.connection, incident))
        self._event(incident.id, "detected", words)
        self.last[incident.id] = self.now
        self.opened.append(incident.id)
        self._keep(self._tell(incident, policy, "first", "first", self.now + CAUSE_WITHIN))
        return incident.id

    def _join(self, incident: Incident, change: Change, words: str) -> int:
        policy = change.policy
        self._event(incident.id, "joined", words)
        self.last[incident.id] = self.now
        quiet = self.now + timedelta(seconds=policy.quiet_s)
        joined = replace(
            incident,
            functions=_with(incident.functions, change.scope.functions),
            resources=_with(incident.resources, change.scope.resources),
            policies=_with(incident.policies, (policy.name,)),
            runbook=incident.runbook or policy.runbook,
            quiet_until=max(incident.quiet_until or quiet, quiet),
            held_back=incident.held_back + 1,
        )
        joined = self._tell(joined, policy, "first", "first", self.now)
        self._keep(joined)
        if severity_rank(policy.severity) > severity_rank(joined.severity):
            self._raise(incident.id, policy, words)
        return incident.id

    def _again(self, incident: Incident, policy: Policy, words: str) -> int:
        """It fires again, within the quiet time or while its incident is still open."""
        again = replace(incident, held_back=incident.held_back + 1)
        if not incident.is_open:
            self._event(
                incident.id, "reopened", f"{words}; nobody is told again before {incident.quiet_until:%H:%M} UTC"
            )
            again = replace(again, state=IncidentState.OPEN, resolved=None)
        else:
            self._event(incident.id, "held back", words)
        self.last[incident.id] = self.now
        self._keep(again)
        return incident.id

    def _raise(self, number: int, policy: Policy, words: str) -> None:
        """It is worse than people were told; that breaks the quiet time."""
        incident = self._known.get(number)
        if incident is None or not incident.is_open:
            return
        worse = max(incident.severity, policy.severity, key=severity_rank)
        self._event(number, "raised", f"{words}; now {worse}")
        raised = replace(incident, severity=worse)
        if incident.notified is not None:  # else the first message says it
            raised = self._tell(
                raised, policy, "raised", f"raised-{self.now:%Y%m%d%H%M%S}", self.now, also=incident.told
            )
        self._keep(raised)

    def _resolve_if_over(self, number: int) -> None:
        incident = self._known.get(number)
        own = [one for one in self.alerts.values() if one.incident == number]
        if incident is None or not incident.is_open or any(one.is_open for one in own):
            return
        self._keep(over(self.connection, incident, self.now, "every alert of it is over", ""))

    def _tell(
        self, incident: Incident, policy: Policy, kind: str, key: str, due: datetime, also: tuple[str, ...] = ()
    ) -> Incident:
        """Whoever is to be told by this policy, at most once of each kind."""
        by_name = {one.name: one for one in self.receivers}
        told = incident.told
        for name in dict.fromkeys((*told_to(policy, self.receivers), *also)):
            receiver = by_name.get(name)
            if receiver is None or severity_rank(policy.severity) < severity_rank(receiver.least):
                continue
            full = f"{self.project}-{incident.id}-{key}"
            if post_letter(self.connection, self.project, incident.id, name, kind, full, self.now, due):
                told = _with(told, (name,))
        return replace(incident, told=told)

    def _keep(self, incident: Incident) -> None:
        self._known[incident.id] = incident
        save_incident(self.connection, incident)

    def _event(self, incident: int, kind: str, text: str) -> None:
        add_event(self.connection, self.project, incident, IncidentEvent(self.now, kind, text))


def over(connection: Any, incident: Incident, now: datetime, why: str, by: str) -> Incident:
    """The incident as it is once it is over; whoever was told of it is told that."""
    add_event(connection, incident.project, incident.id, IncidentEvent(now, "mended", why, by))
    for name in incident.told:
        key = f"{incident.project}-{incident.id}-over"
        post_letter(connection, incident.project, incident.id, name, "over", key, now, now)
    return replace(incident, state=IncidentState.RESOLVED, resolved=now)


def _with(names: tuple[str, ...], more: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*names, *more)))
