"""The state database brought to the shape that this version knows, by Alembic; a newer shape is refused in words."""

from __future__ import annotations

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from mendline.errors import StateNewerError

# The newest revision in migrations/versions. Compared first, so that a start with nothing to do imports no Alembic.
HEAD = "0013"


def bring_up_to_date(connection: Connection, *, dry: bool) -> bool:
    """Apply the revisions that are missing, within the caller's transaction; `dry` only looks.

    Answers whether all revisions are there now. Raises StateNewerError when the database has one that we do not know.
    """
    current = _revision(connection)
    if current == HEAD:
        return True
    from alembic.command import upgrade  # noqa: PLC0415 - a third of a second, needed once in the life of a database
    from alembic.config import Config  # noqa: PLC0415 - likewise
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - likewise

    config = Config()
    config.set_main_option("script_location", "mendline.store.state:migrations")
    if current is not None:
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if current not in known:
            raise StateNewerError(
                f"The state database was changed by a newer Mendline (revision {current[:20]}; this one knows {HEAD})."
                " Start that version, or choose another directory with --data."
            )
    if dry:
        return False
    config.attributes["connection"] = connection
    upgrade(config, "head")
    return True


def _revision(connection: Connection) -> str | None:
    """The revision of the database, None where it is empty."""
    try:
        with connection.begin_nested():
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except (OperationalError, ProgrammingError) as error:
        if "alembic_version" in str(error.orig):
            return None
        raise
