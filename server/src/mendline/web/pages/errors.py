"""`/errors`: what fails, the same errors as one; and one of them with its newest sample, trend and occurrences."""

from __future__ import annotations

from starlette.requests import Request

from mendline.insight.errors import error_samples, find_error, list_errors
from mendline.web.context import WebContext
from mendline.web.list_query import ROWS, cut, read_list_query
from mendline.web.page import Page
from mendline.web.telemetry_text import clip


def errors_page(context: WebContext, request: Request) -> Page:
    """Groups, most frequent first."""
    query = read_list_query(request, context.clock.now(), ("count",), ("service",))
    function = request.query_params.get("service", "")
    found = list_errors(context.store, query.range, function=function, limit=ROWS + 1, offset=query.offset)
    rows, more = cut(found)
    data = {"range": query.range, "errors": rows, "more": more}
    return Page("errors.html", "errors", "Errors", data, {"query": query, "function": function})


def error_page(context: WebContext, request: Request) -> Page:
    """One group over the range."""
    query = read_list_query(request, context.clock.now(), ("time",))
    group = find_error(context.store, request.path_params["fingerprint"], query.range)
    samples = error_samples(context.store, group.fingerprint, query.range, limit=ROWS)
    data = {"range": query.range, "error": group, "samples": samples}
    view = {
        "query": query,
        "days": len({sample.time.date() for sample in samples}),
        "different": len({sample.message for sample in samples}) > 1,
    }
    return Page("error_group.html", "errors", clip(group.type or group.message, 60), data, view)
