"""Keys at rest: added, found by hash, listed, revoked. Their text is never here, only SHA-256 of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from mendline.errors import NotFoundError
from mendline.store.state.records import Key, KeyCensus, Scope
from mendline.store.state.sessions import end_sessions_of
from mendline.store.state.sign_in_links import end_links_of
from mendline.store.state.tables import keys, projects

COARSE = timedelta(minutes=1)


def add_key(
    connection: Connection, *, project: str | None, scope: Scope, name: str, prefix: str, hashed: bytes, now: datetime
) -> Key:
    """Keep a new key, of an existing project or (None) of all."""
    values = {
        "project": project,
        "scope": str(scope),
        "name": name,
        "prefix": prefix,
        "hash": hashed,
        "created": now,
        "last_used": None,
        "revoked": None,
    }
    made = connection.execute(insert(keys).values(**values)).inserted_primary_key
    if made is None:
        raise RuntimeError("the database gave the new key no id")
    return Key(made[0], project, scope, name, prefix, hashed, now, None, None)


def list_keys(connection: Connection, *, with_revoked: bool = True) -> tuple[Key, ...]:
    """Every key, oldest first."""
    query = select(keys).order_by(keys.c.id)
    if not with_revoked:
        query = query.where(keys.c.revoked.is_(None))
    return tuple(map(_key, connection.execute(query)))


def find_key(connection: Connection, hashed: bytes) -> Key | None:
    """The key with this hash, revoked or not."""
    row = connection.execute(select(keys).where(keys.c.hash == hashed)).first()
    return _key(row) if row else None


def revoke_key(connection: Connection, key_id: int, now: datetime) -> Key:
    """End a key, its sessions and the link to it; the key stays in the list. A second time changes nothing.

    Raises NotFoundError.
    """
    row = connection.execute(select(keys).where(keys.c.id == key_id)).first()
    if row is None:
        raise NotFoundError(f"There is no key {key_id}; `mendline keys list` shows all.")
    connection.execute(update(keys).where(keys.c.id == key_id, keys.c.revoked.is_(None)).values(revoked=now))
    end_sessions_of(connection, key_id)
    end_links_of(connection, key_id)
    return _key(connection.execute(select(keys).where(keys.c.id == key_id)).one())


def touch_key(connection: Connection, key_id: int, now: datetime) -> None:
    """Note that a key was used, unless that was noted within the last minute."""
    stale = or_(keys.c.last_used.is_(None), keys.c.last_used <= now - COARSE)
    connection.execute(update(keys).where(keys.c.id == key_id, stale).values(last_used=now))


def key_census(connection: Connection) -> KeyCensus:
    """Counts that tell whether keys or projects changed, for the price of a look."""
    all_keys = select(func.count()).select_from(keys).scalar_subquery()
    revoked = select(func.count(keys.c.revoked)).scalar_subquery()
    all_projects = select(func.count()).select_from(projects).scalar_subquery()
    return KeyCensus(*connection.execute(select(all_keys, revoked, all_projects)).one())


def _key(row: Row[Any]) -> Key:
    values = row._asdict()
    return Key(**{**values, "scope": Scope(values["scope"]), "hash": bytes(values["hash"])})
