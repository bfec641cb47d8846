"""`/experiments`: what is broken on purpose; one experiment, one run of it, and `/coverage`: what was ever tried."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mendline.access import by_of
from mendline.alerting.drafting import is_telling
from mendline.chaos.coverage import OF_CALLS, OF_WHOLE, coverage, tried
from mendline.chaos.documents import halt_document, run_document
from mendline.chaos.drafts import draft
from mendline.chaos.dry_run import DryRun, dry_run
from mendline.chaos.experiment_files import Told, as_yaml, read_texts
from mendline.chaos.game_days import GameDays
from mendline.errors import MendlineError, UsageError
from mendline.insight.answers import read
from mendline.insight.dependencies import list_dependencies
from mendline.insight.functions import list_functions
from mendline.model.experiment import Experiment, experiment_document
from mendline.model.experiment_run import OPEN, Run
from mendline.model.game_day import game_day_document
from mendline.model.jsonable import to_jsonable
from mendline.model.timerange import TimeRange, parse_moment
from mendline.web.context import WebContext
from mendline.web.forms import form_fields, see_other
from mendline.web.page import Page, answer_page
from mendline.web.pages.experiment_runs import run_view
from mendline.web.pages.incidents import number_of
from mendline.web.pages.policies import may_change
from mendline.web.zones import told_in, zone_of
from mendline.yaml_entries import as_yaml as yaml_of

_MOST_FORM_BYTES = 64 * 1024
_COVERED = timedelta(days=7)
_ABOUT = ("function", "type", "name", "mode")


def experiments_page(context: WebContext, request: Request) -> Page:
    """The list, and a draft for what somebody came from."""
    asked = {name: request.query_params.get(name, "")[:200] for name in _ABOUT}
    text = yaml_of({"experiments": [draft(asked["function"], asked["type"], asked["name"], asked["mode"])]})
    return _list_page(context, request, text)


def _list_page(context: WebContext, request: Request, text: str, fault: str = "", tried_: DryRun | None = None) -> Page:
    experiments = context.experiments
    last: dict[str, Run] = {}
    runs = experiments.runs()
    for run in reversed(runs):
        last[run.experiment.name] = run
    going = [run for run in runs if run.state in OPEN]
    found = experiments.all()
    data = {
        "experiments": [experiment_document(one) for one in found],
        "runs": [run_document(run) for run in runs[:100]],
        "halt": halt_document(experiments.halt()),
        "can_run": experiments.ready,
        "tried": to_jsonable(tried_),
    }
    view: dict[str, Any] = {
        "found": found,
        "last": last,
        "going": going,
        "halt": experiments.halt(),
        "text": text,
        "fault": fault,
    }
    view |= {"tried": tried_, "may_change": may_change(request)}
    return Page("experiments.html", "experiments", "Experiments", data, view, 400 if fault else 200)


def experiment_page(context: WebContext, request: Request) -> Page:
    """One, what it would strike now, and its runs."""
    one = context.experiments.get(request.path_params["name"])
    runs = context.experiments.runs(one.name, most=50)
    tried_, fault = _tried(context, one)
    data = {
        "experiment": experiment_document(one),
        "runs": [run_document(run) for run in runs],
        "tried": to_jsonable(tried_),
        "can_run": context.experiments.ready,
    }
    view = {"one": one, "runs": runs, "tried": tried_, "fault": fault, "text": as_yaml([one])}
    view |= {"may_change": may_change(request), "is_going": any(run.state in OPEN for run in runs)}
    return Page("experiment.html", "experiments", one.name, data, view)


def run_page(context: WebContext, request: Request) -> Page:
    """One run: what happens, or what came of it."""
    run = context.experiments.run(number_of(request))
    data = {"run": run_document(run)}
    view = {"run": run, "may_change": may_change(request), "has_runbook": is_telling(run), **run_view(context, run)}
    return Page("experiment_run.html", "experiments", f"{run.experiment.name}, run {run.id}", data, view)


def coverage_page(context: WebContext, request: Request) -> Page:
    """Dependencies of the last week by failure modes."""
    now = context.clock.now()
    range_ = TimeRange(now - _COVERED, now)
    names = sorted({it.id.name for it in list_functions(context.store, range_)})
    rows = coverage(list_dependencies(context.store, range_), names, context.experiments.runs())
    known, cells = tried(rows)
    data = {
        "tried": known,
        "of": cells,
        "coverage": [
            {
                "type": row.type,
                "name": row.name,
                "modes": {mode: run and {"run": run.id, **_short(run)} for mode, run in row.runs.items()},
            }
            for row in rows
        ],
    }
    view = {"rows": rows, "modes": (*OF_CALLS, *(mode for mode in OF_WHOLE if mode not in OF_CALLS))}
    return Page("coverage.html", "experiments", "What was tried", data, view)


def _short(run: Run) -> dict[str, Any]:
    return {"verdict": run.score["verdict"], "at": to_jsonable(run.starts)}


def experiment_routes(context: WebContext) -> list[Route]:
    """What keeps, begins, stops and deletes."""

    async def keep(request: Request) -> Response:
        fields = await form_fields(request, _MOST_FORM_BYTES)
        return await to_thread.run_sync(_keep, context, request, fields)

    async def change(request: Request) -> Response:
        fields, name = await form_fields(request, _MOST_FORM_BYTES), request.path_params["name"]
        return see_other(request, await to_thread.run_sync(_change, context, name, fields, by_of(request.scope)))

    async def stop(request: Request) -> Response:
        fields, number, now = await form_fields(request, _MOST_FORM_BYTES), number_of(request), context.clock.now()
        reason = fields.get("reason", "")
        await to_thread.run_sync(context.experiments.stop, number, now, by_of(request.scope), reason)
        return see_other(request, f"/experiments/runs/{number}")

    return [
        Route("/experiments", keep, methods=["POST"]),
        Route("/experiments/runs/{id}", stop, methods=["POST"]),
        Route("/experiments/{name}", change, methods=["POST"]),
    ]


def _keep(context: WebContext, request: Request, fields: Mapping[str, str]) -> Response:
    action, now = fields.get("action", ""), context.clock.now()
    if action == "stop":
        context.experiments.stop_all(now, by_of(request.scope), fields.get("reason", ""))
        return see_other(request, "/experiments")
    if action == "release":
        context.experiments.release()
        return see_other(request, "/experiments")
    text = fields.get("text", "").replace("\r\n", "\n")
    try:
        told = read_texts({"experiment": text})
        if action != "try":
            return see_other(request, keep_told(context, told, by_of(request.scope)))
        if not told.experiments:
            raise UsageError("There is no experiment in it that could be tried.")
        page = _list_page(context, request, text, tried_=dry_run(context.store, told.experiments[0], now))
    except MendlineError as error:
        page = _list_page(context, request, text, error.message)
    with told_in(zone_of(request)):
        return answer_page(context, request, page)


def keep_told(context: WebContext, told: Told, by: str) -> str:
    """Keep experiments and game days that a form tells; answers the path of the first. Raises UsageError."""
    now, days = context.clock.now(), GameDays(context.experiments)
    for one in told.experiments:
        context.experiments.save(experiment_document(one), now, by, lambda query: read(context.store, query, now))
    for day in told.game_days:
        days.save(game_day_document(day), now, by)
    if told.game_days:
        return f"/game-days/{quote(told.game_days[0].name, safe='')}"
    return f"/experiments/{quote(told.experiments[0].name, safe='')}"


def _change(context: WebContext, name: str, fields: Mapping[str, str], by: str) -> str:
    action, now = fields.get("action", ""), context.clock.now()
    if action == "run":
        starts = parse_moment(fields.get("starts", "").strip() or "now", now)
        return f"/experiments/runs/{context.experiments.begin(name, starts, now, by).id}"
    if action == "delete":
        context.experiments.delete(name)
        return "/experiments"
    raise UsageError("An experiment is run or deleted; to change it, keep it whole.")


def _tried(context: WebContext, one: Experiment) -> tuple[DryRun | None, str]:
    try:
        return dry_run(context.store, one, context.clock.now()), ""
    except MendlineError as error:
        return None, error.message
