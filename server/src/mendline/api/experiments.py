"""`/api/v1/experiments` and `/api/v1/experiment-runs`: kept, tried without effect, begun, stopped, and scored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from mendline.access import by_of
from mendline.alerting.drafting import drafted_of_run, is_telling
from mendline.api.incidents import number_of
from mendline.api.policies import body_of
from mendline.chaos.checked import checked_experiment
from mendline.chaos.documents import halt_document, run_document
from mendline.chaos.dry_run import dry_run
from mendline.chaos.experiments import Experiments
from mendline.clock import Clock
from mendline.errors import NotFoundError, UsageError
from mendline.insight.answers import read
from mendline.model.experiment import experiment_document, read_experiment
from mendline.model.jsonable import to_jsonable
from mendline.model.timerange import parse_moment
from mendline.query import Checked
from mendline.store.contract import TelemetryStore


def build_routes(store: TelemetryStore, experiments: Experiments, clock: Clock) -> list[Route]:
    """GET and POST `/api/v1/experiments`, POST `/api/v1/experiments/test`; GET and DELETE one by its name; runs."""

    def checked(text: str) -> Checked:
        return read(store, text, clock.now())

    def listed(request: Request) -> Response:
        told = [{**experiment_document(one), "origin": one.origin} for one in experiments.all()]
        return JSONResponse(
            {"experiments": told, "halt": halt_document(experiments.halt()), "can_run": experiments.ready}
        )

    async def add(request: Request) -> Response:
        told, by = await body_of(request), by_of(request.scope)
        return await answered(lambda: experiment_document(experiments.save(told, clock.now(), by, checked)), 201)

    async def test(request: Request) -> Response:
        told = await body_of(request)

        def tried() -> dict[str, Any]:
            one = checked_experiment(read_experiment(told, "ui"), checked)
            return {"experiment": experiment_document(one), **to_jsonable(dry_run(store, one, clock.now()))}

        return await answered(tried, 200)

    def one(request: Request) -> Response:
        found = experiments.get(request.path_params["name"])
        runs = [run_document(run) for run in experiments.runs(found.name, most=50)]
        return JSONResponse({"experiment": {**experiment_document(found), "origin": found.origin}, "runs": runs})

    async def delete(request: Request) -> Response:
        await to_thread.run_sync(experiments.delete, request.path_params["name"])
        return Response(status_code=204)

    return [
        Route("/api/v1/experiments", listed, methods=["GET"]),
        Route("/api/v1/experiments", add, methods=["POST"]),
        Route("/api/v1/experiments/test", test, methods=["POST"]),
        Route("/api/v1/experiments/{name}", one, methods=["GET"]),
        Route("/api/v1/experiments/{name}", delete, methods=["DELETE"]),
        *_run_routes(experiments, clock, checked),
        *_halt_routes(experiments, clock),
    ]


def _run_routes(experiments: Experiments, clock: Clock, checked: Callable[[str], Checked]) -> list[Route]:
    def runs(request: Request) -> Response:
        found = experiments.runs(request.query_params.get("experiment") or None)
        return JSONResponse({"runs": [run_document(run) for run in found]})

    def run(request: Request) -> Response:
        return JSONResponse(run_document(experiments.run(number_of(request))))

    def runbook(request: Request) -> Response:
        found = experiments.run(number_of(request))
        if not is_telling(found):
            raise NotFoundError("A run book is drafted from a run that is over and struck something.")
        return PlainTextResponse(drafted_of_run(found), media_type="text/markdown")

    async def begin(request: Request) -> Response:
        told, by, now = await body_of(request), by_of(request.scope), clock.now()
        starts, whole, name = told.get("starts") or "now", told.get("experiment"), told.get("name")
        if not isinstance(starts, str) or not (isinstance(whole, Mapping) or isinstance(name, str)):
            raise UsageError('The body is to be such as {"name": "…"} or {"experiment": {…}}, and "starts": "+5m".')
        at = parse_moment(starts, now)

        def begun() -> dict[str, Any]:
            called = experiments.save(whole, now, by, checked).name if isinstance(whole, Mapping) else str(name)
            return run_document(experiments.begin(called, at, now, by))

        return await answered(begun, 201)

    async def stop(request: Request) -> Response:
        told, by, number = await body_of(request), by_of(request.scope), number_of(request)
        reason = _reason(told)
        return await answered(lambda: run_document(experiments.stop(number, clock.now(), by, reason)), 200)

    return [
        Route("/api/v1/experiment-runs", runs, methods=["GET"]),
        Route("/api/v1/experiment-runs", begin, methods=["POST"]),
        Route("/api/v1/experiment-runs/{id}", run, methods=["GET"]),
        Route("/api/v1/experiment-runs/{id}/runbook", runbook, methods=["GET"]),
        Route("/api/v1/experiment-runs/{id}/stop", stop, methods=["POST"]),
    ]


def _halt_routes(experiments: Experiments, clock: Clock) -> list[Route]:
    def tell(request: Request) -> Response:
        return JSONResponse({"halt": halt_document(experiments.halt())})

    async def halt(request: Request) -> Response:
        told, by = await body_of(request), by_of(request.scope)
        reason, release = _reason(told), told.get("release", False)
        if not isinstance(release, bool):
            raise UsageError('The body is to be such as {"reason": "orders fail"}, or {"release": true}.')
        if release:
            await to_thread.run_sync(experiments.release)
            return JSONResponse({"halt": None})
        halted = await to_thread.run_sync(experiments.stop_all, clock.now(), by, reason)
        return JSONResponse({"halt": halt_document(halted)})

    path = "/api/v1/experiment-halt"
    return [
        Route(path, tell, methods=["GET"]),
        Route(path, halt, methods=["POST"]),
    ]


def _reason(told: Mapping[str, Any]) -> str:
    reason = told.get("reason", "")
    if not isinstance(reason, str):
        raise UsageError('The body is to be such as {"reason": "orders fail"}.')
    return reason


async def answered(work: Callable[[], Any], status: int) -> Response:
    """What a piece of work that waits for the state answers, as JSON."""
    return JSONResponse(await to_thread.run_sync(work), status)
