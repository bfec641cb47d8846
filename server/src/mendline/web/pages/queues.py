"""`/queues`: what waits where, and how long until it is worked off, or lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request

from mendline.insight.backlogs import list_backlogs
from mendline.insight.receipts import last_received
from mendline.model.backlog import Backlog
from mendline.web.context import WebContext
from mendline.web.list_query import read_list_query
from mendline.web.page import Page

_WORST = ("growing", "waiting", "draining", "unknown", "empty")
SORTS: dict[str, Callable[[Backlog], Any]] = {
    "state": lambda it: (-_WORST.index(it.state), it.depth or 0, it.age_s or 0),
    "depth": lambda it: it.depth or 0,
    "age": lambda it: it.age_s or 0,
    "in": lambda it: it.in_per_s or 0,
    "name": lambda it: (it.name.lower(), it.type),
}


def queues_page(context: WebContext, request: Request) -> Page:
    """Every queue and stream that a metric tells of, those that grow first."""
    now = context.clock.now()
    sorts = [*SORTS, *(f"-{name}" for name in SORTS)]
    query = read_list_query(request, now, sorts, without=("errors", "page"))
    name = query.sort.removeprefix("-")
    backlogs = sorted(
        list_backlogs(context.store, query.range),
        key=SORTS[name],
        reverse=(name != "name") != query.sort.startswith("-"),
    )
    told = [
        {
            "backlog": it,
            "state": it.state,
            "drain_s": it.drain_s,
            "loss_s": it.loss_s,
            "drained": it.drained,
            "lost": it.lost,
        }
        for it in backlogs
    ]  # what is computed stands in the twin too
    received = last_received(context.store)
    view = {
        "query": query,
        "backlogs": backlogs,
        "empty": "" if backlogs else "range" if received.spans else "nothing",
    }
    return Page("queues.html", "queues", "Queues and streams", {"range": query.range, "queues": told}, view)
