"""How long the telemetry of projects is kept, where their people decided it."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from mendline.model.chosen_retention import ChosenRetention
from mendline.store.state.tables import retentions

_COLUMNS = [retentions.c[name] for name in ChosenRetention.__slots__]


def load_retention(connection: Connection, project: str) -> ChosenRetention | None:
    """What was chosen for a project; None where nothing was."""
    row = connection.execute(select(*_COLUMNS).where(retentions.c.project == project)).first()
    return ChosenRetention(**row._mapping) if row else None


def save_retention(connection: Connection, project: str, chosen: ChosenRetention) -> None:
    """Keep it, in place of an earlier one."""
    connection.execute(delete(retentions).where(retentions.c.project == project))
    values = {name: getattr(chosen, name) for name in ChosenRetention.__slots__}
    connection.execute(insert(retentions).values(project=project, **values))
