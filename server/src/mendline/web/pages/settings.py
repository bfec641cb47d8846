"""`/settings`: keys, projects, how long what is kept, and how the server itself is doing. For admins.

What makes or ends keys is a form of the page; its answer shows a new key or link once, and nowhere again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from mendline.access import Grant, grant_of
from mendline.errors import MendlineError
from mendline.insight.keeping import LEAST_DAYS, MOST_DAYS
from mendline.insight.receipts import last_received
from mendline.insight.sizes import table_sizes
from mendline.model.chosen_retention import Going
from mendline.model.policy import Receiver
from mendline.store.state import Key, Scope, list_keys, list_projects
from mendline.web.context import WebContext
from mendline.web.list_query import read_list_query
from mendline.web.page import Page
from mendline.web.pages.policies import policies_of

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
    "custom": "the keys of the setting redact_extra_keys, and those that this project names",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What a form of the page brought: a key's text or a link, shown this once; or a sentence of what went wrong; or
    what keeping telemetry as long as `asked` would drop, so that it is asked first."""

    text: str = ""
    about: str = ""
    error: MendlineError | None = None
    going: Going | None = None
    asked: Mapping[str, str] = field(default_factory=dict)


def settings_page(context: WebContext, request: Request, shown: Shown | None = None) -> Page:
    """All of it, of the project of the page. Of keys only what tells them apart: no text, no hash."""
    read_list_query(request, context.clock.now(), ("",), without=("sort", "errors", "page", "live"))
    server, project, grant = context.server, context.store.project, settings_grant(context, request)
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
        "retention_days": server.keeping.in_force(),
        "retention_chosen": server.keeping.chosen(),
        "retention_by_settings": server.keeping.by_settings,
        "redaction": {
            "enabled": server.redacted.enabled,
            "extra_keys": server.redacted.extra_keys,
            "own_keys": server.own_keys.now(),
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
        "days": (LEAST_DAYS, MOST_DAYS),
        "every": every,
        "people": [key for key in told if key["role"]],
        "functions": [key for key in told if not key["role"]],
        "own": grant.key_id,
    }
    return Page(
        "settings.html", "settings", "Settings", data, view, shown.error.status if shown and shown.error else 200
    )


def settings_grant(context: WebContext, request: Request) -> Grant:
    """Who asks; where no keys are asked for, an administrator of the project."""
    return grant_of(request.scope) or Grant(context.store.project, Scope.ADMIN, None)


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
