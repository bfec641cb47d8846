"""`/incidents`: what is wrong, and was; `/incidents/ID`: one incident, with its likely cause first; `/silences`."""

from __future__ import annotations

from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mendline.access import by_of
from mendline.alerting.audiences import status_for
from mendline.alerting.incidents import incident_document
from mendline.alerting.picture import cascade_svg
from mendline.alerting.times import times_by, times_of
from mendline.alerting.words import cause_words, span_text
from mendline.chaos.drafts import could_happen_again
from mendline.errors import NotFoundError, UsageError
from mendline.model.jsonable import to_jsonable
from mendline.model.policy import AUDIENCES
from mendline.model.timerange import parse_moment
from mendline.web.context import WebContext
from mendline.web.forms import form_fields, see_other
from mendline.web.list_query import read_list_query
from mendline.web.page import Page
from mendline.web.page_url import page_url
from mendline.web.pages.policies import may_change

_MOST_FORM_BYTES = 32 * 1024


def incidents_page(context: WebContext, request: Request) -> Page:
    """Those of the range, open ones first."""
    now = context.clock.now()
    query = read_list_query(request, now, ("",), without=("sort", "errors", "page"))
    found = sorted(context.incidents.between(query.range.start, query.range.end), key=lambda one: not one.is_open)
    stuck = context.incidents.stuck()
    silences = context.incidents.silences(now)
    data = {
        "incidents": [incident_document(one) for one in found],
        "mean_seconds_to": times_of(found),
        "mean_seconds_by": times_by(found),
        "silences": to_jsonable(silences),
        "undelivered": [
            {"receiver": it.receiver, "incident": it.incident, "kind": it.kind, "state": it.state, "error": it.error}
            for it in stuck
        ],
    }
    view = {"query": query, "found": found, "stuck": stuck, "silenced": silences, "may_change": may_change(request)}
    view |= {"ignored": context.incidents.ignored(now)}
    return Page("incidents.html", "incidents", "Incidents", data, view)


def incident_page(context: WebContext, request: Request) -> Page:
    """One of them."""
    now, number = context.clock.now(), number_of(request)
    incident = context.incidents.get(number)
    content = context.incidents.content(incident, now)
    timeline = context.incidents.timeline(number)
    letters = context.incidents.letters(number)
    view: dict[str, Any] = {"incident": incident, "cause": cause_words(content), "timeline": timeline}
    audiences = [(name, status_for(incident, name, now), context.incidents.readers(name)) for name in AUDIENCES[1:]]
    view |= {"audiences": audiences, "wanted": request.query_params.get("do", "")}
    view |= {"again": page_url(request).to("/experiments", **could_happen_again(incident)) + "#new"}
    view |= {"letters": letters, "may_change": may_change(request), "span_text": span_text}
    return Page("incident.html", "incidents", incident.title, {**content, "timeline": to_jsonable(timeline)}, view)


def incident_routes(context: WebContext) -> list[Route]:
    """What acknowledges, resolves, notes and answers; and silences."""

    async def act(request: Request) -> Response:
        fields, number = await form_fields(request, _MOST_FORM_BYTES), number_of(request)
        action, text, now, by = (
            fields.get("action", ""),
            fields.get("text", ""),
            context.clock.now(),
            by_of(request.scope),
        )
        if action == "expect":
            days = days_of(fields.get("days", ""))
            await to_thread.run_sync(context.incidents.expect_again, number, text, days, now, by)
        elif action == "tell":
            await to_thread.run_sync(context.incidents.tell, number, fields.get("audience", ""), text, now, by)
        else:
            await to_thread.run_sync(context.incidents.act, number, action, text, now, by)
        return see_other(request, f"/incidents/{number}")

    async def silence(request: Request) -> Response:
        fields, now = await form_fields(request, _MOST_FORM_BYTES), context.clock.now()
        start = parse_moment(fields.get("start", "").strip() or "now", now)
        end = parse_moment(fields.get("end", "").strip() or "+2h", now)
        await to_thread.run_sync(context.incidents.silence, fields, start, end, now, by_of(request.scope))
        return see_other(request, "/incidents")

    async def end(request: Request) -> Response:
        await to_thread.run_sync(context.incidents.end_silence, number_of(request), context.clock.now())
        return see_other(request, "/incidents")

    def picture(request: Request) -> Response:
        found = str(context.incidents.get(number_of(request)).diagnosis.get("cascade", ""))
        drawn = cascade_svg(found)
        if not drawn:
            raise NotFoundError("No cascade is known of this incident.")
        return Response(drawn, media_type="image/svg+xml", headers={"cache-control": "no-store"})

    return [
        Route("/incidents/{id}/cascade.svg", picture),
        Route("/incidents/{id}", act, methods=["POST"]),
        Route("/silences", silence, methods=["POST"]),
        Route("/silences/{id}", end, methods=["POST"]),
    ]


def days_of(text: str) -> int:
    """Of a form; 30 where nothing is said. Raises UsageError."""
    text = text.strip() or "30"
    if text.isascii() and text.isdigit() and len(text) < 5:
        return int(text)
    raise UsageError(f"'{text[:40]}' is not a number of days.")


def number_of(request: Request) -> int:
    """The id in the path. Raises NotFoundError."""
    text = str(request.path_params["id"])
    if text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    raise NotFoundError(f"'{text[:40]}' is not an id.")
