"""`/api/v1/queries`: saved queries, read and changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mendline.access import owner_of
from mendline.api.bodies import read_body
from mendline.api.json_bodies import object_of
from mendline.clock import Clock
from mendline.errors import NotFoundError, QueryTextError
from mendline.insight.answer_documents import error_document
from mendline.insight.answers import read
from mendline.insight.saved_queries import SavedQueries
from mendline.model.jsonable import to_jsonable
from mendline.store.contract import TelemetryStore

_MOST_BODY_BYTES = 32 * 1024


def build_routes(store: TelemetryStore, saved: SavedQueries, clock: Clock) -> list[Route]:
    """GET and POST `/api/v1/queries`; PATCH and DELETE `/api/v1/queries/{id}`."""

    def canonical(says: Mapping[str, Any]) -> dict[str, Any]:
        text = says.get("text")
        return {**says, "text": read(store, text, clock.now()).text} if isinstance(text, str) else dict(says)

    def visible(request: Request) -> Response:
        owner = owner_of(request.scope, keeps=False)
        return JSONResponse({"queries": to_jsonable(saved.visible(store.project, owner.id))})

    async def add(request: Request) -> Response:
        owner, says = owner_of(request.scope, keeps=True), await _body(request)
        return await _answer(lambda: saved.add(store.project, owner.id, canonical(says)), 201)

    async def change(request: Request) -> Response:
        owner, says, number = owner_of(request.scope, keeps=True), await _body(request), _number(request)
        return await _answer(
            lambda: saved.change(store.project, owner.id, number, canonical(says), is_admin=owner.is_admin), 200
        )

    def delete(request: Request) -> Response:
        owner = owner_of(request.scope, keeps=True)
        saved.delete(store.project, owner.id, _number(request), is_admin=owner.is_admin)
        return Response(status_code=204)

    return [
        Route("/api/v1/queries", visible, methods=["GET"]),
        Route("/api/v1/queries", add, methods=["POST"]),
        Route("/api/v1/queries/{id}", change, methods=["PATCH"]),
        Route("/api/v1/queries/{id}", delete, methods=["DELETE"]),
    ]


async def _answer(work: Callable[[], Any], status: int) -> Response:
    try:
        return JSONResponse(to_jsonable(await to_thread.run_sync(work)), status)
    except QueryTextError as error:
        return JSONResponse(error_document(error), error.status)


def _number(request: Request) -> int:
    text = request.path_params["id"]
    if text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    raise NotFoundError(f"'{text[:40]}' is not the id of a saved query.")


async def _body(request: Request) -> Mapping[str, Any]:
    return object_of(await read_body(request, _MOST_BODY_BYTES), '{"name": "What fails", "text": "error"}')
