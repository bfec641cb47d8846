"""`/api/v1/game-days` and `/api/v1/game-day-runs`: kept, begun, moved on, stopped, written about, and reported."""

from __future__ import annotations

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from mendline.access import by_of
from mendline.api.experiments import answered
from mendline.api.incidents import number_of
from mendline.api.policies import body_of
from mendline.chaos.experiments import Experiments
from mendline.chaos.game_day_report import game_day_run_document, markdown_of, report_of
from mendline.chaos.game_days import GameDays
from mendline.clock import Clock
from mendline.errors import UsageError
from mendline.model.game_day import game_day_document
from mendline.model.timerange import parse_moment


def build_routes(experiments: Experiments, clock: Clock) -> list[Route]:
    """GET and POST `/api/v1/game-days`; GET and DELETE one by its name; `/api/v1/game-day-runs`, GET and POST one by
    its id, and its report as `.md`."""
    days = GameDays(experiments)

    def listed(request: Request) -> Response:
        told = [{**game_day_document(one), "origin": one.origin} for one in days.all()]
        return JSONResponse({"game_days": told, "can_run": experiments.ready})

    async def add(request: Request) -> Response:
        told, by = await body_of(request), by_of(request.scope)
        return await answered(lambda: game_day_document(days.save(told, clock.now(), by)), 201)

    def one(request: Request) -> Response:
        found = days.get(request.path_params["name"])
        runs = [game_day_run_document(run) for run in days.runs(found.name)]
        return JSONResponse({"game_day": {**game_day_document(found), "origin": found.origin}, "runs": runs})

    async def delete(request: Request) -> Response:
        await to_thread.run_sync(days.delete, request.path_params["name"])
        return Response(status_code=204)

    return [
        Route("/api/v1/game-days", listed, methods=["GET"]),
        Route("/api/v1/game-days", add, methods=["POST"]),
        Route("/api/v1/game-days/{name}", one, methods=["GET"]),
        Route("/api/v1/game-days/{name}", delete, methods=["DELETE"]),
        *_run_routes(days, clock),
    ]


def _run_routes(days: GameDays, clock: Clock) -> list[Route]:
    def runs(request: Request) -> Response:
        found = days.runs(request.query_params.get("game_day") or None)
        return JSONResponse({"runs": [game_day_run_document(run) for run in found]})

    async def begin(request: Request) -> Response:
        told, by, now = await body_of(request), by_of(request.scope), clock.now()
        name, starts = told.get("name"), told.get("starts") or "now"
        if not isinstance(name, str) or not isinstance(starts, str):
            raise UsageError('The body is to be such as {"name": "…", "starts": "+5m"}.')
        at = parse_moment(starts, now)
        return await answered(lambda: game_day_run_document(days.begin(name, at, now, by)), 201)

    def report(request: Request) -> Response:
        return JSONResponse(report_of(days, days.run(number_of(request))))

    def markdown(request: Request) -> Response:
        told = report_of(days, days.run(number_of(request)))
        return PlainTextResponse(markdown_of(told), media_type="text/markdown")

    async def act(request: Request) -> Response:
        told, by, number = await body_of(request), by_of(request.scope), number_of(request)
        action, text = told.get("action", ""), told.get("text", "")
        if not isinstance(action, str) or not isinstance(text, str):
            raise UsageError('The body is to be such as {"action": "note", "text": "…"}.')
        return await answered(lambda: game_day_run_document(days.act(number, action, text, clock.now(), by)), 200)

    path = "/api/v1/game-day-runs"
    return [
        Route(path, runs, methods=["GET"]),
        Route(path, begin, methods=["POST"]),
        Route(f"{path}/{{id}}.md", markdown, methods=["GET"]),
        Route(f"{path}/{{id}}", report, methods=["GET"]),
        Route(f"{path}/{{id}}", act, methods=["POST"]),
    ]
