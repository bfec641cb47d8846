"""From the text of a query to its plan; and from an error to a query that would work."""

from __future__ import annotations

from mendline.errors import QueryTextError
from mendline.query.check import Checked, check
from mendline.query.known import NOTHING_KNOWN, Known
from mendline.query.parser import parse

_MOST_CORRECTIONS = 8


def read_query(text: str, known: Known = NOTHING_KNOWN) -> Checked:
    """Parses and checks. Raises QueryTextError; its `corrected`, where there is one, passes here."""
    try:
        return check(parse(text), text, known)
    except QueryTextError as error:
        error.corrected = _corrected(error, known)
        raise


def _corrected(error: QueryTextError, known: Known) -> str | None:
    """The text with all its mistakes mended, one after the other; None where one of them cannot be."""
    text = error.corrected
    for _ in range(_MOST_CORRECTIONS):
        if text is None:
            return None
        try:
            check(parse(text), text, known)
        except QueryTextError as next_error:
            text = next_error.corrected
        else:
            return text
    return None
