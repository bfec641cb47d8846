"""An alert: one policy for one group. Its states, and how it goes from one to the next as time passes. Pure.

    pending → firing → resolved; a firing one may be acknowledged or silenced by people, flapping when it comes and
    goes, unknown while the store cannot answer, missing while nothing is seen that the condition speaks of.

Neither unknown nor missing is over: an alert is resolved by what was seen, or by a person.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """Of an alert."""

    PENDING = "pending"
    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"
    FLAPPING = "flapping"
    UNKNOWN = "unknown"
    MISSING = "missing"
    RESOLVED = "resolved"


class Seen(StrEnum):
    """What one evaluation says of a group."""

    HOLDS = "holds"  # as often as `for` asks
    BEGINS = "begins"  # now, but not as often yet
    CLEAR = "clear"
    MISSING = "missing"  # nothing was seen of which the condition could be told
    UNKNOWN = "unknown"  # the store could not answer, or what is usual is still learned


_NOT_TOLD = (State.UNKNOWN, State.MISSING)
_FLAPS, _FLAPPING_WITHIN = 3, timedelta(minutes=30)
_CALM_FLAPPING = timedelta(minutes=10)
MOST_MISSING = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Alert:
    """`keys` name the group. `state` since `since`; `was` is the state behind unknown or missing. `fired` is when it
    first held this time, `clear` since when it does not hold while it is still open; `crossings` are the latest moments
    at which it began to fire. `value` is the last one seen, `peak` the largest while open,
    `told_value` the one that people were told of last."""

    policy: str
    keys: tuple[str, ...]
    state: State
    since: datetime
    was: State | None = None
    fired: datetime | None = None
    clear: datetime | None = None
    crossings: tuple[datetime, ...] = ()
    value: float | None = None
    peak: float | None = None
    told_value: float | None = None
    incident: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether somebody has to be concerned: it fired and is not resolved."""
        return self.state not in (State.PENDING, State.RESOLVED)

    @property
    def fingerprint(self) -> str:
        """The same for every time that this policy fires for this group."""
        return fingerprint(self.policy, self.keys)


@dataclass(frozen=True, slots=True)
class Rule:
    """How a policy is resolved: clear for so long, and how long a gap in the data is waited for."""

    resolve_after: timedelta
    silenced: bool = False
    active: bool = True


def fingerprint(policy: str, keys: Sequence[Any]) -> str:
    """Of a policy and a group."""
    text = "\x1f".join([policy, *map(str, keys)])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def stepped(
    alert: Alert | None, policy: str, keys: tuple[str, ...], seen: Seen, at: datetime, rule: Rule
) -> Alert | None:
    """The alert after an evaluation at a moment; None where there is nothing to keep. Moments may go back a little, as
    clocks do: no time passes then."""
    if alert is None or alert.state is State.RESOLVED:
        return _from_rest(alert, policy, keys, seen, at, rule)
    if alert.state is State.PENDING:
        return _from_pending(alert, seen, at, rule)
    match seen:
        case Seen.UNKNOWN:
            return _aside(alert, State.UNKNOWN, at)
        case Seen.MISSING:
            if alert.state is State.MISSING and at - alert.since >= MOST_MISSING:
                return _resolved(alert, at)
            return _aside(alert, State.MISSING, at)
        case Seen.CLEAR:
            return _cleared(_back(alert, at), at, rule)
    return _silence(replace(_back(alert, at), clear=None), at, rule)


def acknowledged(alert: Alert, at: datetime) -> Alert:
    """The alert after a person said that somebody works on it."""
    if alert.state in _NOT_TOLD:
        return replace(alert, was=State.ACKNOWLEDGED)
    return replace(alert, state=State.ACKNOWLEDGED, since=at) if alert.is_open else alert


def resolved_by_hand(alert: Alert, at: datetime) -> Alert:
    """The alert after a person said that it is over. Where the condition still holds, it fires anew when that is next
    seen."""
    return _resolved(alert, at)


def _from_rest(
    alert: Alert | None, policy: str, keys: tuple[str, ...], seen: Seen, at: datetime, rule: Rule
) -> Alert | None:
    if seen not in (Seen.HOLDS, Seen.BEGINS) or not rule.active:
        return alert
    new = Alert(policy, keys, State.PENDING, at)
    if alert is not None:
        new = replace(new, crossings=alert.crossings, incident=alert.incident)
    return new if seen is Seen.BEGINS else _fired(new, at, rule)


def _from_pending(alert: Alert, seen: Seen, at: datetime, rule: Rule) -> Alert | None:
    if seen is Seen.HOLDS and rule.active:
        return _fired(alert, at, rule)
    if seen in (Seen.BEGINS, Seen.UNKNOWN):
        return alert
    return None if alert.incident is None else replace(alert, state=State.RESOLVED, since=at)


def _fired(alert: Alert, at: datetime, rule: Rule) -> Alert:
    crossings = (*(one for one in alert.crossings if timedelta() <= at - one < _FLAPPING_WITHIN), at)[-_FLAPS:]
    state = State.FLAPPING if len(crossings) >= _FLAPS else State.FIRING
    fired = replace(alert, state=state, since=at, fired=at, clear=None, was=None, crossings=crossings, peak=None)
    return _silence(fired, at, rule)


def _silence(alert: Alert, at: datetime, rule: Rule) -> Alert:
    if rule.silenced and alert.state in (State.FIRING, State.FLAPPING):
        return replace(alert, state=State.SILENCED, since=at)
    if not rule.silenced and alert.state is State.SILENCED:
        return replace(alert, state=State.FIRING, since=at)
    return alert


def _aside(alert: Alert, state: State, at: datetime) -> Alert:
    if alert.state is state:
        return alert
    was = alert.was if alert.state in _NOT_TOLD else alert.state
    return replace(alert, state=state, since=at, was=was)


def _back(alert: Alert, at: datetime) -> Alert:
    if alert.state not in _NOT_TOLD:
        return alert
    return replace(alert, state=alert.was or State.FIRING, since=at, was=None)


def _cleared(alert: Alert, at: datetime, rule: Rule) -> Alert:
    if alert.clear is None or at < alert.clear:
        return replace(alert, clear=at)
    calm = max(rule.resolve_after, _CALM_FLAPPING) if alert.state is State.FLAPPING else rule.resolve_after
    return _resolved(alert, at) if at - alert.clear >= calm else alert


def _resolved(alert: Alert, at: datetime) -> Alert:
    return replace(alert, state=State.RESOLVED, since=at, was=None, clear=None)
