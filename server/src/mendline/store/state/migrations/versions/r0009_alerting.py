"""Policies and receivers; alerts, incidents with what happened in them, messages to be delivered, and silences."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _make_policies()
    _make_incidents()
    _make_messages()


def _make_policies() -> None:
    for name in ("policies", "receivers"):
        _table(
            name,
            _project(),
            sa.Column("name", sa.String(100), nullable=False),
            sa.Column("document", sa.Text, nullable=False),
            sa.Column("origin", sa.String(16), nullable=False),
            sa.Column("changed", _MOMENT, nullable=False),
            sa.Column("changed_by", sa.String(100), nullable=False),
            sa.PrimaryKeyConstraint("project", "name", name=f"pk_{name}"),
        )
    _table(
        "alerts",
        _project(),
        sa.Column("fingerprint", sa.String(32), nullable=False),
        sa.Column("policy", sa.String(100), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("incident", sa.Integer, nullable=True),
        sa.Column("changed", _MOMENT, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("project", "fingerprint", name="pk_alerts"),
    )


def _make_incidents() -> None:
    _table(
        "incidents",
        sa.Column("id", sa.Integer, nullable=False),
        _project(),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("opened", _MOMENT, nullable=False),
        sa.Column("resolved", _MOMENT, nullable=True),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_incidents_opened", "incidents", ["project", "opened"])
    _table(
        "incident_events",
        sa.Column("id", sa.Integer, nullable=False),
        _project(),
        sa.Column("incident", sa.Integer, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("by", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incident_events"),
        sa.ForeignKeyConstraint(["incident"], ["incidents.id"], name="fk_incident_events_incident"),
    )
    op.create_index("ix_incident_events_incident", "incident_events", ["incident"])


def _make_messages() -> None:
    _table(
        "outbox",
        sa.Column("id", sa.Integer, nullable=False),
        _project(),
        sa.Column("incident", sa.Integer, nullable=True),
        sa.Column("receiver", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("key", sa.String(100), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("created", _MOMENT, nullable=False),
        sa.Column("due", _MOMENT, nullable=False),
        sa.Column("sent", _MOMENT, nullable=True),
        sa.Column("error", sa.String(500), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("project", "receiver", "key", name="uq_outbox_project"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_due", "outbox", ["state", "due"])
    _table(
        "silences",
        sa.Column("id", sa.Integer, nullable=False),
        _project(),
        sa.Column("policy", sa.String(100), nullable=False),
        sa.Column("function", sa.String(200), nullable=False),
        sa.Column("start", _MOMENT, nullable=False),
        sa.Column("end", _MOMENT, nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("changed", _MOMENT, nullable=False),
        sa.Column("changed_by", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_silences"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(63), nullable=False),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("until", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )


def _project() -> sa.Column[str]:
    return sa.Column("project", sa.String(63), nullable=False)


def _table(name: str, *parts: sa.schema.SchemaItem, **options: bool) -> None:
    """A table of projects."""
    of = sa.ForeignKeyConstraint(["project"], ["projects.name"], name=f"fk_{name}_project")
    op.create_table(name, *parts, of, **options)
