"""How long each project keeps its telemetry, where its people decided it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "retentions",
        sa.Column("project", sa.String(63), nullable=False),
        *(sa.Column(name, sa.Integer, nullable=True) for name in ("traces", "logs", "metrics")),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("project", name="pk_retentions"),
        sa.ForeignKeyConstraint(["project"], ["projects.name"], name="fk_retentions_project"),
    )
