"""`/live`: tells a page that is looked at when something new was stored, as server-sent events
(https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from mendline.web.context import WebContext
from mendline.web.server_facts import Arrivals

TURN_SECONDS = 0.5
_TURNS = 100  # the browser comes again by itself: whether its key still holds is looked at then
_TURNS_OF_SILENCE = 30  # what stands between might close a connection on which nothing goes


def arrivals_route(context: WebContext) -> Route:
    """One event each half second in which something was stored."""

    def stream(request: Request) -> Response:
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(_events(context.server.arrivals), 200, headers, "text/event-stream")

    return Route("/live", stream)


async def _events(arrivals: Arrivals) -> AsyncIterator[str]:
    known, silent = arrivals.stored(), 0
    yield "retry: 1000\n\n"
    for _ in range(_TURNS):
        await anyio.sleep(TURN_SECONDS)
        if arrivals.is_over():
            return
        stored = arrivals.stored()
        silent = 0 if stored != known else silent + 1
        if stored != known:
            yield f"event: stored\ndata: {stored}\n\n"
        elif silent % _TURNS_OF_SILENCE == 0:
            yield ": nothing new\n\n"
        known = stored
