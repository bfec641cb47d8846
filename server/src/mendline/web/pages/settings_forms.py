"""The forms of `/settings`: each changes something and answers the page, with what came of it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mendline.access import by_of
from mendline.errors import MendlineError
from mendline.insight.keeping import SIGNALS
from mendline.web.context import WebContext
from mendline.web.forms import form_fields
from mendline.web.page import answer_page
from mendline.web.pages.policies import policies_of
from mendline.web.pages.settings import Shown, settings_grant, settings_page
from mendline.web.pages.sign_in import set_session

_Change = Callable[[Request, dict[str, str]], tuple[Shown, str]]
_MOST_FORM_BYTES = 8 * 1024
log = logging.getLogger(__name__)


def settings_routes(context: WebContext) -> list[Route]:
    """Make a key, a link that signs in, a project; end a key; send a test message; say how long what is kept, and which
    keys have secret values."""
    return [_route(context, path, change) for path, change in (*_of_keys(context), *_of_data(context))]


def _of_keys(context: WebContext) -> list[tuple[str, _Change]]:
    members = context.server.members

    def make(request: Request, fields: dict[str, str]) -> tuple[Shown, str]:
        name, project = fields.get("name", ""), fields.get("project") or context.store.project
        first = members.sign_in.access.is_open()
        text, key = members.make(settings_grant(context, request), project, fields.get("scope", ""), name)
        token = members.sign_in.begin(text, _address(request)) if first else ""
        return Shown(text, f"Key {key.id}, scope {key.scope}"), token

    def link(request: Request, fields: dict[str, str]) -> tuple[Shown, str]:
        path = members.link(settings_grant(context, request), request.path_params["id"])
        about = f"A link that signs in as key {request.path_params['id']}, once, within a day"
        return Shown(f"{str(request.base_url).rstrip('/')}{path}", about), ""

    def revoke(request: Request, fields: dict[str, str]) -> tuple[Shown, str]:
        key = members.revoke(settings_grant(context, request), request.path_params["id"])
        return Shown(about=f"Key {key.id} is revoked; sessions begun with it are over"), ""

    def project(request: Request, fields: dict[str, str]) -> tuple[Shown, str]:
        members.make_project(settings_grant(context, request), fields.get("name", "").strip())
        return Shown(about=f"Project {fields.get('name', '').strip()} is made; its first key begins it"), ""

    return [
        ("/settings/keys", make),
        ("/settings/keys/{id:int}/link", link),
        ("/settings/keys/{id:int}/revoke", revoke),
        ("/settings/projects", project),
    ]


def _of_data(context: WebContext) -> list[tuple[str, _Change]]:
    keeping = context.server.keeping

    def test(request: Request, fields: dict[str, str]) -> tuple[Shown, str]:
        name = request.path_params["name"]
        policies_of(context).try_receiver(name, context.clock.now())
        return Shown(about=f"The receiver '{name}' took the test message"), ""

    def retention(request: Request, fields: dict[str, str]) -> tuple[Shown, str]:
        going = keeping.going(context.store, fields)
        if going.days and fields.get("sure") != "yes":
            return Shown(going=going, asked={signal: fields.get(signal, "").strip() for signal in SIGNALS}), ""
        kept = keeping.choose(context.store, fields, by_of(request.scope))
        told = ", ".join(f"{signal} {getattr(kept, signal)} d" for signal in SIGNALS)
        gone = f"; {going.rows:,} rows that were older are gone" if going.days else ""
        return Shown(about=f"From now on are kept: {told}{gone}"), ""

    def redaction(request: Request, fields: dict[str, str]) -> tuple[Shown, str]:
        keys = dict.fromkeys(key.strip() for key in fields.get("keys", "").split(",") if key.strip())
        context.server.own_keys.set(list(keys))
        log.info(
            "project %s names %d secret keys; changed by %s", context.store.project, len(keys), by_of(request.scope)
        )
        named = (
            f"Values of {', '.join(keys)} are" if keys else "No further keys are named; values of the known ones are"
        )
        return Shown(about=f"{named} replaced in what comes from now on; what is stored stays as it is"), ""

    return [
        ("/settings/receivers/{name}/test", test),
        ("/settings/retention", retention),
        ("/settings/redaction", redaction),
    ]


def _route(context: WebContext, path: str, change: _Change) -> Route:
    def answer(request: Request, fields: dict[str, str]) -> Response:
        token = ""
        try:
            shown, token = change(request, fields)
        except MendlineError as error:
            shown = Shown(error=error)
        response = answer_page(context, request, settings_page(context, request, shown))
        if token:
            set_session(request, response, token)
        return response

    async def take(request: Request) -> Response:
        fields = await form_fields(request, _MOST_FORM_BYTES)
        return await to_thread.run_sync(answer, request, fields)

    return Route(path, take, methods=["POST"])


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
