"""`/memory?function=NAME`: every size of memory that a function ever ran with, jumps by their cause, and leaks."""

from __future__ import annotations

from starlette.requests import Request

from mendline.errors import UsageError
from mendline.insight.memory import memory_report
from mendline.web.context import WebContext
from mendline.web.list_query import read_list_query
from mendline.web.page import Page
from mendline.web.telemetry_text import clip


def memory_page(context: WebContext, request: Request) -> Page:
    """The report of one function."""
    query = read_list_query(request, context.clock.now(), ("",), ("function",), without=("sort", "errors", "page"))
    function = request.query_params.get("function", "")
    if not function:
        raise UsageError("This address names no function; add function=, or come from the page of one.")
    report = memory_report(context.store, function, query.range)
    data = {"range": query.range, "report": report, "used_share": report.used_share}
    return Page("memory.html", "functions", f"Memory of {clip(function, 60)}", data, {"query": query, "it": report})
