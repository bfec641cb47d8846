"""A board: queries that are looked at together, written as a text that can be kept in a file.

A panel is a paragraph: its first line is the title, the lines behind it are the query. Where the title ends in
`(table)` it is shown as a table. Lines that begin with `#` are remarks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from mendline.errors import UsageError

MOST_PANELS = 24
MOST_CHARACTERS = 20_000
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_TABLE = "(table)"


@dataclass(frozen=True, slots=True)
class BoardPanel:
    """One query with its title; `as_table`: as a table, though it could be a chart."""

    title: str
    query: str
    as_table: bool


@dataclass(frozen=True, slots=True)
class Board:
    """`text` is all of it; `changed_by` names a key, and is empty where no keys are asked for."""

    name: str
    text: str
    changed: datetime
    changed_by: str


def check_board_name(name: str) -> str:
    """The name, as it stands in URLs. Raises UsageError."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"'{name[:80]}' is not the name of a board; use small letters, digits and -, such as checkout-errors."
        )
    return name


def read_board(text: str) -> tuple[BoardPanel, ...]:
    """The panels of a board. Raises UsageError, which names the panel at fault; queries are not checked here."""
    if len(text) > MOST_CHARACTERS:
        raise UsageError(f"The board has {len(text):,} characters; {MOST_CHARACTERS:,} fit.")
    lines = [line for line in text.replace("\r\n", "\n").split("\n") if not line.lstrip().startswith("#")]
    panels = [_panel(part) for part in re.split(r"\n\s*\n", "\n".join(lines)) if part.strip()]
    if not panels:
        raise UsageError("The board has no panel. A panel is a paragraph: a line with its title, then its query.")
    if len(panels) > MOST_PANELS:
        raise UsageError(f"The board has {len(panels)} panels; {MOST_PANELS} fit.")
    return tuple(panels)


def _panel(part: str) -> BoardPanel:
    title, _, query = part.strip().partition("\n")
    if not query.strip():
        raise UsageError(f"The panel '{title[:60]}' has no query; write it on the lines behind the title.")
    as_table = title.rstrip().endswith(_TABLE)
    return BoardPanel(title.rstrip().removesuffix(_TABLE).rstrip(), query.strip(), as_table)
