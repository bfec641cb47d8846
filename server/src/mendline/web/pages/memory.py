"""`/memory`: how much of their memory functions use; of one (`function=`) every size that it ever ran with, jumps by
their cause, and leaks."""

from __future__ import annotations

from starlette.requests import Request

from mendline.insight.memory import list_memory, memory_report
from mendline.insight.receipts import last_received
from mendline.web.context import WebContext
from mendline.web.list_query import range_with, read_list_query
from mendline.web.page import Page
from mendline.web.telemetry_text import clip


def memory_page(context: WebContext, request: Request) -> Page:
    """The report of one function where the URL names it, or the list of all."""
    now = context.clock.now()
    query = read_list_query(request, now, ("",), ("function",), without=("sort", "errors", "page"))
    function = request.query_params.get("function", "")
    if function:
        report = memory_report(context.store, function, query.range)
        data = {"range": query.range, "report": report, "used_share": report.used_share}
        return Page("memory.html", "findings", f"Memory of {clip(function, 60)}", data, {"query": query, "it": report})
    uses, received = list_memory(context.store, query.range), last_received(context.store)
    view = {
        "query": query,
        "uses": uses,
        "empty": "" if uses else "range" if received.spans else "nothing",
        "elsewhere": range_with(received.last, now) if received.last else {},
    }
    return Page("memory_list.html", "findings", "Memory", {"range": query.range, "functions": uses}, view)
