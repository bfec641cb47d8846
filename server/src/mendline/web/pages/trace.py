"""`/traces/{trace_id}`: one transaction as a waterfall, one of its spans in detail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mendline.errors import MendlineError
from mendline.insight.senders import Hop, find_sender
from mendline.insight.takers import MOST, find_takers
from mendline.insight.trace_map import trace_map
from mendline.insight.trace_path import parts_of
from mendline.insight.traces import get_trace
from mendline.insight.verdicts import Judged, judge_trace
from mendline.model.otlp_json import trace_request
from mendline.model.trace import Span, Trace
from mendline.web.context import WebContext
from mendline.web.graph import draw
from mendline.web.list_query import switched_on
from mendline.web.page import Page
from mendline.web.page_url import PageUrl, page_url
from mendline.web.span_detail import detail_of
from mendline.web.telemetry_text import clip
from mendline.web.waterfall import (
    Matter,
    Row,
    entry_of,
    recovered,
    rows_of,
    silence_of,
    spent_on,
    telling,
    ticks_of,
    what_matters,
)


def trace_page(context: WebContext, request: Request) -> Page:
    """The waterfall; with `fragment=detail` only the detail of the span that `span` names."""
    trace = get_trace(context.store, request.path_params["trace_id"])
    wanted = request.query_params.get("span", "").lower()
    rows = rows_of(trace)
    matters = what_matters(rows)
    selected = _selected(rows, wanted, matters)
    entry = entry_of(trace.spans[0])
    fragment = request.query_params.get("fragment") == "detail"
    sender, takers, unjoined = _joined(context, trace, rows[selected].span)
    judged, unjudged = (None, "") if fragment else _judged(context, trace)
    view = {
        "entry": entry,
        "rows": rows,
        "selected": selected,
        "wanted_is_missing": bool(wanted) and rows[selected].key != wanted,
        "ticks": ticks_of(trace.duration_ms),
        "recovered": recovered(rows),
        "wanted": wanted,
        "matters": matters,
        "spent": spent_on(parts := parts_of(context.store, trace)),
        "path_ms": parts.total_ms,
        "silence": silence_of(rows),
        "detail": detail_of(trace, rows, selected, sender, takers),
        "unjoined": unjoined,
        "most_started": MOST,
        "judged": judged,
        "unjudged": unjudged,
    }
    told = {field.name: getattr(trace, field.name) for field in fields(trace)}
    data = {**told, "verdict": judged, "sender": sender, "started": takers}
    if switched_on(request, "view", "map"):
        view["drawing"] = draw(trace_map(trace), _links(page_url(request), rows))
        return Page("trace_map.html", "traces", clip(entry, 60), data, view)
    template = "span_detail.html" if fragment else "trace.html"
    return Page(template, "traces", clip(entry, 60), data, view)


def _judged(context: WebContext, trace: Trace) -> tuple[Judged | None, str]:
    """Whose fault it is; else why that could not be computed: the page stands without it."""
    try:
        return judge_trace(context.store, trace), ""
    except MendlineError as error:
        return None, error.message


def _joined(context: WebContext, trace: Trace, span: Span) -> tuple[Hop | None, Sequence[Hop], str]:
    """Who sent what the span took, and what it started; else why that could not be computed."""
    try:
        return find_sender(context.store, trace, span), find_takers(context.store, trace, span), ""
    except MendlineError as error:
        return None, (), error.message


def _links(here: PageUrl, rows: Sequence[Row]) -> dict[str, str]:
    """Of functions and services, the first of their spans in the waterfall; of resources, the first call."""
    found: dict[str, str] = {}
    for row in rows:
        span, link = row.span, here.changed(view=None, span=row.key)
        found.setdefault(f"function:{span.function}" if span.invocation else f"service:{span.service}", link)
        found.setdefault(f"{span.resource_type}:{span.resource_name}", link)
    return found


def otlp_route(context: WebContext) -> Route:
    """`/traces/{trace_id}/otlp.json`: the trace as an OTLP export request, to take away."""

    def otlp(request: Request) -> Response:
        trace = get_trace(context.store, request.path_params["trace_id"])
        headers = {
            "content-disposition": f'attachment; filename="trace-{trace.trace_id}.json"',
            "cache-control": "no-store",
        }
        return JSONResponse(trace_request(trace), headers=headers)

    return Route("/traces/{trace_id}/otlp.json", otlp)


def _selected(rows: tuple[Row, ...], wanted: str, matters: Matter | None) -> int:
    for index, row in enumerate(rows):
        if row.key == wanted:
            return index
    return telling(rows, matters.index) if matters and matters.kind == "error" else 0
