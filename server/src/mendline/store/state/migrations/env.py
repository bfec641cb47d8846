"""How Alembic runs the revisions: on the connection, and in the transaction, that it is handed."""

from __future__ import annotations

from alembic import context

from mendline.store.state.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
