"""The boards of projects."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from mendline.model.board import Board
from mendline.store.state.tables import boards

_COLUMNS = [boards.c[name] for name in Board.__slots__]


def load_boards(connection: Connection, project: str) -> tuple[Board, ...]:
    """All of a project, by name."""
    rows = connection.execute(select(*_COLUMNS).where(boards.c.project == project).order_by(boards.c.name))
    return tuple(Board(**row._mapping) for row in rows)


def save_board(connection: Connection, project: str, board: Board) -> None:
    """Keep one, in place of an earlier one of that name."""
    delete_board(connection, project, board.name)
    values = {name: getattr(board, name) for name in Board.__slots__}
    connection.execute(insert(boards).values(project=project, **values))


def delete_board(connection: Connection, project: str, name: str) -> None:
    """Forget one."""
    connection.execute(delete(boards).where((boards.c.project == project) & (boards.c.name == name)))
