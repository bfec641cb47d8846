"""`/api/v1/incidents`, `/api/v1/alerts` and `/api/v1/silences`: read, and acted on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from mendline.access import by_of
from mendline.alerting.incidents import Incidents, incident_document
from mendline.alerting.retro import retro
from mendline.alerting.times import times_by, times_of
from mendline.api.policies import body_of
from mendline.clock import Clock
from mendline.errors import NotFoundError, UsageError
from mendline.model.jsonable import to_jsonable
from mendline.model.timerange import parse_moment, parse_range

_DEFAULT_START = "-24h"


def build_routes(incidents: Incidents, clock: Clock) -> list[Route]:
    """GET lists over `start` and `end`; GET `/api/v1/incidents/{id}` is all of one, `.md` its retrospective
    and `/runbook` one drafted from it; POST
    there acts: `{"action": "acknowledge", "text": "…"}`; `expect` takes the reason as text, and `days`;
    `tell` sends a status (the text, else one that is made) to an `audience`."""

    def listed(request: Request) -> Response:
        asked = request.query_params
        range_ = parse_range(asked.get("start") or _DEFAULT_START, asked.get("end"), clock.now())
        found = incidents.between(range_.start, range_.end)
        told: dict[str, Any] = {
            "incidents": [incident_document(one) for one in found],
            "mean_seconds_to": times_of(found),
        }
        told["mean_seconds_by"] = times_by(found)
        return JSONResponse(told)

    def one(request: Request) -> Response:
        return JSONResponse(whole(incidents, number_of(request), clock))

    def markdown(request: Request) -> Response:
        incident = incidents.get(number_of(request))
        content = incidents.content(incident, clock.now())
        return PlainTextResponse(retro(incident, content, incidents.timeline(incident.id)), media_type="text/markdown")

    def runbook(request: Request) -> Response:
        return PlainTextResponse(incidents.draft(number_of(request)), media_type="text/markdown")

    async def act(request: Request) -> Response:
        told, by, number = await body_of(request), by_of(request.scope), number_of(request)
        action, text, days = told.get("action", ""), told.get("text", ""), told.get("days", 30)
        if not isinstance(action, str) or not isinstance(text, str) or type(days) is not int:
            raise UsageError('The body is to be such as {"action": "acknowledge", "text": "I look at it"}.')
        if action == "expect":
            await to_thread.run_sync(incidents.expect_again, number, text, days, clock.now(), by)
        elif action == "tell":
            audience = str(told.get("audience", ""))
            await to_thread.run_sync(incidents.tell, number, audience, text, clock.now(), by)
        else:
            await to_thread.run_sync(incidents.act, number, action, text, clock.now(), by)
        return JSONResponse(await to_thread.run_sync(whole, incidents, number, clock))

    def alerts(request: Request) -> Response:
        return JSONResponse({"alerts": to_jsonable(incidents.alerts())})

    return [
        Route("/api/v1/incidents", listed, methods=["GET"]),
        Route("/api/v1/incidents/{id}.md", markdown, methods=["GET"]),
        Route("/api/v1/incidents/{id}/runbook", runbook, methods=["GET"]),
        Route("/api/v1/incidents/{id}", one, methods=["GET"]),
        Route("/api/v1/incidents/{id}", act, methods=["POST"]),
        Route("/api/v1/alerts", alerts, methods=["GET"]),
        *_silence_routes(incidents, clock),
    ]


def _silence_routes(incidents: Incidents, clock: Clock) -> list[Route]:
    def silences(request: Request) -> Response:
        return JSONResponse({"silences": to_jsonable(incidents.silences(clock.now()))})

    async def silence(request: Request) -> Response:
        told, by, now = await body_of(request), by_of(request.scope), clock.now()
        said = {name: value for name, value in told.items() if isinstance(value, str)}
        start, end = parse_moment(said.get("start") or "now", now), said.get("end")
        if not end:
            raise UsageError('A silence has an end, such as {"end": "2026-05-01T12:00Z", "reason": "maintenance"}.')
        number = await to_thread.run_sync(incidents.silence, said, start, parse_moment(end, now), now, by)
        return JSONResponse({"id": number}, 201)

    async def end(request: Request) -> Response:
        await to_thread.run_sync(incidents.end_silence, number_of(request), clock.now())
        return Response(status_code=204)

    return [
        Route("/api/v1/silences", silences, methods=["GET"]),
        Route("/api/v1/silences", silence, methods=["POST"]),
        Route("/api/v1/silences/{id}", end, methods=["DELETE"]),
    ]


def whole(incidents: Incidents, number: int, clock: Clock) -> Mapping[str, Any]:
    """All of one: what messages say, its timeline, and what became of the messages. Raises NotFoundError."""
    incident = incidents.get(number)
    letters = [
        {"receiver": it.receiver, "kind": it.kind, "state": it.state, "tries": it.tries, "error": it.error}
        for it in incidents.letters(number)
    ]
    return {
        **incidents.content(incident, clock.now()),
        "timeline": to_jsonable(incidents.timeline(number)),
        "messages": letters,
    }


def number_of(request: Request) -> int:
    """The id in the path. Raises NotFoundError."""
    text = str(request.path_params["id"])
    if text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    raise NotFoundError(f"'{text[:40]}' is not an id.")
