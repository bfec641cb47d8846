"""`/settings`: keys, projects, how long what is kept, and how the server itself is doing. For admins; only to read."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from mendline.insight.receipts import last_received
from mendline.insight.sizes import table_sizes
from mendline.store.state import Key, list_keys, list_projects
from mendline.web.context import WebContext
from mendline.web.list_query import read_list_query
from mendline.web.page import Page


def settings_page(context: WebContext, request: Request) -> Page:
    """All of it, of the project of the page. Of keys only what tells them apart: no text, no hash."""
    read_list_query(request, context.clock.now(), ("",), without=("sort", "errors", "page", "live"))
    server, project = context.server, context.store.project
    with server.state.reading() as connection:
        keys = [key for key in list_keys(connection) if key.project in (project, None)]
        projects = list_projects(connection)
    sizes = table_sizes(context.store)
    data = {
        "project": project,
        "projects": projects if any(key.project is None for key in keys) or not keys else (),
        "keys": [_told(key) for key in keys],
        "retention_days": server.retention,
        "problems": list(server.problems()),
        "quarantined": server.quarantined(),
        "aws": list(server.aws()),
        "received": last_received(context.store),
        "tables": sizes,
    }
    view = {"bytes": sum(table.bytes for table in sizes), "largest": max((it.bytes for it in sizes), default=0)}
    return Page("settings.html", "settings", "Settings", data, view)


def _told(key: Key) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "scope": str(key.scope),
        "prefix": key.prefix,
        "project": key.project,
        "created": key.created,
        "last_used": key.last_used,
        "revoked": key.revoked,
    }
