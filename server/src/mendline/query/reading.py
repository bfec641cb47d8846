"""From the text of a query to its plan; and from an error to a query that would work."""

from __future__ import annotations

from mendline.errors import OtherLanguageError, QueryTextError, QueryTooLargeError
from mendline.query.check import Checked, check
from mendline.query.faults import fault
from mendline.query.habits import recognise
from mendline.query.known import NOTHING_KNOWN, Known
from mendline.query.parser import parse
from mendline.query.syntax import Span

_MOST_CORRECTIONS = 8


def read_query(text: str, known: Known = NOTHING_KNOWN) -> Checked:
    """Parses and checks. Raises QueryTextError; its `corrected`, where there is one, passes here."""
    try:
        return check(parse(text), text, known)
    except QueryTextError as error:
        other = _other_language(text, known) if not isinstance(error, QueryTooLargeError) else None
        if other is not None:
            raise other from None
        error.corrected = _corrected(error.corrected, known)
        raise


def _other_language(text: str, known: Known) -> QueryTextError | None:
    """The error that says which other language this is, if it is one."""
    habit = recognise(text)
    if habit is None:
        return None
    start = len(text) - len(text.lstrip())
    at = Span(start, max(len(text.rstrip()), start + 1))
    error = fault(OtherLanguageError, text, at, f"This is {habit.language}", habit.advice)
    found = _corrected(habit.translated, known)
    error.corrected = check(parse(found), found, known).text if found else None
    return error


def _corrected(text: str | None, known: Known) -> str | None:
    """A text with all its mistakes mended, one after the other; None where one of them cannot be."""
    for _ in range(_MOST_CORRECTIONS):
        if text is None:
            return None
        try:
            check(parse(text), text, known)
        except QueryTextError as error:
            text = error.corrected
        else:
            return text
    return None
