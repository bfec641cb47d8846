"""The boards of a project: what there are, what their panels ask, and how they are changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mendline.errors import NotFoundError, UsageError
from mendline.model.board import Board, check_board_name, read_board
from mendline.store.state import State, delete_board, load_boards, save_board

MOST_BOARDS = 200


@dataclass(frozen=True, slots=True)
class Boards:
    """Those of one project. Everything raises StateError where the state cannot be used."""

    state: State
    project: str

    def all(self) -> tuple[Board, ...]:
        """By name."""
        with self.state.reading() as connection:
            return load_boards(connection, self.project)

    def get(self, name: str) -> Board:
        """One of them. Raises NotFoundError."""
        found = next((board for board in self.all() if board.name == name), None)
        if found is None:
            raise NotFoundError(f"There is no board '{name[:80]}'. The list of boards has those that there are.")
        return found

    def save(self, name: str, text: str, now: datetime, by: str) -> Board:
        """Keep a board, new or changed. Raises UsageError for a name or a text that it cannot have."""
        read_board(text)
        board = Board(check_board_name(name), text.replace("\r\n", "\n").strip() + "\n", now, by)
        with self.state.writing() as connection:
            known = {each.name for each in load_boards(connection, self.project)}
            if len(known | {name}) > MOST_BOARDS:
                raise UsageError(f"There are {len(known)} boards, and no more fit. Delete one first.")
            save_board(connection, self.project, board)
        return board

    def delete(self, name: str) -> None:
        """Forget one; no matter whether there was one."""
        with self.state.writing() as connection:
            delete_board(connection, self.project, name)
