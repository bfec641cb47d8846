"""Sessions at rest: found by the hash of their cookie, ended one by one, with their key, or by time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, or_, select, update

from mendline.store.state.records import Session
from mendline.store.state.tables import sessions


def add_session(connection: Connection, session: Session) -> None:
    """Keep a new session."""
    connection.execute(
        insert(sessions).values(
            hash=session.hash,
            key_id=session.key_id,
            created=session.created,
            last_seen=session.last_seen,
            expires=session.expires,
        )
    )


def find_session(connection: Connection, hashed: bytes) -> Session | None:
    """The session with this hash, expired or not."""
    row = connection.execute(select(sessions).where(sessions.c.hash == hashed)).first()
    return Session(bytes(row.hash), row.key_id, row.created, row.last_seen, row.expires) if row else None


def touch_session(connection: Connection, hashed: bytes, now: datetime) -> None:
    """Note that a session was seen."""
    connection.execute(update(sessions).where(sessions.c.hash == hashed).values(last_seen=now))


def end_session(connection: Connection, hashed: bytes) -> None:
    """End one session, if it is there."""
    connection.execute(delete(sessions).where(sessions.c.hash == hashed))


def end_sessions_of(connection: Connection, key_id: int) -> None:
    """End every session that was begun with a key."""
    connection.execute(delete(sessions).where(sessions.c.key_id == key_id))


def forget_expired(connection: Connection, now: datetime, seen_since: datetime) -> None:
    """Delete sessions that are over: past their end, or not seen since a moment."""
    connection.execute(delete(sessions).where(or_(sessions.c.expires <= now, sessions.c.last_seen < seen_since)))
