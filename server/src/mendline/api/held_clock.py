"""The clock of a server that was started with `--test-clock`: asked, and moved on."""

from __future__ import annotations

from collections.abc import Callable

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mendline.api.bodies import read_body
from mendline.api.json_bodies import object_of
from mendline.clock import HeldClock
from mendline.errors import UsageError
from mendline.model.timerange import parse_moment

PATH = "/api/v1/test/clock"
_MOST_BODY_BYTES = 1024


def build_routes(clock: HeldClock, before: Callable[[], None] | None = None) -> list[Route]:
    """`GET` answers `{"now"}`; `POST {"now": "2026-05-01T10:00Z"}` moves the clock there, and never back.
    Whatever is to be done at the moment where it stands is done `before`."""

    async def tell(request: Request) -> Response:
        if request.method == "POST":
            moment = parse_moment(_text(await read_body(request, _MOST_BODY_BYTES)), clock.now())
            if before is not None:
                await to_thread.run_sync(before)
            if not clock.move(moment):
                raise UsageError(f"The clock is at {clock.now().isoformat()}, and does not go back.")
        return JSONResponse({"now": clock.now().isoformat()})

    return [Route(PATH, tell, methods=["GET", "POST"])]


def _text(body: bytes) -> str:
    example = '{"now": "2026-05-01T10:00Z"}'
    asked = object_of(body, example)
    if list(asked) == ["now"] and isinstance(asked["now"], str):
        return asked["now"]
    raise UsageError(f"The body is to be a JSON object, such as {example}.")
