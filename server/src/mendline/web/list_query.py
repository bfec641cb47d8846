"""What a list page is asked for: time range, order, filters, page; read from the query of the URL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import TypeVar

from starlette.requests import Request

from mendline.errors import UsageError
from mendline.model.timerange import TimeRange, parse_range
from mendline.web.formats import iso

ROWS = 100
_PARAMETERS = ("start", "end", "sort", "errors", "page", "live", "project", "tz")
_MOST_PAGES = 10_000
PRESETS = (("-15m", "15 min"), ("-1h", "1 h"), ("-6h", "6 h"), ("-24h", "24 h"), ("-7d", "7 d"))
_SECONDS = (900, 3600, 6 * 3600, 24 * 3600, 7 * 86400)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ListQuery:
    """`sort` may begin with `-` where the page allows to turn an order round."""

    range: TimeRange
    sort: str
    only_errors: bool
    page: int
    live: bool

    @property
    def offset(self) -> int:
        """Rows on the pages before."""
        return (self.page - 1) * ROWS

    @property
    def fixed(self) -> dict[str, str]:
        """The range as moments, for links to other pages: what moves with the clock would move rows across them."""
        return {"start": iso(self.range.start), "end": iso(self.range.end)}

    @property
    def can_be_live(self) -> bool:
        """Whether the range moves with the clock."""
        return self.range.end_text == "now"


def read_list_query(
    request: Request, now: datetime, sorts: Sequence[str], own: Sequence[str] = (), without: Sequence[str] = ()
) -> ListQuery:
    """Read it; the first of `sorts` is the default, `own` are further parameters of the page, `without` are those that
    it does not have.

    A parameter that the page does not have, or a value that it cannot take, is refused: a filter that is not applied
    would show something else than was asked for. Raises UsageError with a sentence for the person.
    """
    query = request.query_params
    _refuse_unknown(query, [name for name in (*_PARAMETERS, *own) if name not in without])
    refuse_repeated(query.multi_items())
    time_range = parse_range(query.get("start"), query.get("end"), now)
    sort = query.get("sort") or sorts[0]
    if sort not in sorts:
        raise UsageError(f"This list cannot be sorted by '{sort[:40]}'; use one of {', '.join(sorts)}.")
    only_errors, live = (_switch(name, query.get(name)) for name in ("errors", "live"))
    return ListQuery(time_range, sort, only_errors, _page(query.get("page")), live)


def cut(rows: tuple[T, ...]) -> tuple[tuple[T, ...], bool]:
    """The rows of one page, and whether more follow; given one row more than a page holds."""
    return rows[:ROWS], len(rows) > ROWS


def range_with(moment: datetime, now: datetime) -> dict[str, str]:
    """The query of the shortest offered range that holds this moment, else of the hour around it."""
    age = (now - moment).total_seconds()
    for (start, _), seconds in zip(PRESETS, _SECONDS, strict=True):
        if 0 <= age < seconds * 0.95:
            return {"start": start, "end": "now"}
    half = timedelta(minutes=30)
    return {"start": iso(moment - half), "end": iso(moment + half)}


def switched_on(request: Request, name: str, value: str) -> bool:
    """Whether a parameter has the one value that it may have. Raises UsageError for any other."""
    text = request.query_params.get(name, "")
    if text not in ("", value):
        raise UsageError(f"{name} is '{text[:40]}'; use {name}={value}, or leave it away.")
    return text == value


def refuse_repeated(items: Sequence[tuple[str, str]]) -> None:
    """Raises UsageError for a parameter that is there twice: which one was meant nobody knows."""
    for name, _ in items:
        if sum(other == name for other, _ in items) > 1:
            raise UsageError(f"'{name[:40]}' is there more than once; give it one value.")


def _refuse_unknown(query: Iterable[str], known: Sequence[str]) -> None:
    for name in query:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else f" It has {', '.join(known)}."
            raise UsageError(f"This list has no filter '{name[:40]}'.{hint}")


def _switch(name: str, text: str | None) -> bool:
    if text not in (None, "", "0", "1"):
        raise UsageError(f"{name} is '{text[:40]}'; use {name}=1, or leave it away.")
    return text == "1"


def _page(text: str | None) -> int:
    if not text:
        return 1
    if text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= _MOST_PAGES:
        return int(text[:6])
    raise UsageError(f"'{text[:40]}' is not a page number; use 1 to {_MOST_PAGES}.")


def chosen(request: Request, name: str, choices: Sequence[str]) -> str:
    """One of some words, the first where the URL says nothing. Raises UsageError for another."""
    text: str = request.query_params.get(name, "") or choices[0]
    if text not in choices:
        raise UsageError(f"{name} is '{text[:40]}'; use {', '.join(filter(None, choices))}, or leave it away.")
    return text
