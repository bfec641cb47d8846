"""What people decided about errors."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from mendline.model.error_mark import ErrorMark
from mendline.store.state.tables import error_marks


def load_error_marks(connection: Connection, project: str) -> dict[str, ErrorMark]:
    """All of a project, by fingerprint."""
    rows = connection.execute(select(error_marks).where(error_marks.c.project == project)).mappings()
    return {row["fingerprint"]: ErrorMark(**{name: row[name] for name in row if name != "project"}) for row in rows}


def save_error_mark(connection: Connection, project: str, mark: ErrorMark) -> None:
    """Keep a mark, in place of an earlier one of the same error."""
    same = (error_marks.c.project == project) & (error_marks.c.fingerprint == mark.fingerprint)
    connection.execute(delete(error_marks).where(same))
    values = {name: getattr(mark, name) for name in ErrorMark.__slots__}
    connection.execute(insert(error_marks).values(project=project, **values))
