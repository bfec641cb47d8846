"""The configuration of the agents, by project."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "agent_configs",
        sa.Column("project", sa.String(63), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("project", name="pk_agent_configs"),
        sa.ForeignKeyConstraint(["project"], ["projects.name"], name="fk_agent_configs_project"),
    )
