"""Chaos experiments, their runs, what each environment may still inject, and projects where all are stopped."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _of_project(
        "experiments",
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("origin", sa.String(16), nullable=False),
        sa.Column("changed", _MOMENT, nullable=False),
        sa.Column("changed_by", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("project", "name", name="pk_experiments"),
    )
    _of_project(
        "experiment_runs",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("experiment", sa.String(100), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("starts", _MOMENT, nullable=False),
        sa.Column("ends", _MOMENT, nullable=False),
        sa.Column("changed", _MOMENT, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_experiment_runs"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_experiment_runs_starts", "experiment_runs", ["project", "starts"])
    op.create_index("ix_experiment_runs_state", "experiment_runs", ["project", "state"])
    op.create_table(
        "experiment_allotments",
        sa.Column("run", sa.Integer, nullable=False),
        sa.Column("environment", sa.String(64), nullable=False),
        sa.Column("granted", sa.Integer, nullable=False),
        sa.Column("used", sa.Integer, nullable=False),
        sa.Column("changed", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("run", "environment", name="pk_experiment_allotments"),
        sa.ForeignKeyConstraint(["run"], ["experiment_runs.id"], name="fk_experiment_allotments_run"),
    )
    _of_project(
        "experiment_halts",
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("by", sa.String(100), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.PrimaryKeyConstraint("project", name="pk_experiment_halts"),
    )


def _of_project(name: str, *parts: sa.schema.SchemaItem, **options: bool) -> None:
    of = sa.ForeignKeyConstraint(["project"], ["projects.name"], name=f"fk_{name}_project")
    op.create_table(name, sa.Column("project", sa.String(63), nullable=False), *parts, of, **options)
