"""Alerts, and who evaluates: what the evaluator keeps of one round to the next, also over a restart."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from mendline.model.alert import Alert, State
from mendline.store.state.alerting_tables import alerts, leases, new_id, silences

_MOMENTS = ("since", "fired", "clear")


def load_alerts(connection: Connection, project: str) -> tuple[Alert, ...]:
    """All of a project, resolved ones too."""
    rows = connection.execute(select(alerts.c.document).where(alerts.c.project == project))
    return tuple(_read(json.loads(text)) for (text,) in rows)


def save_alerts(connection: Connection, project: str, changed: Iterable[Alert], now: datetime) -> None:
    """Keep these as they are now."""
    for alert in changed:
        print_ = alert.fingerprint
        connection.execute(delete(alerts).where(alerts.c.project == project, alerts.c.fingerprint == print_))
        values = {"policy": alert.policy, "state": alert.state.value, "incident": alert.incident}
        text = json.dumps(_document(alert))
        connection.execute(
            insert(alerts).values(project=project, fingerprint=print_, changed=now, document=text, **values)
        )


def forget_alerts(connection: Connection, project: str, fingerprints: Iterable[str]) -> None:
    """Forget these."""
    for one in fingerprints:
        connection.execute(delete(alerts).where(alerts.c.project == project, alerts.c.fingerprint == one))


def take_lease(connection: Connection, name: str, holder: str, now: datetime, until: datetime) -> bool:
    """Whether this holder has the lease until then: it had it, nobody had, or whoever had it let it run out."""
    row = connection.execute(select(leases.c.holder, leases.c.until).where(leases.c.name == name)).first()
    if row is None:
        connection.execute(insert(leases).values(name=name, holder=holder, until=until))
        return True
    if row.holder != holder and row.until > now:
        return False
    connection.execute(update(leases).where(leases.c.name == name).values(holder=holder, until=until))
    return True


def give_lease(connection: Connection, name: str, holder: str) -> None:
    """Let another have it at once."""
    connection.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))


def load_silences(connection: Connection, project: str, now: datetime) -> tuple[dict[str, Any], ...]:
    """Those that are not over, by their end."""
    asked = select(silences).where(silences.c.project == project, silences.c.end > now).order_by(silences.c.end)
    return tuple(dict(row._mapping) for row in connection.execute(asked))


def add_silence(connection: Connection, project: str, values: dict[str, Any], now: datetime, by: str) -> int:
    """Keep one; answers its id."""
    told = connection.execute(insert(silences).values(project=project, changed=now, changed_by=by, **values))
    return new_id(told)


def end_silence(connection: Connection, project: str, number: int, now: datetime) -> bool:
    """End one now; whether it went on."""
    ended = update(silences).where(silences.c.project == project, silences.c.id == number, silences.c.end > now)
    return bool(connection.execute(ended.values(end=now)).rowcount)


def _document(alert: Alert) -> dict[str, Any]:
    told: dict[str, Any] = {field.name: getattr(alert, field.name) for field in fields(Alert)}
    for name in _MOMENTS:
        told[name] = told[name] and told[name].isoformat()
    return told | {"crossings": [one.isoformat() for one in alert.crossings]}


def _read(told: dict[str, Any]) -> Alert:
    for name in _MOMENTS:
        told[name] = told[name] and _moment(told[name])
    told["crossings"] = tuple(map(_moment, told["crossings"]))
    told["keys"], told["state"] = tuple(told["keys"]), State(told["state"])
    told["was"] = told["was"] and State(told["was"])
    return Alert(**told)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
