"""JSON for programs under /api/v1: functions, one invocation, one trace."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mendline.clock import Clock
from mendline.insight.functions import list_functions
from mendline.insight.invocations import find_invocation
from mendline.insight.traces import get_trace
from mendline.model.jsonable import to_jsonable
from mendline.model.timerange import parse_range
from mendline.store.contract import TelemetryStore


def build_routes(store: TelemetryStore, clock: Clock) -> list[Route]:
    """The reads of the API. Errors are raised as MendlineError; the app answers them as `{"code", "message"}`."""

    def functions(request: Request) -> Response:
        query = request.query_params
        time_range = parse_range(query.get("start"), query.get("end"), clock.now())
        return JSONResponse({"functions": to_jsonable(list_functions(store, time_range))})

    def invocation(request: Request) -> Response:
        return JSONResponse(to_jsonable(find_invocation(store, request.path_params["id"])))

    def trace(request: Request) -> Response:
        return JSONResponse(to_jsonable(get_trace(store, request.path_params["id"])))

    return [
        Route("/api/v1/functions", functions),
        Route("/api/v1/invocations/{id}", invocation),
        Route("/api/v1/traces/{id}", trace),
    ]
