"""`/queries`: the forms by which a page saves a query, makes one the default, and forgets one."""

from __future__ import annotations

from collections.abc import Callable

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mendline.access import owner_of
from mendline.errors import NotFoundError
from mendline.insight.answers import read
from mendline.insight.saved_queries import SavedQueries
from mendline.web.context import WebContext
from mendline.web.forms import form_fields
from mendline.web.pages.sign_in import local_path

_MOST_FORM_BYTES = 32 * 1024


def saved_query_routes(context: WebContext) -> list[Route]:
    """POST a form; the answer leads back to where it was sent from."""

    async def add(request: Request) -> Response:
        owner, fields = owner_of(request.scope, keeps=True), await _fields(request)

        def save() -> object:
            text = read(context.store, fields.get("text", ""), context.clock.now()).text
            says = {
                "name": fields.get("name", ""),
                "text": text,
                "page": fields.get("page", "explore"),
                "of": fields.get("of", ""),
            }
            flags = {"is_shared": fields.get("shared") == "1", "is_default": fields.get("default") == "1"}
            return _saved(context).add(context.store.project, owner.id, says | flags)

        return await _back(save, fields)

    async def delete(request: Request) -> Response:
        owner, number = owner_of(request.scope, keeps=True), _number(request)
        fields = await _fields(request)
        project = context.store.project
        return await _back(lambda: _saved(context).delete(project, owner.id, number, is_admin=owner.is_admin), fields)

    async def make_default(request: Request) -> Response:
        owner, number = owner_of(request.scope, keeps=True), _number(request)
        fields = await _fields(request)
        project, says = context.store.project, {"is_default": fields.get("default") == "1"}
        return await _back(
            lambda: _saved(context).change(project, owner.id, number, says, is_admin=owner.is_admin), fields
        )

    return [
        Route("/queries", add, methods=["POST"]),
        Route("/queries/{id}/delete", delete, methods=["POST"]),
        Route("/queries/{id}/default", make_default, methods=["POST"]),
    ]


async def _back(work: Callable[[], object], fields: dict[str, str]) -> Response:
    await to_thread.run_sync(work)
    return RedirectResponse(local_path(fields.get("next", "")), 303, {"cache-control": "no-store"})


def _saved(context: WebContext) -> SavedQueries:
    if context.saved is None:
        raise NotFoundError("Queries cannot be saved here.")
    return context.saved


def _number(request: Request) -> int:
    text = str(request.path_params["id"])
    if text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    raise NotFoundError(f"'{text[:40]}' is not the id of a saved query.")


async def _fields(request: Request) -> dict[str, str]:
    found = await form_fields(request, _MOST_FORM_BYTES)
    return {name: value.replace("\r\n", "\n") for name, value in found.items()}
