"""`/logs`: what was written, searched by words; each record leads to its invocation and its trace."""

from __future__ import annotations

from starlette.requests import Request

from mendline.errors import UsageError
from mendline.insight.logs import latest_log, list_logs, log_volume
from mendline.web.context import WebContext
from mendline.web.list_query import ROWS, ListQuery, cut, range_with, read_list_query
from mendline.web.page import Page

SEVERITIES = {"": 0, "info": 9, "warn": 13, "error": 17}
_FILTERS = ("q", "service", "trace_id", "request_id")


def logs_page(context: WebContext, request: Request) -> Page:
    """Records of the range that fit all filters, newest first."""
    now = context.clock.now()
    query = read_list_query(request, now, ("time",), (*_FILTERS, "severity"))
    asked = {name: request.query_params.get(name, "") for name in _FILTERS}
    severity = request.query_params.get("severity", "")
    if severity not in SEVERITIES:
        raise UsageError(f"severity is '{severity[:40]}'; use one of {', '.join(filter(None, SEVERITIES))}.")
    given = {
        "text": asked["q"],
        "service": asked["service"],
        "trace_id": asked["trace_id"],
        "request_id": asked["request_id"],
        "least_severity": SEVERITIES[severity],
    }
    rows, more = cut(list_logs(context.store, query.range, **given, limit=ROWS + 1, offset=query.offset))
    volume = log_volume(context.store, query.range, **given)
    latest = None if rows else latest_log(context.store)
    filtered = any(asked.values()) or bool(severity)
    return Page(
        "logs.html",
        "logs",
        "Logs",
        {"range": query.range, "logs": rows, "more": more, "volume": volume},
        {
            "query": query,
            "asked": asked,
            "severity": severity,
            "severities": SEVERITIES,
            "days": len({row.time.date() for row in rows}),
            "empty": "" if rows else _why_empty(query, latest is not None, filtered),
            "latest": latest,
            "elsewhere": range_with(latest, now) if latest else None,
        },
    )


def _why_empty(query: ListQuery, ever: bool, filtered: bool) -> str:
    if not ever:
        return "nothing"
    if query.page > 1:
        return "page"
    return "filter" if filtered else "range"
