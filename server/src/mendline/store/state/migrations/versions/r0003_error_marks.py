"""What people decided about errors, by project and fingerprint."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "error_marks",
        sa.Column("project", sa.String(63), nullable=False),
        sa.Column("fingerprint", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assignee", sa.String(100), nullable=False),
        sa.Column("note", sa.String(4000), nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("project", "fingerprint", name="pk_error_marks"),
        sa.ForeignKeyConstraint(["project"], ["projects.name"], name="fk_error_marks_project"),
    )
