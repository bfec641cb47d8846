"""Silences by query, and those of what is expected: with the policy that tells where it exceeds its usual."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what there is has neither."""
    for name, most in (("query", 4000), ("beyond", 100)):
        op.add_column("silences", sa.Column(name, sa.String(most), nullable=False, server_default=""))
