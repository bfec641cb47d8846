"""The outbox: messages to be delivered. A row is written in the transaction that changes the incident."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from mendline.store.state.alerting_tables import outbox

WAITING, SENT, DEAD = "waiting", "sent", "dead"
_MOST_ERROR = 500


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to one receiver. `key` is the same however often it is tried. `document` holds what was answered to it
    (`remote`), and, where it is no message of an incident, what it says."""

    id: int
    project: str
    incident: int | None
    receiver: str
    kind: str
    key: str
    state: str
    tries: int
    created: datetime
    due: datetime
    sent: datetime | None
    error: str
    document: Mapping[str, Any]


def post_letter(
    connection: Connection,
    project: str,
    incident: int | None,
    receiver: str,
    kind: str,
    key: str,
    now: datetime,
    due: datetime,
    document: Mapping[str, Any] | None = None,
) -> bool:
    """Have a message delivered; whether it is new: of one key there is one."""
    there = select(outbox.c.id).where(outbox.c.project == project, outbox.c.receiver == receiver, outbox.c.key == key)
    if connection.execute(there).first() is not None:
        return False
    values = {"receiver": receiver, "kind": kind, "key": key, "state": WAITING, "tries": 0, "error": ""}
    text = json.dumps(dict(document or {}))
    connection.execute(
        insert(outbox).values(project=project, incident=incident, created=now, due=due, document=text, **values)
    )
    return True


def due_letters(connection: Connection, now: datetime, most: int = 100) -> tuple[Letter, ...]:
    """Those that are to be tried by now, of all projects, oldest first."""
    asked = select(outbox).where(outbox.c.state == WAITING, outbox.c.due <= now)
    return tuple(map(_read, connection.execute(asked.order_by(outbox.c.due, outbox.c.id).limit(most))))


def settle_letter(
    connection: Connection,
    letter: int,
    state: str,
    now: datetime,
    due: datetime,
    error: str,
    document: Mapping[str, Any],
) -> None:
    """Write down what became of a try."""
    values = {"state": state, "tries": outbox.c.tries + 1, "due": due, "error": error[:_MOST_ERROR]}
    sent = {"sent": now} if state == SENT else {}
    text = json.dumps(dict(document))
    connection.execute(update(outbox).where(outbox.c.id == letter).values(document=text, **values, **sent))


def hurry_letters(connection: Connection, project: str, incident: int, now: datetime) -> None:
    """What waits for the cause of an incident need not wait any more."""
    waiting = update(outbox).where(
        outbox.c.project == project, outbox.c.incident == incident, outbox.c.state == WAITING, outbox.c.tries == 0,
        outbox.c.due > now,
    )  # fmt: skip
    connection.execute(waiting.values(due=now))


def letters_of(connection: Connection, project: str, incident: int) -> tuple[Letter, ...]:
    """The messages of an incident, oldest first."""
    asked = select(outbox).where(outbox.c.project == project, outbox.c.incident == incident)
    return tuple(map(_read, connection.execute(asked.order_by(outbox.c.id))))


def stuck_letters(connection: Connection, project: str, most: int = 100) -> tuple[Letter, ...]:
    """Those that could not be delivered: given up, or tried in vain so far; newest first."""
    asked = select(outbox).where(outbox.c.project == project, outbox.c.error != "", outbox.c.state.in_((DEAD, WAITING)))
    return tuple(map(_read, connection.execute(asked.order_by(outbox.c.id.desc()).limit(most))))


def count_letters(connection: Connection) -> dict[str, int]:
    """How many there are, by state."""
    rows = connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))
    return {state: int(number) for state, number in rows}


def _read(row: Row[Any]) -> Letter:
    return Letter(**{**row._mapping, "document": json.loads(row.document)})
