"""`/invocations/{id}`: the way from a request id, e.g. out of a log line, to the trace."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from mendline.insight.invocations import find_invocation
from mendline.model.jsonable import to_jsonable
from mendline.web.context import WebContext
from mendline.web.page_url import page_url


def invocation_routes(context: WebContext) -> list[Route]:
    """A redirect to the trace with the invocation selected, and the invocation as JSON."""

    def twin(request: Request) -> Response:
        found = find_invocation(context.store, request.path_params["id"])
        return JSONResponse(to_jsonable(found), headers={"cache-control": "no-store"})

    def html(request: Request) -> Response:
        found = find_invocation(context.store, request.path_params["id"])
        return RedirectResponse(page_url(request).to(f"/traces/{found.trace_id}", span=found.span_id), 302)

    return [Route("/invocations/{id}.json", twin), Route("/invocations/{id}", html)]
