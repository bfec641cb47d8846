"""`/transactions`: what starts, and how it goes from end to end; `/transactions/entry`: those of one entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request

from mendline.errors import MendlineError, UsageError
from mendline.insight.receipts import last_received
from mendline.insight.transaction_path import UNTIL, TransactionPath, transaction_path
from mendline.insight.transactions import list_transactions, readable_range
from mendline.model.path_part import PART_WORDS
from mendline.model.timerange import TimeRange
from mendline.model.transaction import Transaction
from mendline.query.spelling import value_text
from mendline.web.context import WebContext
from mendline.web.formats import share
from mendline.web.list_query import ROWS, chosen, cut, range_with, read_list_query, switched_on
from mendline.web.page import Page
from mendline.web.page_url import PageUrl, page_url
from mendline.web.panels import Panel, Patience, Shown, chart_panels, panel_data, rows_panel
from mendline.web.telemetry_text import clip

SORTS: dict[str, Callable[[Transaction], Any]] = {
    "count": lambda it: it.count,
    "errors": lambda it: (share(it.errors, it.count), it.errors),
    "lost": lambda it: it.lost,
    "p50": lambda it: it.p50_ms,
    "p95": lambda it: it.p95_ms,
    "p99": lambda it: it.p99_ms,
    "cost": lambda it: it.cost_usd or 0.0,
    "name": lambda it: it.entry.lower(),
}
_OVER_TIME = "count(not error), count(error), count(lost), p50(duration), p95(duration), p99(duration), sum(cost)"
_SHOWN = (
    Shown("Transactions", {0: "ok", 1: "failed"}, added=True, whole=True),
    Shown("Duration from end to end", {3: "p50", 4: "p95", 5: "p99"}),
    Shown("Lost", {2: "lost"}, added=True, whole=True),
    Shown("Cost", {6: "cost"}, added=True),
)
_COLOURS = {"ok": 1, "failed": 2, "p50": 1, "p95": 3, "p99": 2, "lost": 2, "cost": 1}


def transactions_page(context: WebContext, request: Request) -> Page:
    """The list, in the order that the URL asks for."""
    now = context.clock.now()
    sorts = [*SORTS, *(f"-{name}" for name in SORTS)]
    query = read_list_query(request, now, sorts, ("compare",), without=("errors",))
    comparing = switched_on(request, "compare", "before")
    read = readable_range(context.store, query.range)
    everything = list_transactions(context.store, read, now)
    before = list_transactions(context.store, read.before, now) if comparing else ()
    name = query.sort.removeprefix("-")
    ordered = sorted(everything, key=SORTS[name], reverse=(name != "name") != query.sort.startswith("-"))
    rows, more = cut(tuple(ordered[query.offset : query.offset + ROWS + 1]))
    received = last_received(context.store)
    data = {
        "range": query.range,
        "read": read,
        "transactions": rows,
        "more": more,
        **({"before": before} if comparing else {}),
    }
    view = {
        "query": query,
        "before": {it.entry: it for it in before} if comparing else None,
        "empty": "" if rows else "nothing" if not received.spans else "page" if query.page > 1 else "range",
        "elsewhere": range_with(received.last, now) if received.last else {},
    }
    return Page("transactions.html", "transactions", "Transactions", data, view)


def transaction_page(context: WebContext, request: Request) -> Page:
    """The transactions of one entry: over time, the functions that they reach, the slowest and the newest failures."""
    now = context.clock.now()
    query = read_list_query(request, now, ("",), ("entry", "until"), without=("sort", "errors", "page"))
    entry = request.query_params.get("entry", "")
    if not entry:
        raise UsageError("This address names no entry; add entry=, or pick one from the list.")
    patience = Patience(context.clock)
    read = readable_range(context.store, query.range)
    found = next(iter(list_transactions(context.store, read, now, entry=entry)), None)
    here, rows = page_url(request), f"traces entry:{value_text(entry)}"
    panels = _charts(context, read, f"{rows} | {_OVER_TIME}", patience) if found else ()
    lists = _lists(context, here, found, rows, read, patience) if found else {}
    until = chosen(request, "until", UNTIL)
    path, unknown = _path(context, entry, read, until) if found else (None, None)
    received = last_received(context.store)
    data = {
        "range": query.range,
        "read": read,
        "entry": entry,
        "transaction": found,
        "path": path,
        "panels": panel_data([*panels, *lists.values()]),
    }
    view = {
        "query": query,
        "panels": panels,
        "lists": lists,
        "rows": rows,
        "no_path": unknown,
        "part_words": PART_WORDS,
        "elsewhere": range_with(received.last, now) if received.last else {},
    }
    about = ("entry", f"entry:{value_text(entry)}")
    return Page("transaction.html", "transactions", clip(entry, 60), data, view, about=about)


def _charts(context: WebContext, read: TimeRange, text: str, patience: Patience) -> tuple[Panel, ...]:
    """Without what is usual: to learn that takes all traces of weeks."""
    return chart_panels(context, read, text, _SHOWN, _COLOURS, patience, with_usual=False)


def _lists(
    context: WebContext, here: PageUrl, found: Transaction, rows: str, read: TimeRange, patience: Patience
) -> dict[str, Panel]:
    """Those of which there are some are asked for: to find none takes as long as to find them."""
    asked = {
        "failed": ("Newest that failed", f"{rows} error", found.errors),
        "lost": ("Newest that lost something", f"{rows} lost", found.lost),
        "slowest": ("Slowest", f"{rows} | sort duration desc", found.count),
    }
    return {
        name: rows_panel(context, here, read, title, text, patience) if some else Panel(title, text)
        for name, (title, text, some) in asked.items()
    }


def _path(
    context: WebContext, entry: str, read: TimeRange, until: str
) -> tuple[TransactionPath | None, MendlineError | None]:
    try:
        return transaction_path(context.store, entry, read, context.clock.now(), until), None
    except MendlineError as error:  # the rest of the page stands, and says that this could not be computed
        return None, error
