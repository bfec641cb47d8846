"""`/invocations/{id}`: the way from a request id, e.g. out of a log line, to what is known of that execution."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from mendline.insight.invocations import find_invocation
from mendline.insight.logs import invocation_logs
from mendline.insight.verdicts import judge_invocation
from mendline.model.jsonable import to_jsonable
from mendline.web.context import WebContext
from mendline.web.page import Page, answer_page
from mendline.web.page_url import page_url
from mendline.web.telemetry_text import clip


def invocation_routes(context: WebContext) -> list[Route]:
    """A redirect to the trace with the invocation selected; where no span tells of it, a page of what the platform
    said. The twin is the invocation as JSON."""

    def twin(request: Request) -> Response:
        found = find_invocation(context.store, request.path_params["id"])
        return JSONResponse(to_jsonable(found), headers={"cache-control": "no-store"})

    def html(request: Request) -> Response:
        found = find_invocation(context.store, request.path_params["id"])
        if found.span_id:
            return RedirectResponse(page_url(request).to(f"/traces/{found.trace_id}", span=found.span_id), 302)
        logs = invocation_logs(context.store, found.id)
        view = {"logs": logs, "judged": judge_invocation(context.store, found) if found.error else None}
        title = clip(found.id.partition("~")[0], 40)
        return answer_page(context, request, Page("invocation.html", "functions", title, found, view))

    return [Route("/invocations/{id}.json", twin), Route("/invocations/{id}", html)]
