"""An error in a query as a page shows it: the line, and what of it is at fault. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from mendline.errors import QueryTextError

_MOST_BEFORE, _MOST_BEHIND = 300, 200


@dataclass(frozen=True, slots=True)
class QueryFault:
    """`before`, `at` and `behind` are the line; `carets` stand under `at`. `corrected` is a query that works, if there
    is one."""

    message: str
    before: str
    at: str
    behind: str
    carets: str
    corrected: str


def fault_of(error: QueryTextError) -> QueryFault:
    """From an error of the language."""
    begin = error.text.rfind("\n", 0, error.start) + 1
    line = error.text[begin:].partition("\n")[0]
    start = error.start - begin
    end = min(max(error.end - begin, start + 1), max(len(line), start + 1))
    before, at, behind = line[:start], line[start:end], line[end:]
    if len(before) > _MOST_BEFORE:
        before = "…" + before[-_MOST_BEFORE:]
    if len(at) + len(behind) > _MOST_BEHIND:
        at, behind = at[:_MOST_BEHIND], behind[: max(0, _MOST_BEHIND - len(at))] + "…"
    return QueryFault(error.message, before, at, behind, "^" * max(1, len(at)), error.corrected or "")
