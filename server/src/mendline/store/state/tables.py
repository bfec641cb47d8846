"""The tables of the state database, as SQLAlchemy knows them; `migrations/` makes them."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC, also in a database that knows no time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a moment without a zone; hand on others in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)

projects = Table(
    "projects",
    METADATA,
    Column("name", String(63), primary_key=True),
    Column("created", UtcTime, nullable=False),
)

keys = Table(
    "keys",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("project", String(63), ForeignKey("projects.name"), nullable=True),
    Column("scope", String(16), nullable=False),
    Column("name", String(100), nullable=False),
    Column("prefix", String(32), nullable=False),
    Column("hash", LargeBinary(32), nullable=False, unique=True),
    Column("created", UtcTime, nullable=False),
    Column("last_used", UtcTime, nullable=True),
    Column("revoked", UtcTime, nullable=True),
    # an id is never given twice: a log line that names key 3 means one key for ever
    sqlite_autoincrement=True,
)

sessions = Table(
    "sessions",
    METADATA,
    Column("hash", LargeBinary(32), primary_key=True),
    Column("key_id", Integer, ForeignKey("keys.id"), nullable=False, index=True),
    Column("created", UtcTime, nullable=False),
    Column("last_seen", UtcTime, nullable=False),
    Column("expires", UtcTime, nullable=False),
)

sign_in_links = Table(
    "sign_in_links",
    METADATA,
    Column("hash", LargeBinary(32), primary_key=True),
    Column("key_id", Integer, ForeignKey("keys.id"), nullable=False, index=True),
    Column("created", UtcTime, nullable=False),
    Column("expires", UtcTime, nullable=False),
)

agent_configs = Table(
    "agent_configs",
    METADATA,
    Column("project", String(63), ForeignKey("projects.name"), primary_key=True),
    Column("document", Text, nullable=False),
    Column("changed", UtcTime, nullable=False),
)

retentions = Table(
    "retentions",
    METADATA,
    Column("project", String(63), ForeignKey("projects.name"), primary_key=True),
    Column("traces", Integer, nullable=True),
    Column("logs", Integer, nullable=True),
    Column("metrics", Integer, nullable=True),
    Column("changed", UtcTime, nullable=False),
    Column("changed_by", String(100), nullable=False),
)

error_marks = Table(
    "error_marks",
    METADATA,
    Column("project", String(63), ForeignKey("projects.name"), primary_key=True),
    Column("fingerprint", String(16), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("expires", UtcTime, nullable=True),
    Column("assignee", String(100), nullable=False),
    Column("note", String(4000), nullable=False),
    Column("changed", UtcTime, nullable=False),
    Column("changed_by", String(100), nullable=False),
)

saved_queries = Table(
    "saved_queries",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("project", String(63), ForeignKey("projects.name"), nullable=False, index=True),
    # the id of a key, and 0 where no keys were asked for
    Column("owner", Integer, nullable=False),
    Column("page", String(32), nullable=False),
    Column("of", Text, nullable=False, server_default=""),
    Column("name", String(100), nullable=False),
    Column("text", Text, nullable=False),
    Column("is_shared", Boolean, nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("changed", UtcTime, nullable=False),
    sqlite_autoincrement=True,
)

learning_marks = Table(
    "learning_marks",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("project", String(63), ForeignKey("projects.name"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("function", String(200), nullable=False),
    Column("start", UtcTime, nullable=False),
    Column("end", UtcTime, nullable=True),
    Column("reason", String(500), nullable=False),
    Column("changed", UtcTime, nullable=False),
    Column("changed_by", String(100), nullable=False),
    sqlite_autoincrement=True,
)

boards = Table(
    "boards",
    METADATA,
    Column("project", String(63), ForeignKey("projects.name"), primary_key=True),
    Column("name", String(63), primary_key=True),
    Column("text", Text, nullable=False),
    Column("changed", UtcTime, nullable=False),
    Column("changed_by", String(100), nullable=False),
)
