"""Incidents, and what happened in them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update

from mendline.model.incident import Incident, IncidentEvent, IncidentState
from mendline.store.state.alerting_tables import incident_events, incidents, new_id, outbox

_OWN = ("id", "project", "state", "severity", "opened", "resolved")
_MOMENTS = ("detected", "began", "notified", "acknowledged", "diagnosed", "quiet_until")
_MOST_STRUCK = 200
_TUPLES = ("functions", "resources", "policies", "causes", "told")
_FIELDS = frozenset(field.name for field in fields(Incident))


def add_incident(connection: Connection, incident: Incident) -> int:
    """Keep a new one; answers its id."""
    return new_id(connection.execute(insert(incidents).values(**_values(incident))))


def save_incident(connection: Connection, incident: Incident) -> None:
    """Keep one as it is now."""
    connection.execute(update(incidents).where(incidents.c.id == incident.id).values(**_values(incident)))


def find_incident(connection: Connection, project: str, number: int) -> Incident | None:
    """One by its id."""
    row = connection.execute(select(incidents).where(incidents.c.project == project, incidents.c.id == number)).first()
    return None if row is None else _read(row)


def load_incidents(
    connection: Connection, project: str, start: datetime, end: datetime, most: int = 500
) -> tuple[Incident, ...]:
    """Those that were open at some time between two moments, newest first."""
    asked = select(incidents).where(
        incidents.c.project == project,
        incidents.c.opened <= end,
        or_(incidents.c.resolved.is_(None), incidents.c.resolved >= start),
    )
    rows = connection.execute(asked.order_by(incidents.c.opened.desc(), incidents.c.id.desc()).limit(most))
    return tuple(map(_read, rows))


def load_struck_functions(
    connection: Connection, project: str
) -> tuple[tuple[int, str, datetime, datetime | None], ...]:
    """Of the newest incidents: number, function, when it was opened, and when it was resolved."""
    functions = func.json_extract(incidents.c.document, "$.functions")
    asked = select(incidents.c.id, functions, incidents.c.opened, incidents.c.resolved).where(
        incidents.c.project == project
    )
    rows = connection.execute(asked.order_by(incidents.c.opened.desc(), incidents.c.id.desc()).limit(_MOST_STRUCK))
    return tuple(
        (number, name, opened, resolved) for number, told, opened, resolved in rows for name in json.loads(told or "[]")
    )


def fold_incident(connection: Connection, project: str, incident: int, into: int) -> None:
    """Forget one that was made a part of another, which gets its timeline; messages about it that wait are not sent."""
    events = update(incident_events).where(incident_events.c.project == project, incident_events.c.incident == incident)
    connection.execute(events.values(incident=into))
    connection.execute(
        delete(outbox).where(outbox.c.project == project, outbox.c.incident == incident, outbox.c.state == "waiting")
    )
    connection.execute(delete(incidents).where(incidents.c.project == project, incidents.c.id == incident))


def add_event(connection: Connection, project: str, incident: int, event: IncidentEvent) -> None:
    """A line of the timeline."""
    values = {"at": event.at, "kind": event.kind, "text": event.text, "by": event.by}
    connection.execute(insert(incident_events).values(project=project, incident=incident, **values))


def load_events(connection: Connection, project: str, incident: int) -> tuple[IncidentEvent, ...]:
    """The timeline of one, in order."""
    asked = select(incident_events).where(incident_events.c.project == project, incident_events.c.incident == incident)
    rows = connection.execute(asked.order_by(incident_events.c.at, incident_events.c.id))
    return tuple(IncidentEvent(row.at, row.kind, row.text, row.by) for row in rows)


def _values(incident: Incident) -> dict[str, Any]:
    told: dict[str, Any] = {name: getattr(incident, name) for name in _FIELDS}
    own = {name: told.pop(name) for name in _OWN}
    del own["id"]
    for name in _MOMENTS:
        told[name] = told[name] and told[name].isoformat()
    return {**own, "state": incident.state.value, "document": json.dumps(told)}


def _read(row: Row[Any]) -> Incident:
    # an older version may have kept what is no part of one any more
    told: dict[str, Any] = {name: value for name, value in json.loads(row.document).items() if name in _FIELDS}
    own: Mapping[str, Any] = {name: getattr(row, name) for name in _OWN}
    for name in _MOMENTS:
        told[name] = told[name] and datetime.fromisoformat(told[name]).astimezone(UTC)
    for name in _TUPLES:
        told[name] = tuple(told[name])
    return Incident(**{**own, **told, "state": IncidentState(row.state)})
