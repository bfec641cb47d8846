"""`/costs`: what functions, transactions and tenants cost, and what of it was for nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request

from mendline.insight.costs import MONTH_S, list_costs
from mendline.insight.receipts import last_received
from mendline.insight.transactions import readable_range
from mendline.model.function_cost import FunctionCost
from mendline.model.prices import PUBLISHED
from mendline.query.spelling import quoted
from mendline.web.context import WebContext
from mendline.web.list_query import range_with, read_list_query
from mendline.web.page import Page
from mendline.web.page_url import page_url
from mendline.web.panels import Patience, panel_data, table_panel
from mendline.web.struck import PARAMETER, looked_at
from mendline.web.telemetry_text import clip

SORTS: dict[str, Callable[[FunctionCost], Any]] = {
    "total": lambda it: it.charge.total_usd,
    "wasted": lambda it: it.wasted_usd,
    "waiting": lambda it: it.waiting_usd or 0.0,
    "requests": lambda it: it.requests,
    "name": lambda it: it.function.name.lower(),
}


def costs_page(context: WebContext, request: Request) -> Page:
    """The list, and the cost of transactions by entry; by whose they are, where the URL names a tag (`tag=`)."""
    now = context.clock.now()
    sorts = [*SORTS, *(f"-{name}" for name in SORTS)]
    query = read_list_query(request, now, sorts, ("tag", PARAMETER), without=("errors", "page"))
    name = query.sort.removeprefix("-")
    looked = looked_at(context, request, query.range)
    context = looked.context
    costs = sorted(
        list_costs(context.store, query.range, now),
        key=SORTS[name],
        reverse=(name != "name") != query.sort.startswith("-"),
    )
    patience, here = Patience(context.clock), page_url(request)
    tag = request.query_params.get("tag", "")
    read = readable_range(context.store, query.range)
    over = {"entries": ("entry", read, "traces | sum(cost), count() by entry | sort sum(cost) desc | limit 20")}
    if tag:
        by = f"attr({quoted(tag)})"
        over["tag"] = (tag, query.range, f"| sum(cost), count() by {by} | sort sum(cost) desc | limit 20")
    panels = {
        key: table_panel(
            context,
            here,
            time_range,
            f"By {clip(what, 40)}",
            text,
            (clip(what, 40), "Cost", "How many"),
            patience=patience,
        )
        for key, (what, time_range, text) in over.items()
    }
    received = last_received(context.store)
    data = {
        "range": query.range,
        "published": PUBLISHED,
        "functions": [_told(it) for it in costs],
        "panels": panel_data(list(panels.values())),
    }
    view = {
        "query": query,
        "costs": costs,
        "total": sum(it.charge.total_usd for it in costs),
        "wasted": sum(it.wasted_usd for it in costs),
        "to_month": MONTH_S / (query.range.end - query.range.start).total_seconds(),
        "panels": panels,
        "tag": tag,
        "struck": looked.said,
        "read": read,
        "empty": "" if costs else "range" if received.spans else "nothing",
        "elsewhere": range_with(received.last, now) if received.last else {},
    }
    return Page("costs.html", "findings", "Costs", data, view)


def _told(it: FunctionCost) -> dict[str, Any]:
    """What is computed stands in the twin too."""
    return {"cost": it, "total_usd": it.charge.total_usd, "wasted_usd": it.wasted_usd, "waiting_usd": it.waiting_usd}
