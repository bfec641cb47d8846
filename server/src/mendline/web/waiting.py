"""Pages that take long: their frame comes at once and says so, and the page itself when it is there. Without script."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from mendline.errors import MendlineError
from mendline.model.timerange import parse_range
from mendline.web.context import WebContext
from mendline.web.failures import error_response
from mendline.web.page_url import page_url
from mendline.web.rendering import render_text
from mendline.web.visitor import visitor_of
from mendline.web.zones import told_in, zone_of

log = logging.getLogger(__name__)
STILL_READING = "mendline.still_reading"
SOON_SECONDS = 0.8
AT_ONCE_SECONDS = 0.15  # somebody looks: the first thing to be seen is there within 300 ms
_LONG_SECONDS = 12 * 3600
_OWN_FILES = re.compile(r'<(?:link rel="stylesheet"|script type="module") [^>]*>(?:</script>)?')
_SECTIONS = {
    **dict.fromkeys(("ledger", "costs", "timeouts", "memory", "removals"), "findings"),
    **dict.fromkeys(("coverage", "game-days"), "experiments"),
}
_MAIN = '<main id="main" tabindex="-1">'


async def answered(context: WebContext, request: Request, make: Callable[[], Response]) -> Response:
    """What `make` answers; or, where that takes long and is asked by a person or of a long range, a frame that says so
    and then it. To programs answers of shorter ranges always have a status of their own.

    While it streams, the scope says so (STILL_READING), so that who counts reads knows that it is not over.
    """
    is_looked_at = _is_navigating(request)
    if not (is_looked_at or _is_long(context, request)):
        return await to_thread.run_sync(make)
    making = asyncio.ensure_future(to_thread.run_sync(make))
    try:
        done, _ = await asyncio.wait({making}, timeout=AT_ONCE_SECONDS if is_looked_at else SOON_SECONDS)
    except asyncio.CancelledError:
        making.cancel()
        raise
    if done:
        return making.result()
    request.scope[STILL_READING] = True
    making.add_done_callback(lambda it: it.cancelled() or it.exception())  # looked at, also where nobody waits any more
    return StreamingResponse(
        _parts(context, request, making), 200, {"cache-control": "no-store", "x-accel-buffering": "no"}, "text/html"
    )


async def _parts(context: WebContext, request: Request, making: asyncio.Future[Response]) -> AsyncIterator[str]:
    with told_in(zone_of(request)):
        frame = render_text("waiting.html", _frame(context, request))
    yield frame.partition("<!--here-->")[0]
    try:
        response = await making
    except MendlineError as error:
        response = error_response(request, error, context)
    except Exception:
        log.exception("a page failed while it was waited for")
        response = error_response(request, MendlineError("Something went wrong here; the log of the server has more."))
    request.scope.pop(STILL_READING, None)
    page = bytes(response.body).decode()
    head, _, rest = page.partition(_MAIN)
    title = re.search("<title>.*?</title>", head, re.DOTALL)
    yield "".join([*_OWN_FILES.findall(head), '<div class="arrived">'])
    yield rest.replace("</main>", f"</div></main>{title[0] if title else ''}", 1)


def _frame(context: WebContext, request: Request) -> dict[str, object]:
    here = page_url(request)
    named = here.path.split("/")[1]
    return {
        "here": here,
        "site": None,
        "visitor": visitor_of(request, context),
        "section": _SECTIONS.get(named, named or "now"),
        "title": "",
    }


def _is_navigating(request: Request) -> bool:
    """Whether a browser opens the page for somebody who sees nothing until then."""
    return request.headers.get("sec-fetch-mode") == "navigate"


def _is_long(context: WebContext, request: Request) -> bool:
    asked = request.query_params
    try:
        return parse_range(asked.get("start"), asked.get("end"), context.clock.now()).seconds >= _LONG_SECONDS
    except MendlineError:
        return False
