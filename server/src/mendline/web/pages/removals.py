"""`/removals`: messages that were taken out of queues, looked for first, and put back."""

from __future__ import annotations

from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mendline.access import Scope, by_of, grant_of
from mendline.model.removal import STREAM_ACTIONS
from mendline.web.context import WebContext
from mendline.web.forms import form_fields
from mendline.web.list_query import read_list_query
from mendline.web.page import Page, answer_page

_WANTED = ("queue", "record", "function")
_MOST_FORM_BYTES = 8 * 1024


def removals_page(context: WebContext, request: Request) -> Page:
    """What was taken out; with `queue` and `record`, the message that may be."""
    wanted = {name: request.query_params.get(name, "") for name in _WANTED}
    return _page(context, request, wanted, {})


def removal_routes(context: WebContext) -> list[Route]:
    """Forms of the page: look for a message, take it out, move it, put one back. Each answers the page with what was
    done."""

    async def act(request: Request) -> Response:
        fields = await form_fields(request, _MOST_FORM_BYTES)
        by = by_of(request.scope)
        done = await to_thread.run_sync(_act, context, fields, by)
        wanted = {name: fields.get(name, "") for name in _WANTED}
        return answer_page(context, request, _page(context, request, wanted, done))

    return [Route("/removals", act, methods=["POST"])]


def _act(context: WebContext, fields: dict[str, str], by: str) -> dict[str, Any]:
    if fields.get("undo", "").isdigit():
        return {"done": "back", "one": context.removing.put_back(int(fields["undo"]))}
    action = fields.get("action", "")
    told: dict[str, Any] = {"queue": fields.get("queue"), "message_id": fields.get("record"), "action": action}
    told |= {"function": fields.get("function"), "dry_run": fields.get("dry_run") == "1"}
    return {"done": action, "one": context.removing.act(told, by)}


def _page(context: WebContext, request: Request, wanted: dict[str, str], done: dict[str, Any]) -> Page:
    query = read_list_query(request, context.clock.now(), ("",), _WANTED, without=("sort", "errors", "page"))
    grant = grant_of(request.scope)
    removed = context.removing.removed()
    view = {
        "query": query,
        "wanted": wanted,
        "stream_actions": STREAM_ACTIONS,
        "removed": removed,
        "may_change": grant is None or grant.scope.allows(Scope.EDIT),
        **{"done": "", "one": None, **done},
    }
    data = {"removals": [it.without_message() for it in removed]}
    return Page("removals.html", "findings", "Messages that were taken out", data, view)
