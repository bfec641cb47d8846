"""The tables of alerting, as SQLAlchemy knows them; documents are JSON."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, CursorResult, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from mendline.store.state.tables import METADATA, UtcTime


def new_id(inserted: CursorResult[Any]) -> int:
    """The id that a row was given."""
    key = inserted.inserted_primary_key
    return int(key[0]) if key else 0


def of_project(*, key: bool = False) -> Column[str]:
    """The column that says of which project a row is."""
    return Column("project", String(63), ForeignKey("projects.name"), primary_key=key, nullable=False)


def by_name(name: str) -> Table:
    """A table of documents of projects, by their names."""
    return Table(
        name,
        METADATA,
        of_project(key=True),
        Column("name", String(100), primary_key=True),
        Column("document", Text, nullable=False),
        Column("origin", String(16), nullable=False),
        Column("changed", UtcTime, nullable=False),
        Column("changed_by", String(100), nullable=False),
    )


policies = by_name("policies")
receivers = by_name("receivers")

alerts = Table(
    "alerts",
    METADATA,
    of_project(key=True),
    Column("fingerprint", String(32), primary_key=True),
    Column("policy", String(100), nullable=False),
    Column("state", String(16), nullable=False),
    Column("incident", Integer, nullable=True),
    Column("changed", UtcTime, nullable=False),
    Column("document", Text, nullable=False),
)

incidents = Table(
    "incidents",
    METADATA,
    Column("id", Integer, primary_key=True),
    of_project(),
    Column("state", String(16), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("opened", UtcTime, nullable=False),
    Column("resolved", UtcTime, nullable=True),
    Column("document", Text, nullable=False),
    Index("ix_incidents_opened", "project", "opened"),
    sqlite_autoincrement=True,
)

incident_events = Table(
    "incident_events",
    METADATA,
    Column("id", Integer, primary_key=True),
    of_project(),
    Column("incident", Integer, ForeignKey("incidents.id"), nullable=False, index=True),
    Column("at", UtcTime, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("by", String(100), nullable=False),
)

outbox = Table(
    "outbox",
    METADATA,
    Column("id", Integer, primary_key=True),
    of_project(),
    Column("incident", Integer, nullable=True),
    Column("receiver", String(100), nullable=False),
    Column("kind", String(16), nullable=False),
    # the idempotency key: the same however often it is tried
    Column("key", String(100), nullable=False),
    Column("state", String(16), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("created", UtcTime, nullable=False),
    Column("due", UtcTime, nullable=False),
    Column("sent", UtcTime, nullable=True),
    Column("error", String(500), nullable=False),
    Column("document", Text, nullable=False),
    UniqueConstraint("project", "receiver", "key"),
    Index("ix_outbox_due", "state", "due"),
    sqlite_autoincrement=True,
)

silences = Table(
    "silences",
    METADATA,
    Column("id", Integer, primary_key=True),
    of_project(),
    # of an empty one whichever, and so below
    Column("policy", String(100), nullable=False),
    Column("function", String(200), nullable=False),
    Column("query", String(4000), nullable=False, server_default=""),
    # the policy that lasts as long, and tells where what is silenced exceeds its usual
    Column("beyond", String(100), nullable=False, server_default=""),
    Column("start", UtcTime, nullable=False),
    Column("end", UtcTime, nullable=False),
    Column("reason", String(500), nullable=False),
    Column("changed", UtcTime, nullable=False),
    Column("changed_by", String(100), nullable=False),
    sqlite_autoincrement=True,
)

leases = Table(
    "leases",
    METADATA,
    Column("name", String(63), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("until", UtcTime, nullable=False),
)
