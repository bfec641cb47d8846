"""What a list page is asked for: time range, order, filters, page; read from the query of the URL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from starlette.requests import Request

from mendline.errors import UsageError
from mendline.model.timerange import TimeRange, parse_range
from mendline.web.formats import iso

ROWS = 100
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
    def can_be_live(self) -> bool:
        """Whether the range moves with the clock."""
        return self.range.end_text == "now"


def read_list_query(request: Request, now: datetime, sorts: Sequence[str]) -> ListQuery:
    """Read it; the first of `sorts` is the default. Raises UsageError with a sentence for the person."""
    query = request.query_params
    time_range = parse_range(query.get("start"), query.get("end"), now)
    sort = query.get("sort") or sorts[0]
    if sort not in sorts:
        raise UsageError(f"This list cannot be sorted by '{sort[:40]}'; use one of {', '.join(sorts)}.")
    return ListQuery(time_range, sort, query.get("errors") == "1", _page(query.get("page")), query.get("live") == "1")


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


def _page(text: str | None) -> int:
    if not text:
        return 1
    if text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= _MOST_PAGES:
        return int(text[:6])
    raise UsageError(f"'{text[:40]}' is not a page number; use 1 to {_MOST_PAGES}.")
