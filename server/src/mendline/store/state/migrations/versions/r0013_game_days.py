"""Game days, as they were played, and what was written down in them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _of_project(
        "game_days",
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("origin", sa.String(16), nullable=False),
        sa.Column("changed", _MOMENT, nullable=False),
        sa.Column("changed_by", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("project", "name", name="pk_game_days"),
    )
    _of_project(
        "game_day_runs",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("game_day", sa.String(100), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("starts", _MOMENT, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_game_day_runs"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_game_day_runs_state", "game_day_runs", ["project", "state"])
    _of_project(
        "game_day_entries",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("run", sa.Integer, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("by", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_game_day_entries"),
        sa.ForeignKeyConstraint(["run"], ["game_day_runs.id"], name="fk_game_day_entries_run"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_game_day_entries_run", "game_day_entries", ["project", "run"])


def _of_project(name: str, *parts: sa.schema.SchemaItem, **options: bool) -> None:
    of = sa.ForeignKeyConstraint(["project"], ["projects.name"], name=f"fk_{name}_project")
    op.create_table(name, sa.Column("project", sa.String(63), nullable=False), *parts, of, **options)
