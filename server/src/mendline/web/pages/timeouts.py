"""`/timeouts`: how near functions come to their timeouts, what timing out costs, and what other values would do."""

from __future__ import annotations

from starlette.requests import Request

from mendline.insight.receipts import last_received
from mendline.insight.timeouts import list_timeouts
from mendline.web.context import WebContext
from mendline.web.list_query import range_with, read_list_query
from mendline.web.page import Page


def timeouts_page(context: WebContext, request: Request) -> Page:
    """Every function whose timeout is known, those that timed out most first; of one where the URL names it."""
    now = context.clock.now()
    query = read_list_query(request, now, ("",), ("function",), without=("sort", "errors", "page"))
    wanted = request.query_params.get("function", "")
    told = [it for it in list_timeouts(context.store, query.range) if wanted in ("", it.function.name)]
    received = last_received(context.store)
    view = {
        "query": query,
        "told": told,
        "wanted": wanted,
        "empty": "" if told else "range" if received.spans else "nothing",
        "elsewhere": range_with(received.last, now) if received.last else {},
    }
    return Page("timeouts.html", "findings", "Timeouts", {"range": query.range, "functions": told}, view)
