"""Queries that people saved: their own, and those that a project shares."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from mendline.store.state.records import SavedQuery
from mendline.store.state.tables import saved_queries

_COLUMNS = [column for column in saved_queries.c if column.name not in ("project", "changed")]


def visible_queries(connection: Connection, project: str, owner: int) -> tuple[SavedQuery, ...]:
    """Those of an owner and those that are shared, by name."""
    mine_or_shared = or_(saved_queries.c.owner == owner, saved_queries.c.is_shared)
    rows = connection.execute(
        select(*_COLUMNS)
        .where(saved_queries.c.project == project, mine_or_shared)
        .order_by(saved_queries.c.name, saved_queries.c.id)
    )
    return tuple(SavedQuery(**row._mapping) for row in rows)


def count_queries(connection: Connection, project: str) -> int:
    """How many a project has."""
    found = connection.execute(select(func.count()).where(saved_queries.c.project == project))
    return int(found.scalar_one())


def add_query(connection: Connection, project: str, values: Mapping[str, Any], now: datetime) -> int:
    """Keep one; answers its id."""
    made = insert(saved_queries).values(project=project, changed=now, **values).returning(saved_queries.c.id)
    return int(connection.execute(made).scalar_one())


def change_query(connection: Connection, project: str, number: int, values: Mapping[str, Any], now: datetime) -> None:
    """Change some of what one says."""
    of = (saved_queries.c.project == project, saved_queries.c.id == number)
    connection.execute(update(saved_queries).where(*of).values(changed=now, **values))


def delete_query(connection: Connection, project: str, number: int) -> None:
    """Forget one."""
    connection.execute(delete(saved_queries).where(saved_queries.c.project == project, saved_queries.c.id == number))


def clear_defaults(connection: Connection, project: str, owner: int, page: tuple[str, str], *, shared: bool) -> None:
    """A page, told with what it is of, has one default: of an owner's private queries, and of those that are shared."""
    of = [saved_queries.c.project == project, saved_queries.c.page == page[0], saved_queries.c.of == page[1]]
    of += [saved_queries.c.is_shared == shared]
    of += [] if shared else [saved_queries.c.owner == owner]
    connection.execute(update(saved_queries).where(*of).values(is_default=False))
