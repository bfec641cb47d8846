"""`/boards`: queries that are looked at together; `/boards/NAME`: one of them, and the form that changes it."""

from __future__ import annotations

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from mendline.access import by_of, grant_of
from mendline.model.board import read_board
from mendline.store.state import Scope
from mendline.web.board_panels import board_panels
from mendline.web.context import WebContext
from mendline.web.forms import form_fields, see_other
from mendline.web.list_query import read_list_query
from mendline.web.page import Page
from mendline.web.page_url import page_url
from mendline.web.panels import panel_data

_MOST_FORM_BYTES = 100 * 1024
EXAMPLE = """Invocations
| count(not error), count(error)

Errors by function
error | count() by function

Durations
| p50(duration), p95(duration), p99(duration)

What the time is spent on (table)
operations | sum(duration), p95(duration) by resource | sort sum(duration) desc | limit 10

Messages that wait
metrics name:sqs.messages_visible | max(value) by queue
"""


def boards_page(context: WebContext, request: Request) -> Page:
    """The list, and the form for a new one."""
    query = read_list_query(request, context.clock.now(), ("",), without=("sort", "errors", "page"))
    boards = context.boards.all()
    told = [{"board": board, "panels": [panel.title for panel in read_board(board.text)]} for board in boards]
    view = {"query": query, "may_change": _may_change(request), "example": EXAMPLE}
    return Page("boards.html", "boards", "Boards", {"boards": told}, view)


def board_page(context: WebContext, request: Request) -> Page:
    """One board over the range."""
    query = read_list_query(request, context.clock.now(), ("",), without=("sort", "errors", "page"))
    board = context.boards.get(request.path_params["name"])
    panels = board_panels(context, page_url(request), query.range, read_board(board.text))
    data = {"range": query.range, "board": board, "panels": panel_data(panels)}
    view = {"query": query, "panels": panels, "may_change": _may_change(request)}
    return Page("board.html", "boards", board.name, data, view)


def board_routes(context: WebContext) -> list[Route]:
    """What keeps and deletes boards, and the text of one as a file."""

    async def keep(request: Request) -> Response:
        fields = await form_fields(request, _MOST_FORM_BYTES)
        name = request.path_params.get("name", fields.get("name", "").strip())
        by = by_of(request.scope)
        deleting = fields.get("delete") == "1"
        if deleting:
            await to_thread.run_sync(context.boards.delete, name)
        else:
            await to_thread.run_sync(context.boards.save, name, fields.get("text", ""), context.clock.now(), by)
        path = "/boards" if deleting else f"/boards/{name}"
        return see_other(request, path)

    def text(request: Request) -> Response:
        board = context.boards.get(request.path_params["name"])
        headers = {
            "content-disposition": f'attachment; filename="{board.name}.board.txt"',
            "cache-control": "no-store",
        }
        return PlainTextResponse(board.text, headers=headers)

    return [
        Route("/boards", keep, methods=["POST"]),
        Route("/boards/{name}.txt", text),
        Route("/boards/{name}", keep, methods=["POST"]),
    ]


def _may_change(request: Request) -> bool:
    grant = grant_of(request.scope)
    return grant is None or grant.scope.allows(Scope.EDIT)
