"""`/traces`: what happened lately, also in services that are no functions."""

from __future__ import annotations

from starlette.requests import Request

from mendline.insight.receipts import last_received
from mendline.insight.trace_lists import list_traces
from mendline.model.receipt import Receipt
from mendline.web.context import WebContext
from mendline.web.list_query import ROWS, ListQuery, cut, range_with, read_list_query
from mendline.web.page import Page

_SORTS = ("start", "duration")


def traces_page(context: WebContext, request: Request) -> Page:
    """The list, newest or longest first."""
    now = context.clock.now()
    query = read_list_query(request, now, _SORTS, ("service",))
    service = request.query_params.get("service", "")
    rows, more = cut(
        list_traces(
            context.store,
            query.range,
            only_errors=query.only_errors,
            sort=query.sort,
            service=service,
            limit=ROWS + 1,
            offset=query.offset,
        )
    )
    received = last_received(context.store)
    data = {"range": query.range, "traces": rows, "more": more, "received": received}
    view = {
        "query": query,
        "service": service,
        "longest_ms": max((row.duration_ms for row in rows), default=0.0),
        "days": len({row.start.date() for row in rows}),
        "empty": "" if rows else _why_empty(query, service, received),
        "elsewhere": range_with(received.last, now) if received.last else None,
    }
    return Page("traces.html", "traces", "Traces", data, view)


def _why_empty(query: ListQuery, service: str, received: Receipt) -> str:
    if not received.spans:
        return "nothing"
    if query.page > 1:
        return "page"
    return "filter" if service or query.only_errors else "range"
