"""`/functions`: what runs here, scanned in seconds; and how to connect, where nothing does yet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request

from mendline.insight.changes import last_deployed
from mendline.insight.functions import list_functions
from mendline.insight.receipts import last_received
from mendline.model.function import FunctionSummary
from mendline.model.receipt import Receipt
from mendline.model.timerange import TimeRange
from mendline.web.context import WebContext
from mendline.web.formats import share
from mendline.web.list_query import ROWS, ListQuery, cut, range_with, read_list_query, switched_on
from mendline.web.page import Page

# order, largest first (but names); errors come first because they matter most
SORTS: dict[str, Callable[[FunctionSummary], Any]] = {
    "errors": lambda it: (it.errors, it.invocations),
    "invocations": lambda it: it.invocations,
    "health": lambda it: (1 - it.health, it.errors),
    "timeouts": lambda it: (it.timeouts, it.errors),
    "cold": lambda it: it.cold_starts,
    "p50": lambda it: it.p50_ms,
    "p99": lambda it: it.p99_ms,
    "max": lambda it: it.max_ms,
    "timeout": lambda it: share(it.max_ms, it.timeout_ms),
    "memory": lambda it: share(it.memory_used_bytes, it.memory_size_bytes),
    "cost": lambda it: it.cost_usd or 0.0,
    "version": lambda it: it.version,
    "last": lambda it: it.last_invoked,
    "name": lambda it: it.id.name.lower(),
}
_EVER = timedelta(days=400)
MONTH = timedelta(days=30)


def functions_page(context: WebContext, request: Request) -> Page:
    """The list, in the order that the URL asks for."""
    now = context.clock.now()
    query = read_list_query(request, now, [*SORTS, *(f"-{name}" for name in SORTS)], ("q", "compare"))
    comparing = switched_on(request, "compare", "before")
    wanted = request.query_params.get("q", "")
    everything = list_functions(context.store, query.range)
    matching = [it for it in everything if wanted.lower() in it.id.name.lower()]
    rows, more = cut(tuple(_ordered(matching, query.sort)[query.offset : query.offset + ROWS + 1]))
    received = last_received(context.store)
    before = list_functions(context.store, query.range.before) if comparing else ()
    deployed = last_deployed(context.store, query.range.end) if rows else {}
    data = {
        "range": query.range,
        "functions": rows,
        "more": more,
        "received": received,
        "deployed": [{"function": it.id, "time": deployed[it.id]} for it in rows if it.id in deployed],
        **({"before": before} if comparing else {}),
    }
    view = {
        "query": query,
        "wanted": wanted,
        "total": len(matching),
        "invocations": sum(it.invocations for it in matching),
        "errors": sum(it.errors for it in matching),
        "cost": sum(it.cost_usd or 0.0 for it in matching),
        "deployed": deployed,
        "before": {it.id: it for it in before} if comparing else None,
        "months": MONTH.total_seconds() / query.range.seconds,
        "many_places": len({(it.id.account, it.id.region) for it in everything}) > 1,
        "empty": "" if rows else _why_empty(query, wanted, received, bool(everything)),
        "elsewhere": None if everything else _elsewhere(context, received, now),
    }
    if view["empty"] == "range" and view["elsewhere"] is None:
        view["empty"] = "no_invocations"
    return Page("functions.html", "functions", "Functions", data, view)


def _ordered(functions: list[FunctionSummary], sort: str) -> list[FunctionSummary]:
    name = sort.removeprefix("-")
    return sorted(functions, key=SORTS[name], reverse=(name != "name") != sort.startswith("-"))


def _why_empty(query: ListQuery, wanted: str, received: Receipt, some: bool) -> str:
    if not received.spans:
        return "nothing"
    if query.page > 1:
        return "page"
    return "filter" if wanted and some else "range"


def _elsewhere(context: WebContext, received: Receipt, now: datetime) -> dict[str, str] | None:
    """The query of a range in which some function was invoked; None where none ever was."""
    if not received.spans:
        return None
    ever = list_functions(context.store, TimeRange(now - _EVER, now + timedelta(minutes=10)))
    last = max((it.last_invoked for it in ever), default=None)
    return range_with(last, now) if last else None
