"""What helps to write a query: `/api/v1/query/complete` at a cursor, `/api/v1/query/parts` to click it together."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mendline.clock import Clock
from mendline.errors import QueryTextError, UsageError
from mendline.insight.answer_documents import error_document
from mendline.insight.seen import Seen
from mendline.model.jsonable import to_jsonable
from mendline.query import Known, read_query
from mendline.query.attribute_fields import WITH_ATTRIBUTES
from mendline.query.completion import complete
from mendline.query.fields import fields_of, find_field
from mendline.query.parts import parts
from mendline.query.syntax import Attribute
from mendline.store.contract import TelemetryStore

_PARAMETERS = ("q", "cursor", "project")


def build_routes(store: TelemetryStore, clock: Clock) -> list[Route]:
    """GET with the text of the query and the cursor (characters before it; the end where it is not given)."""
    seen = Seen(store, clock)

    def answer(request: Request) -> Response:
        for name in request.query_params:
            if name not in _PARAMETERS:
                raise UsageError(f"'{name[:40]}' is no parameter here; there are {', '.join(_PARAMETERS)}.")
        text = request.query_params.get("q", "")
        cursor = request.query_params.get("cursor", str(len(text)))
        if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
            raise UsageError(f"cursor is '{cursor[:40]}'; it must be a whole number.")
        known = seen.known()
        return JSONResponse(
            {"completions": to_jsonable(complete(text, int(cursor), known)), **_checked(text, known)},
            headers={"cache-control": "no-store"},
        )

    def taken_apart(request: Request) -> Response:
        text, known = request.query_params.get("q", ""), seen.known()
        try:
            query = read_query(text, known).query
        except QueryTextError as error:
            return JSONResponse(error_document(error), error.status)
        fields = [{"name": each.name, "kind": each.type.kind} for each in fields_of(query.source)]
        more = sorted(known.attributes) if query.source in WITH_ATTRIBUTES else []
        fields += [{"name": str(Attribute(key)), "kind": "any"} for key in more if not find_field(key, query.source)]
        return JSONResponse({"parts": to_jsonable(parts(query)), "fields": fields})

    return [Route("/api/v1/query/complete", answer), Route("/api/v1/query/parts", taken_apart)]


def _checked(text: str, known: Known) -> dict[str, Any]:
    """The canonical text with notices, or what is wrong."""
    if not text.strip():
        return {"query": "", "notices": [], "fault": None}
    try:
        checked = read_query(text, known)
    except QueryTextError as error:
        return {"query": None, "notices": [], "fault": error_document(error)}
    return {"query": checked.text, "notices": [notice.text for notice in checked.notices], "fault": None}
