"""Whether a text fits a pattern, in time bounded by the product of their lengths, whatever the pattern."""

from __future__ import annotations

import re

_PIECE = re.compile(r"\\[*?\\]|.", re.DOTALL)
_ANY, _ONE = "*", "?"


def fits(pattern: str, text: str) -> bool:
    """Whether the whole text fits: `*` any characters, `?` one; a backslash takes these and itself literally.

    Goes back to the last `*` only, because an earlier one can take no part in what a later one could not mend.
    """
    pieces = _PIECE.findall(pattern)
    at, star, taken = 0, -1, 0
    position = 0
    while position < len(text):
        if at < len(pieces) and pieces[at] == _ANY:
            star, taken, at = at, position, at + 1
        elif at < len(pieces) and (pieces[at] == _ONE or pieces[at][-1] == text[position]):
            at, position = at + 1, position + 1
        elif star >= 0:
            taken += 1
            at, position = star + 1, taken
        else:
            return False
    return all(piece == _ANY for piece in pieces[at:])
