"""`/api/v1/removals`: one message is looked for, taken out of its queue with a copy that is kept, and put back."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mendline.access import by_of
from mendline.api.bodies import read_body
from mendline.api.json_bodies import object_of
from mendline.insight.removals import Removing

_MOST_BODY_BYTES = 8 * 1024


def build_routes(removing: Removing) -> list[Route]:
    """GET and POST `/api/v1/removals`, POST `/api/v1/removals/{number}/undo`."""

    def listed(_: Request) -> Response:
        return JSONResponse({"removals": [one.without_message() for one in removing.removed()]})

    async def act(request: Request) -> Response:
        told = _read(await read_body(request, _MOST_BODY_BYTES))
        by = by_of(request.scope)
        done = await to_thread.run_sync(removing.act, told, by)
        return JSONResponse(done.without_message(), HTTPStatus.CREATED if done.number else HTTPStatus.OK)

    async def undo(request: Request) -> Response:
        done = await to_thread.run_sync(removing.put_back, request.path_params["number"])
        return JSONResponse(done.without_message())

    return [
        Route("/api/v1/removals", listed, methods=["GET"]),
        Route("/api/v1/removals", act, methods=["POST"]),
        Route("/api/v1/removals/{number:int}/undo", undo, methods=["POST"]),
    ]


def _read(body: bytes) -> dict[str, Any]:
    return object_of(body, '{"queue": "orders", "message_id": "…", "action": "look"}')
