"""Which known word is nearest to one that is not known: edit distance, and words that lead to a name."""

from __future__ import annotations

from collections.abc import Iterable


def distance(left: str, right: str, most: int) -> int:
    """How many letters must be changed, added, left out or swapped with their neighbour; `most` + 1 where more.

    Optimal string alignment (Damerau 1964, without edits of an edited part).
    """
    if abs(len(left) - len(right)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, letter in enumerate(left, 1):
        before, last, row = row, before, [i, *[0] * len(right)]
        for j, other in enumerate(right, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == right[j - 2] and left[i - 2] == other:
                row[j] = min(row[j], last[j - 2] + 1)
        if min(row) > most:
            return most + 1
    return row[-1]


def nearest(word: str, known: Iterable[str], *, most: int | None = None) -> str | None:
    """The known word that differs least, if it differs by no more than a third of its letters, whatever the case."""
    small = word.lower()[:80]
    allowed = most if most is not None else max(1, len(small) // 3)
    best: str | None = None
    for candidate in known:
        found = distance(small, candidate.lower(), allowed)
        if found <= allowed and (found < allowed or best is None):
            best, allowed = candidate, found
            if found == 0:
                break
    return best
