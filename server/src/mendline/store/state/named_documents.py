"""Policies, receivers, experiments and game days of projects: documents by name."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select

from mendline.store.state.alerting_tables import policies, receivers
from mendline.store.state.experiment_tables import experiments, game_days

_TABLES = {"policies": policies, "receivers": receivers, "experiments": experiments, "game_days": game_days}


def load_documents(connection: Connection, kind: str, project: str) -> tuple[tuple[dict[str, Any], str], ...]:
    """All `policies`, `receivers`, `experiments` or `game_days` of a project, by name, each with its origin."""
    table = _TABLES[kind]
    asked = select(table.c.document, table.c.origin).where(table.c.project == project).order_by(table.c.name)
    return tuple((json.loads(text), origin) for text, origin in connection.execute(asked))


def save_document(
    connection: Connection, kind: str, project: str, document: dict[str, Any], origin: str, now: datetime, by: str
) -> None:
    """Keep one, in place of an earlier one of that name."""
    delete_document(connection, kind, project, document["name"])
    values = {"name": document["name"], "document": json.dumps(document), "origin": origin}
    connection.execute(insert(_TABLES[kind]).values(project=project, changed=now, changed_by=by, **values))


def delete_document(connection: Connection, kind: str, project: str, name: str) -> bool:
    """Forget one; whether there was one."""
    table: Table = _TABLES[kind]
    return bool(connection.execute(delete(table).where(table.c.project == project, table.c.name == name)).rowcount)
