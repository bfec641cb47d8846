"""The form of a function's page that says what is not to be learned as usual of it, or is usual from now on."""

from __future__ import annotations

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mendline.access import Scope, by_of, grant_of
from mendline.web.context import WebContext
from mendline.web.forms import form_fields
from mendline.web.page_url import asked_name, page_url

_MOST_FORM_BYTES = 8 * 1024


def learning_route(context: WebContext) -> Route:
    """Keeps a mark, or with `remove` takes one away."""

    async def learning(request: Request) -> Response:
        fields = await form_fields(request, _MOST_FORM_BYTES)
        by = by_of(request.scope)
        await to_thread.run_sync(_keep, context, {**fields, "function": asked_name(request)}, by)
        return RedirectResponse(f"{page_url(request).changed()}#learning", 303, {"cache-control": "no-store"})

    return Route("/functions/{name:path}", learning, methods=["POST"])


def may_change(request: Request) -> bool:
    """Whether who asks may decide what is learned."""
    grant = grant_of(request.scope)
    return grant is None or grant.scope.allows(Scope.EDIT)


def _keep(context: WebContext, fields: dict[str, str], by: str) -> None:
    if fields.get("remove"):
        context.learning.remove(fields["remove"])
    else:
        context.learning.add(fields, context.clock.now(), by)
