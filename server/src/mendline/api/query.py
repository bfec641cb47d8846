"""`/api/v1/query`: a question in the query language, answered as a table."""

from __future__ import annotations

from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mendline.api.json_bodies import object_of
from mendline.clock import Clock
from mendline.errors import QueryTextError, UsageError
from mendline.insight.answer_documents import answer_document, error_document, plan_document
from mendline.insight.answer_groups import MOST_ROWS
from mendline.insight.answers import answer, explain
from mendline.insight.evaluations import Marks, Question
from mendline.model.timerange import parse_range
from mendline.store.contract import TelemetryStore

_PARAMETERS = ("q", "start", "end", "limit", "offset", "explain", "project")
_MOST_BODY_BYTES = 64 * 1024


def build_routes(store: TelemetryStore, clock: Clock, marks: Marks = tuple) -> list[Route]:
    """GET with the query in the URL, POST with `{"q", "start", "end", "limit", "offset", "explain"}` as JSON."""

    async def query(request: Request) -> Response:
        asked = dict(request.query_params) if request.method == "GET" else await read_body(request)
        try:
            return JSONResponse(await to_thread.run_sync(_answer, store, clock, marks, asked))
        except QueryTextError as error:
            return JSONResponse(error_document(error), error.status)

    return [Route("/api/v1/query", query, methods=["GET", "POST"])]


def _answer(store: TelemetryStore, clock: Clock, marks: Marks, asked: dict[str, Any]) -> dict[str, Any]:
    for name in asked:
        if name not in _PARAMETERS:
            raise UsageError(f"'{name[:40]}' is no parameter here; there are {', '.join(_PARAMETERS)}.")
    now = clock.now()
    question = Question(
        text=text_of(asked, "q") or "",
        range=parse_range(text_of(asked, "start"), text_of(asked, "end"), now),
        now=now,
        limit=None if asked.get("limit") is None else _number(asked, "limit", 1, MOST_ROWS, MOST_ROWS),
        offset=_number(asked, "offset", 0, 1_000_000, 0),
        marks=marks,
    )
    if _number(asked, "explain", 0, 1, 0):
        return plan_document(*explain(store, question))
    return answer_document(answer(store, question))


async def read_body(request: Request) -> dict[str, Any]:
    """The JSON object of a question. Raises UsageError."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MOST_BODY_BYTES:
            raise UsageError(f"The body is longer than {_MOST_BODY_BYTES:,} bytes.")
    return object_of(body, '{"q": "error | count() by function"}')


def text_of(asked: dict[str, Any], name: str) -> str | None:
    """A text that is asked for by name; None where it is empty or not there. Raises UsageError."""
    value = asked.get(name)
    if value is None or isinstance(value, str):
        return value or None
    raise UsageError(f"{name} is to be a text.")


def _number(asked: dict[str, Any], name: str, least: int, most: int, default: int) -> int:
    text = str(asked.get(name, default)).lower()
    text = {"true": "1", "false": "0"}.get(text, text)
    if text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most:
        return int(text)
    raise UsageError(f"{name} is '{text[:40]}'; it must be a whole number, {least} to {most}.")
