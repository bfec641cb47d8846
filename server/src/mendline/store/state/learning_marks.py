"""What people say of what is learned as usual."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from mendline.model.learning_mark import LearningMark
from mendline.store.state.tables import learning_marks

_COLUMNS = [learning_marks.c[name] for name in LearningMark.__slots__]


def load_learning_marks(connection: Connection, project: str) -> tuple[LearningMark, ...]:
    """All of a project, newest first."""
    own = learning_marks.c.project == project
    rows = connection.execute(select(*_COLUMNS).where(own).order_by(learning_marks.c.start.desc(), learning_marks.c.id))
    return tuple(LearningMark(**row._mapping) for row in rows)


def forget_learning_marks(connection: Connection, project: str, by: str, before: datetime) -> None:
    """Forget those of somebody whose changes begin so, and that ended before."""
    old = (learning_marks.c.project == project) & learning_marks.c.changed_by.startswith(by)
    connection.execute(delete(learning_marks).where(old & (learning_marks.c.end < before)))


def add_learning_mark(connection: Connection, project: str, mark: LearningMark) -> None:
    """Keep one; its id is given here."""
    values = {name: getattr(mark, name) for name in LearningMark.__slots__ if name != "id"}
    connection.execute(insert(learning_marks).values(project=project, **values))


def delete_learning_mark(connection: Connection, project: str, number: int) -> bool:
    """Forget one; whether there was one."""
    chosen = (learning_marks.c.project == project) & (learning_marks.c.id == number)
    return bool(connection.execute(delete(learning_marks).where(chosen)).rowcount)
