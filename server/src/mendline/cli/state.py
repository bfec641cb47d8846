"""What commands on the state share: opening it without a server, and saying moments and tables to a person."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mendline.cli.flags import add_settings, read_settings
from mendline.clock import SystemClock
from mendline.errors import NotFoundError

if TYPE_CHECKING:
    from mendline.store.state import State


def add_state_flags(parser: argparse.ArgumentParser) -> None:
    """`--data` (and `--config`), and `--json`."""
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_settings(parser, ("data",))


@contextmanager
def opened_state(parsed: argparse.Namespace, *, make: bool) -> Iterator[State]:
    """The state that `--data` names. Where there is none it is made, or (`make` false) NotFoundError is raised."""
    from mendline.store.state import open_state, state_path  # noqa: PLC0415 - the database takes time to import

    data = read_settings(parsed).data
    if not make and not state_path(data).exists():
        raise NotFoundError(
            f"There is no state in {data.absolute()}: no server and no command has used that directory yet."
            " Name the right one with --data DIR."
        )
    state = open_state(data, SystemClock().now())
    try:
        yield state
    finally:
        state.close()


def as_json(moment: datetime | None) -> str | None:
    """ISO 8601, in UTC."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z") if moment else None


def as_text(moment: datetime | None) -> str:
    """Date and time to the minute, in UTC; a dash for none."""
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "-"


def print_table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Columns as wide as their longest value."""
    lines = [head, *([str(value) for value in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        print("  ".join(value.ljust(width) for value, width in zip(line, widths, strict=True)).rstrip())
