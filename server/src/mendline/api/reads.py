"""JSON for programs under /api/v1: functions, findings, one invocation, one trace, logs, errors, metrics, rollups."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mendline.clock import Clock
from mendline.errors import UsageError
from mendline.insight.errors import list_errors
from mendline.insight.findings import list_findings
from mendline.insight.functions import list_functions
from mendline.insight.invocations import find_invocation
from mendline.insight.logs import MOST_LOGS, invocation_logs, list_logs
from mendline.insight.memory import memory_report
from mendline.insight.metrics import list_metrics, metric_points
from mendline.insight.origins import resources_of
from mendline.insight.rollups import function_rollups, resource_rollups
from mendline.insight.trace_path import trace_path
from mendline.insight.traces import get_trace
from mendline.insight.transaction_path import END, UNTIL, transaction_path
from mendline.insight.transactions import readable_range
from mendline.insight.unstruck import wants_struck
from mendline.insight.verdicts import judge_trace
from mendline.model.jsonable import to_jsonable
from mendline.model.log import LogRecord
from mendline.model.metric import MetricPoint
from mendline.model.timerange import TimeRange, parse_range
from mendline.store.contract import TelemetryStore

_MOST_POINTS = 10_000
_EVERYWHERE = ("start", "end", "project", "limit")


def build_routes(
    store: TelemetryStore, clock: Clock, unstruck: Callable[[TimeRange], TelemetryStore] | None = None
) -> list[Route]:
    """The reads of the API. Errors are raised as MendlineError; the app answers them as `{"code", "message"}`.
    `unstruck` is what is left of a range without what experiments struck."""
    watched = _watch_routes(store, clock, unstruck or (lambda time_range: store))
    return [*_invocation_routes(store, clock), *watched, *_signal_routes(store, clock), *_rollup_routes(store, clock)]


def _invocation_routes(store: TelemetryStore, clock: Clock) -> list[Route]:
    def functions(request: Request) -> Response:
        time_range = _time_range(_query(request, ()), clock)
        return JSONResponse({"functions": to_jsonable(list_functions(store, time_range))})

    def invocation(request: Request) -> Response:
        return JSONResponse(to_jsonable(find_invocation(store, request.path_params["id"])))

    def logs_of_invocation(request: Request) -> Response:
        return JSONResponse(_with_resources(store, "logs", invocation_logs(store, request.path_params["id"])))

    def trace(request: Request) -> Response:
        return JSONResponse(to_jsonable(get_trace(store, request.path_params["id"])))

    def verdict_of_trace(request: Request) -> Response:
        judged = judge_trace(store, get_trace(store, request.path_params["id"]))
        return JSONResponse({"judged": judged is not None, **(to_jsonable(judged) if judged else {})})

    def path_of_trace(request: Request) -> Response:
        return JSONResponse(to_jsonable(trace_path(store, request.path_params["id"])))

    def path_of_transactions(request: Request) -> Response:
        query = _query(request, ("entry", "until"))
        if query.get("until", END) not in UNTIL:
            raise UsageError(f"until is '{query['until'][:40]}'; it must be {' or '.join(UNTIL)}.")
        if not query.get("entry"):
            raise UsageError("Say which transactions: entry=POST /orders, as `traces | count() by entry` names them.")
        read = readable_range(store, _time_range(query, clock))
        told = transaction_path(store, query["entry"], read, clock.now(), query.get("until", END))
        return JSONResponse({"range": to_jsonable(read), **to_jsonable(told)})

    return [
        Route("/api/v1/functions", functions),
        Route("/api/v1/transactions/path", path_of_transactions),
        Route("/api/v1/traces/{id}/path", path_of_trace),
        Route("/api/v1/invocations/{id}", invocation),
        Route("/api/v1/invocations/{id}/logs", logs_of_invocation),
        Route("/api/v1/traces/{id}", trace),
        Route("/api/v1/traces/{id}/verdict", verdict_of_trace),
    ]


def _watch_routes(store: TelemetryStore, clock: Clock, unstruck: Callable[[TimeRange], TelemetryStore]) -> list[Route]:
    def findings(request: Request) -> Response:
        query = _query(request, ("experiments",))
        time_range = _time_range(query, clock)
        asked = store if wants_struck(query.get("experiments", "")) else unstruck(time_range)
        told = list_findings(asked, time_range, clock.now())
        found = [{"key": one.key, **to_jsonable(one)} for one in told.found]
        return JSONResponse({"findings": found, "range": to_jsonable(told.read), "failed": dict(told.failed)})

    def memory(request: Request) -> Response:
        query = _query(request, ("function",))
        if not query.get("function"):
            raise UsageError("Say of which function: function=NAME.")
        report = memory_report(store, query["function"], _time_range(query, clock))
        return JSONResponse({**to_jsonable(report), "used_share": report.used_share})

    return [Route("/api/v1/findings", findings), Route("/api/v1/memory", memory)]


def _signal_routes(store: TelemetryStore, clock: Clock) -> list[Route]:
    def logs(request: Request) -> Response:
        query = _query(request, ("q", "trace_id", "request_id", "service", "severity", "offset"))
        found = list_logs(
            store,
            _time_range(query, clock),
            text=query.get("q", ""),
            trace_id=query.get("trace_id", ""),
            request_id=query.get("request_id", ""),
            service=query.get("service", ""),
            least_severity=_number(query, "severity", 0, 24, 0),
            limit=_number(query, "limit", 1, MOST_LOGS, 100),
            offset=_number(query, "offset", 0, 100_000, 0),
        )
        return JSONResponse(_with_resources(store, "logs", found))

    def errors(request: Request) -> Response:
        query = _query(request, ("function", "unclassified"))
        found = list_errors(
            store,
            _time_range(query, clock),
            function=query.get("function", ""),
            unclassified=bool(_number(query, "unclassified", 0, 1, 0)),
            limit=_number(query, "limit", 1, 1000, 100),
        )
        return JSONResponse({"errors": to_jsonable(found)})

    def metrics(request: Request) -> Response:
        query = _query(request, ("name", "service"))
        time_range = _time_range(query, clock)
        if "name" not in query:
            return JSONResponse({"metrics": to_jsonable(list_metrics(store, time_range))})
        limit = _number(query, "limit", 1, _MOST_POINTS, 1000)
        found = metric_points(store, query["name"], time_range, service=query.get("service", ""), limit=limit)
        return JSONResponse(_finite(_with_resources(store, "points", found)))

    return [
        Route("/api/v1/logs", logs),
        Route("/api/v1/errors", errors),
        Route("/api/v1/metrics", metrics),
    ]


def _rollup_routes(store: TelemetryStore, clock: Clock) -> list[Route]:
    def functions(request: Request) -> Response:
        query = _query(request, ("step", "name"))
        step, name = query.get("step", "minute"), query.get("name", "")
        found = function_rollups(store, _time_range(query, clock), step, name=name)
        return JSONResponse({"rollups": to_jsonable(found)})

    def resources(request: Request) -> Response:
        query = _query(request, ("step", "name"))
        step, name = query.get("step", "minute"), query.get("name", "")
        found = resource_rollups(store, _time_range(query, clock), step, name=name)
        return JSONResponse({"rollups": to_jsonable(found)})

    return [Route("/api/v1/rollups/functions", functions), Route("/api/v1/rollups/resources", resources)]


def _time_range(query: QueryParams, clock: Clock) -> TimeRange:
    return parse_range(query.get("start"), query.get("end"), clock.now())


def _query(request: Request, own: tuple[str, ...]) -> QueryParams:
    """The query; a parameter that is not read here is refused, since it would change nothing."""
    known = (*_EVERYWHERE, *own)
    for name in request.query_params:
        if name not in known:
            raise UsageError(f"'{name[:40]}' is no parameter here; there are {', '.join(known)}.")
    return request.query_params


def _number(query: QueryParams, name: str, least: int, most: int, default: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most:
        return int(text)
    raise UsageError(f"{name} is '{text[:40]}'; it must be a whole number, {least} to {most}.")


def _with_resources(store: TelemetryStore, name: str, told: Sequence[LogRecord] | Sequence[MetricPoint]) -> Any:
    """An answer of records, and of the resources that they name by `resource_id`."""
    return {name: to_jsonable(told), "resources": to_jsonable(resources_of(store, told))}


def _finite(value: Any) -> Any:
    """JSON has no infinity: NaN and infinities become texts, as OTLP/JSON writes them."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list) else value
