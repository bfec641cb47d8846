"""How errors of the language are made and shown: what is wrong, where, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mendline.errors import QueryTextError
from mendline.query.syntax import Span

_MOST_SHOWN = 100
HERE = "\ue000"  # in a sentence: `at LINE:COLUMN` stands here (a character for private use, which no sentence has)


@dataclass(frozen=True, slots=True)
class Edit:
    """Characters of a text, from `start` to before `end`, that give way to others."""

    start: int
    end: int
    replacement: str


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text with all edits, which do not overlap."""
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end), reverse=True):
        text = text[: edit.start] + edit.replacement + text[edit.end :]
    return text


def fault(
    kind: type[QueryTextError],
    text: str,
    at: Span,
    what: str,
    advice: str = "",
    *,
    expected: str = "",
    suggestion: str = "",
    edits: Iterable[Edit] = (),
) -> QueryTextError:
    """An error whose message is `{what} at LINE:COLUMN. {advice}`, or has the place where HERE stands; `edits` lead to
    a query that parses."""
    error = kind("", text=text, start=at.start, end=at.end, expected=expected, suggestion=suggestion)
    place = f" at {error.line}:{error.column}"
    placed = what.replace(HERE, place, 1) if HERE in what else what + place
    error.message = f"{placed}. {advice}".rstrip()
    error.args = (error.message,)
    error.corrected = apply(text, edits).strip() if (edits := tuple(edits)) else None
    return error


def replaced(at: Span, replacement: str) -> tuple[Edit, ...]:
    """One edit."""
    return (Edit(at.start, at.end, replacement),)


def shown(error: QueryTextError) -> str:
    """The error for a terminal: the line, a caret under the place, the sentence, and a query that works."""
    begin = error.text.rfind("\n", 0, error.start) + 1
    line = error.text[begin:].partition("\n")[0]
    column, cut = error.column - 1, 0
    if len(line) > _MOST_SHOWN:
        cut = min(max(column - _MOST_SHOWN // 2, 0), len(line) - _MOST_SHOWN)
        line = line[cut : cut + _MOST_SHOWN]
    width = max(1, min(error.end - error.start, len(line) - (column - cut)))
    mark = " " * (column - cut) + "^" * width
    tail = f"\nTry:  {error.corrected}" if error.corrected else ""
    return f"{line}\n{mark}\n{error.message}{tail}"


def clipped(text: str) -> str:
    """A text of the user's in a sentence: in quotes, at most 60 characters."""
    return f"'{text}'" if len(text) <= 60 else f"'{text[:59]}…'"
