"""Two incidents that turn out to have one cause become one, before anybody was told of the second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from mendline.model.incident import Incident, IncidentEvent
from mendline.model.policy import severity_rank
from mendline.store.state import (
    add_event,
    fold_incident,
    load_alerts,
    load_incidents,
    post_letter,
    save_alerts,
    save_incident,
)

_TOGETHER = timedelta(minutes=30)


def with_same_cause(incident: Incident, others: Sequence[Incident]) -> Incident | None:
    """The oldest open incident with the same likely cause, which is more than a guess. Pure."""
    wanted = _cause_of(incident)
    if wanted is None:
        return None
    alike = [
        one
        for one in others
        if one.id < incident.id
        and one.is_open
        and _cause_of(one) == wanted
        and incident.opened - one.opened <= _TOGETHER
    ]
    return min(alike, key=lambda one: one.id, default=None)


def merged(connection: Any, incident: Incident, now: datetime) -> Incident | None:
    """The incident that this one was made a part of; None where it stays one of its own: nobody else has its cause, or
    people were told of it already."""
    if incident.notified is not None:
        return None
    others = load_incidents(connection, incident.project, incident.opened - _TOGETHER, now)
    home = with_same_cause(incident, others)
    if home is None:
        return None
    own = [one for one in load_alerts(connection, incident.project) if one.incident == incident.id]
    save_alerts(connection, incident.project, [replace(one, incident=home.id) for one in own], now)
    fold_incident(connection, incident.project, incident.id, home.id)
    said = f"{incident.title}: joined, since it has the same likely cause"
    add_event(connection, home.project, home.id, IncidentEvent(now, "joined", said))
    late = [name for name in incident.told if name not in home.told]
    for name in late:
        key = f"{home.project}-{home.id}-first"
        post_letter(connection, home.project, home.id, name, "first", key, now, now)
    whole = replace(
        home,
        severity=max(home.severity, incident.severity, key=severity_rank),
        functions=_both(home.functions, incident.functions),
        resources=_both(home.resources, incident.resources),
        policies=_both(home.policies, incident.policies),
        told=_both(home.told, tuple(late)),
        held_back=home.held_back + 1 + incident.held_back,
    )
    save_incident(connection, whole)
    return whole


def _cause_of(incident: Incident) -> tuple[str, str] | None:
    first = next(iter(incident.causes), None)
    if first is None or first.get("confidence") == "low":
        return None
    about = str(first.get("resource") or first.get("function") or "")
    return (str(first.get("kind")), about) if about else None


def _both(names: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*names, *more)))
