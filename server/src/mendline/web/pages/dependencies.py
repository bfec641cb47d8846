"""`/dependencies`: every resource that is called; `/dependencies/resource`: one of them, over time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request

from mendline.errors import UsageError
from mendline.insight.dependencies import get_dependency, list_dependencies
from mendline.insight.receipts import last_received
from mendline.model.dependency import Dependency
from mendline.web.context import WebContext
from mendline.web.list_query import ROWS, cut, range_with, read_list_query, switched_on
from mendline.web.page import Page
from mendline.web.page_url import page_url
from mendline.web.panels import Patience, panel_data
from mendline.web.queries import of_resource
from mendline.web.resource_panels import resource_panels, resource_tables
from mendline.web.telemetry_text import clip

SORTS: dict[str, Callable[[Dependency], Any]] = {
    "errors": lambda it: (it.errors, it.calls),
    "calls": lambda it: it.calls,
    "availability": lambda it: (1 - it.availability, it.calls),
    "throttled": lambda it: it.throttled,
    "total": lambda it: it.total_ms,
    "p50": lambda it: it.p50_ms,
    "p95": lambda it: it.p95_ms,
    "p99": lambda it: it.p99_ms,
    "name": lambda it: (it.name.lower(), it.type),
}


def dependencies_page(context: WebContext, request: Request) -> Page:
    """The list, in the order that the URL asks for, of one type where it names one."""
    now = context.clock.now()
    sorts = [*SORTS, *(f"-{name}" for name in SORTS)]
    query = read_list_query(request, now, sorts, ("type", "compare"), without=("errors",))
    comparing, wanted = switched_on(request, "compare", "before"), request.query_params.get("type", "")
    everything = list_dependencies(context.store, query.range)
    before = list_dependencies(context.store, query.range.before) if comparing else ()
    name = query.sort.removeprefix("-")
    ordered = sorted(
        (it for it in everything if wanted in ("", it.type)),
        key=SORTS[name],
        reverse=(name != "name") != query.sort.startswith("-"),
    )
    rows, more = cut(tuple(ordered[query.offset : query.offset + ROWS + 1]))
    received = last_received(context.store)
    data = {"range": query.range, "dependencies": rows, "more": more, **({"before": before} if comparing else {})}
    view = {
        "query": query,
        "wanted": wanted,
        "types": sorted({it.type for it in everything} | ({wanted} if wanted else set())),
        "total": len(ordered),
        "before": {(it.type, it.name): it for it in before} if comparing else None,
        "empty": "" if rows else _why_empty(query.page, wanted, bool(received.spans), bool(everything)),
        "elsewhere": range_with(received.last, now) if received.last else {},
    }
    return Page("dependencies.html", "dependencies", "Dependencies", data, view)


def _why_empty(page: int, wanted: str, ever: bool, some: bool) -> str:
    if not ever:
        return "nothing"
    if page > 1:
        return "page"
    return "filter" if wanted and some else "range"


def resource_page(context: WebContext, request: Request) -> Page:
    """One resource: its calls over time, by operation, by caller, and what failed."""
    now = context.clock.now()
    query = read_list_query(request, now, ("",), ("type", "name"), without=("sort", "errors", "page"))
    type_, name = (request.query_params.get(key, "") for key in ("type", "name"))
    if not type_:
        raise UsageError("This address names no resource; add type= and name=, or pick one from the list.")
    found = get_dependency(context.store, query.range, type_, name)
    here = page_url(request)
    patience = Patience(context.clock)
    panels = resource_panels(context, query.range, type_, name, patience) if found else ()
    tables = resource_tables(context, here, query.range, type_, name, patience) if found else {}
    received = last_received(context.store)
    data = {
        "range": query.range,
        "type": type_,
        "name": name,
        "dependency": found,
        "before": get_dependency(context.store, query.range.before, type_, name),
        "panels": panel_data([*panels, *tables.values()]),
    }
    view = {
        "query": query,
        "panels": panels,
        "tables": tables,
        "elsewhere": range_with(received.last, now) if received.last else {},
    }
    about = ("resource", of_resource(type_, name))
    return Page("resource.html", "dependencies", clip(name or type_, 60), data, view, about=about)
