"""`/game-days`: several experiments after a plan; one game day, and one that is or was played, with its report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mendline.access import by_of
from mendline.chaos.documents import halt_document
from mendline.chaos.drafts import game_day_draft
from mendline.chaos.experiment_files import as_yaml, read_texts
from mendline.chaos.game_day_report import game_day_run_document, report_of, step_words, words_of
from mendline.chaos.game_days import GameDays
from mendline.errors import MendlineError, UsageError
from mendline.model.game_day import game_day_document
from mendline.model.game_day_run import ONGOING
from mendline.model.timerange import parse_moment
from mendline.web.context import WebContext
from mendline.web.forms import form_fields, see_other
from mendline.web.page import Page, answer_page, page_routes
from mendline.web.pages.experiments import keep_told
from mendline.web.pages.incidents import number_of
from mendline.web.pages.policies import may_change
from mendline.web.zones import told_in, zone_of
from mendline.yaml_entries import as_yaml as yaml_of

_MOST_FORM_BYTES = 64 * 1024


def game_days_page(context: WebContext, request: Request) -> Page:
    """The list, and a draft."""
    names = [one.name for one in context.experiments.all()]
    return _list_page(context, request, yaml_of({"game_days": [game_day_draft(names)]}))


def _list_page(context: WebContext, request: Request, text: str, fault: str = "") -> Page:
    days = GameDays(context.experiments)
    found, runs = days.all(), days.runs()
    data = {
        "game_days": [game_day_document(one) for one in found],
        "runs": [game_day_run_document(run) for run in runs],
        "can_run": context.experiments.ready,
    }
    last = {run.day.name: run for run in reversed(runs)}
    view: dict[str, Any] = {"found": found, "runs": runs, "last": last, "text": text, "fault": fault}
    view |= {"may_change": may_change(request)}
    return Page("game_days.html", "experiments", "Game days", data, view, 400 if fault else 200)


def game_day_page(context: WebContext, request: Request) -> Page:
    """One: its plan, and when it was played."""
    days = GameDays(context.experiments)
    one = days.get(request.path_params["name"])
    runs = days.runs(one.name)
    data = {
        "game_day": game_day_document(one),
        "runs": [game_day_run_document(run) for run in runs],
        "halt": halt_document(context.experiments.halt()),
        "can_run": context.experiments.ready,
    }
    view: dict[str, Any] = {"one": one, "runs": runs, "text": as_yaml((), [one]), "may_change": may_change(request)}
    view |= {"is_going": any(run.state in ONGOING for run in runs)}
    return Page("game_day.html", "experiments", one.name, data, view)


def game_day_run_page(context: WebContext, request: Request) -> Page:
    """How far it is, and what came of it."""
    days = GameDays(context.experiments)
    run = days.run(number_of(request))
    report = report_of(days, run)
    view: dict[str, Any] = {"run": run, "is_going": run.state in ONGOING, "may_change": may_change(request)}
    view |= {"said": words_of(report["sums"]), "step_words": step_words, "entries": days.entries(run.id)}
    return Page("game_day_run.html", "experiments", f"{run.day.name}, {run.id}", report, view)


def game_day_routes(context: WebContext) -> list[Route]:
    """The pages, and what keeps, begins, moves on, stops and deletes."""
    days = GameDays(context.experiments)

    async def keep(request: Request) -> Response:
        fields = await form_fields(request, _MOST_FORM_BYTES)
        return await to_thread.run_sync(_keep, context, request, fields)

    async def change(request: Request) -> Response:
        fields, name = await form_fields(request, _MOST_FORM_BYTES), request.path_params["name"]
        return see_other(request, await to_thread.run_sync(_change, context, name, fields, by_of(request.scope)))

    async def act(request: Request) -> Response:
        fields, number, now = await form_fields(request, _MOST_FORM_BYTES), number_of(request), context.clock.now()
        said = fields.get("action", ""), fields.get("text", "")
        await to_thread.run_sync(days.act, number, *said, now, by_of(request.scope))
        return see_other(request, f"/game-days/runs/{number}")

    return [
        Route("/game-days", keep, methods=["POST"]),
        Route("/game-days/runs/{id}", act, methods=["POST"]),
        Route("/game-days/{name}", change, methods=["POST"]),
        *page_routes("/game-days", game_days_page, context),
        *page_routes("/game-days/runs/{id}", game_day_run_page, context),
        *page_routes("/game-days/{name}", game_day_page, context),
    ]


def _keep(context: WebContext, request: Request, fields: Mapping[str, str]) -> Response:
    text = fields.get("text", "").replace("\r\n", "\n")
    try:
        return see_other(request, keep_told(context, read_texts({"game day": text}), by_of(request.scope)))
    except MendlineError as error:
        page = _list_page(context, request, text, error.message)
    with told_in(zone_of(request)):
        return answer_page(context, request, page)


def _change(context: WebContext, name: str, fields: Mapping[str, str], by: str) -> str:
    action, now, days = fields.get("action", ""), context.clock.now(), GameDays(context.experiments)
    if action == "begin":
        starts = parse_moment(fields.get("starts", "").strip() or "now", now)
        return f"/game-days/runs/{days.begin(name, starts, now, by).id}"
    if action == "delete":
        days.delete(name)
        return "/game-days"
    raise UsageError("A game day is begun or deleted; to change it, keep it whole.")
