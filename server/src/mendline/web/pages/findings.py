"""`/findings`: what is wrong or waits to be, in one list; `/ledger`: what became of each message that was sent."""

from __future__ import annotations

import json
import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mendline.errors import UsageError
from mendline.insight.findings import WHATS, list_findings
from mendline.insight.ledger import list_ledgers
from mendline.insight.poison import saved_event
from mendline.insight.receipts import last_received
from mendline.insight.transactions import readable_range
from mendline.model.ledger import ACCOUNTS
from mendline.web.context import WebContext
from mendline.web.list_query import range_with, read_list_query, switched_on
from mendline.web.page import Page
from mendline.web.struck import PARAMETER, looked_at

_SHOWN_MISSING = 200


def findings_page(context: WebContext, request: Request) -> Page:
    """Everything that was found, surest first; of one function or kind where the URL names one. Of the last hour what
    was found a few minutes ago, unless one wants to look again (`again=1`)."""
    now = context.clock.now()
    own = ("function", "what", "again", PARAMETER)
    query = read_list_query(request, now, ("",), own, without=("sort", "errors", "page"))
    function, what = (request.query_params.get(name, "") for name in ("function", "what"))
    if what and what not in WHATS:
        raise UsageError(f"No finding is called '{what[:40]}'; there are {', '.join(WHATS)}.")
    at_all = looked_at(context, request, query.range)
    looked = None if at_all.with_struck or switched_on(request, "again", "1") else context.looked()
    before = looked is not None and looked.serves(query.range, now)
    if looked and before:
        told, at = looked.findings, looked.at
    else:
        told, at = list_findings(at_all.context.store, query.range, now), now
    chosen = [it for it in told.found if function in ("", it.function) and what in ("", it.what)]
    received = last_received(context.store)
    data = {
        "range": query.range,
        "read": told.read,
        "looked_at": at,
        "findings": [{"key": it.key, "finding": it} for it in chosen],
        "failed": dict(told.failed),
    }
    view = {
        "query": query,
        "findings": chosen,
        "before": before,
        "whats": WHATS,
        "function": function,
        "what": what,
        "struck": at_all.said,
        "empty": "" if received.spans else "nothing",
        "elsewhere": range_with(received.last, now) if received.last else {},
    }
    return Page("findings.html", "findings", "Findings", data, view)


def event_route(context: WebContext) -> Route:
    """The event with which a record failed last, to be saved for a test of one's own."""

    def event(request: Request) -> Response:
        time_range = read_list_query(request, context.clock.now(), ("",), ("function", "record")).range
        function, record = (request.query_params.get(name, "") for name in ("function", "record"))
        told = json.dumps(saved_event(context.store, time_range, function, record), indent=2)
        name = re.sub(r"[^A-Za-z0-9_-]+", "-", f"{function[:60]}-{record[-40:]}")
        headers = {"content-disposition": f'attachment; filename="{name}.json"', "cache-control": "no-store"}
        return Response(told, media_type="application/json", headers=headers)

    return Route("/findings/event", event)


def ledger_page(context: WebContext, request: Request) -> Page:
    """Each edge with its accounts, and below it the messages that were not consumed."""
    now = context.clock.now()
    query = read_list_query(request, now, ("",), without=("sort", "errors", "page"))
    read = readable_range(context.store, query.range)
    ledgers = list_ledgers(context.store, read, now)
    received = last_received(context.store)
    view = {
        "query": query,
        "ledgers": ledgers,
        "accounts": [name for name in ACCOUNTS if name != "untold" or any(one.untold for one in ledgers)],  # seldom
        "most": _SHOWN_MISSING,
        "empty": "" if ledgers else "range" if received.spans else "nothing",
        "elsewhere": range_with(received.last, now) if received.last else {},
    }
    data = {"range": query.range, "read": read, "ledgers": ledgers}
    return Page("ledger.html", "findings", "Messages", data, view)
