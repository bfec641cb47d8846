"""Saved queries of pages that are each about one thing: a function, a resource, an entry."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("saved_queries", sa.Column("of", sa.Text, nullable=False, server_default=""))
