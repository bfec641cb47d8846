"""`/settings`: keys, projects, how long what is kept, and how the server itself is doing. For admins.

What makes or ends keys is a form of the page; its answer shows a new key or link once, and nowhere again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mendline.access import Grant, grant_of
from mendline.errors import MendlineError
from mendline.insight.receipts import last_received
from mendline.insight.sizes import table_sizes
from mendline.model.policy import Receiver
from mendline.store.state import Key, Scope, list_keys, list_projects
from mendline.web.context import WebContext
from mendline.web.forms import form_fields
from mendline.web.list_query import read_list_query
from mendline.web.page import Page, answer_page
from mendline.web.pages.policies import policies_of
from mendline.web.pages.sign_in import set_session

_MOST_FORM_BYTES = 8 * 1024
_RULE_WORDS = {
    "password": "passwords, by the name of their key",
    "secret": "secrets, credentials, signatures, one-time codes",
    "token": "tokens and session ids, also those that say whose they are",
    "authorization": "authorization, also what follows Basic",
    "cookie": "cookies",
    "api_key": "API keys",
    "private_key": "private keys, also in PEM",
    "card": "card numbers, by issuer, length and check digit",
    "url_userinfo": "user and password in addresses",
    "aws_keys": "access keys of AWS",
    "bearer": "what follows Bearer",
    "jwt": "JSON Web Tokens",
    "custom": "the keys of the setting redact_extra_keys",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What a form of the page brought: a key's text or a link, shown this once; or a sentence of what went wrong."""

    text: str = ""
    about: str = ""
    error: MendlineError | None = None


def settings_page(context: WebContext, request: Request, shown: Shown | None = None) -> Page:
    """All of it, of the project of the page. Of keys only what tells them apart: no text, no hash."""
    read_list_query(request, context.clock.now(), ("",), without=("sort", "errors", "page", "live"))
    server, project, grant = context.server, context.store.project, _grant(context, request)
    with server.state.reading() as connection:
        keys = [key for key in list_keys(connection) if key.project in (project, None)]
        projects = list_projects(connection)
    told = [_told(key) for key in keys]
    sizes = table_sizes(context.store)
    every = server.members.reaches_all(grant)
    data = {
        "project": project,
        "projects": projects if every else (),
        "keys": told,
        "retention_days": server.retention,
        "redaction": {
            "enabled": server.redacted.enabled,
            "extra_keys": server.redacted.extra_keys,
            "replaced": server.redacted.replaced(),
        },
        "receivers": [_receiver(it) for it in policies_of(context).receivers()],
        "problems": list(server.problems()),
        "quarantined": server.quarantined(),
        "aws": list(server.aws()),
        "received": last_received(context.store),
        "tables": sizes,
    }
    view = {
        "rule_words": _RULE_WORDS,
        "bytes": sum(table.bytes for table in sizes),
        "largest": max((it.bytes for it in sizes), default=0),
        "shown": shown,
        "every": every,
        "people": [key for key in told if key["role"]],
        "functions": [key for key in told if not key["role"]],
        "own": grant.key_id,
    }
    return Page(
        "settings.html", "settings", "Settings", data, view, shown.error.status if shown and shown.error else 200
    )


def settings_routes(context: WebContext) -> list[Route]:
    """The forms: make a key, a link that signs in, a project; end a key; send a test message."""
    members = context.server.members

    def make(request: Request, fields: dict[str, str]) -> tuple[Shown, str]:
        name, project = fields.get("name", ""), fields.get("project") or context.store.project
        first = members.sign_in.access.is_open()
        text, key = members.make(_grant(context, request), project, fields.get("scope", ""), name)
        token = members.sign_in.begin(text, _address(request)) if first else ""
        return Shown(text, f"Key {key.id}, scope {key.scope}"), token

    def link(request: Request, fields: dict[str, str]) -> tuple[Shown, str]:
        path = members.link(_grant(context, request), request.path_params["id"])
        about = f"A link that signs in as key {request.path_params['id']}, once, within a day"
        return Shown(f"{str(request.base_url).rstrip('/')}{path}", about), ""

    def revoke(request: Request, fields: dict[str, str]) -> tuple[Shown, str]:
        key = members.revoke(_grant(context, request), request.path_params["id"])
        return Shown(about=f"Key {key.id} is revoked; sessions begun with it are over"), ""

    def project(request: Request, fields: dict[str, str]) -> tuple[Shown, str]:
        members.make_project(_grant(context, request), fields.get("name", "").strip())
        return Shown(about=f"Project {fields.get('name', '').strip()} is made; its first key begins it"), ""

    def test(request: Request, fields: dict[str, str]) -> tuple[Shown, str]:
        name = request.path_params["name"]
        policies_of(context).try_receiver(name, context.clock.now())
        return Shown(about=f"The receiver '{name}' took the test message"), ""

    def route(path: str, change: Callable[[Request, dict[str, str]], tuple[Shown, str]]) -> Route:
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

    return [
        route("/settings/keys", make),
        route("/settings/keys/{id:int}/link", link),
        route("/settings/keys/{id:int}/revoke", revoke),
        route("/settings/projects", project),
        route("/settings/receivers/{name}/test", test),
    ]


def _grant(context: WebContext, request: Request) -> Grant:
    return grant_of(request.scope) or Grant(context.store.project, Scope.ADMIN, None)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _receiver(receiver: Receiver) -> dict[str, Any]:
    """Where it leads, and its secrets, are not told."""
    return {name: getattr(receiver, name) for name in ("name", "type", "default", "least", "audience", "digest")}


def _told(key: Key) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "scope": str(key.scope),
        "role": key.scope.role,
        "prefix": key.prefix,
        "project": key.project,
        "created": key.created,
        "last_used": key.last_used,
        "revoked": key.revoked,
    }
