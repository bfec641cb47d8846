"""`/errors`: what fails, the same errors as one, and what people decided about them; and one of them."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mendline.access import by_of, grant_of
from mendline.alerting.expecting import MOST_DAYS, expected_error
from mendline.errors import MendlineError, UsageError
from mendline.insight.errors import error_samples, find_error, list_errors
from mendline.insight.shared_cases import Shared, shared_by_cases
from mendline.insight.verdicts import Judged, judge_error
from mendline.insight.worries import worries
from mendline.model.error_group import ErrorGroup
from mendline.model.error_mark import OPEN, STATES, state_of
from mendline.model.timerange import TimeRange
from mendline.store.state import Scope
from mendline.web.context import WebContext
from mendline.web.forms import form_fields
from mendline.web.list_query import ROWS, cut, read_list_query
from mendline.web.page import Page
from mendline.web.page_url import page_url
from mendline.web.telemetry_text import clip

_SHOWN = {"": OPEN, "all": STATES, **{state: (state,) for state in STATES}}
_MOST_GROUPS = 1000
_MOST_FORM_BYTES = 16 * 1024


def errors_page(context: WebContext, request: Request) -> Page:
    """Groups, most frequent first; those that are expected or resolved only where they are asked for."""
    now = context.clock.now()
    query = read_list_query(request, now, ("count",), ("service", "state"))
    function, wanted = request.query_params.get("service", ""), request.query_params.get("state", "")
    if wanted not in _SHOWN:
        raise UsageError(f"state is '{wanted[:40]}'; use one of all, {', '.join(STATES)}.")
    found, marks = (
        list_errors(context.store, query.range, function=function, limit=_MOST_GROUPS),
        context.error_marks.all(),
    )
    states = {group.fingerprint: state_of(group, marks.get(group.fingerprint), now) for group in found}
    fitting = tuple(group for group in found if states[group.fingerprint] in _SHOWN[wanted])
    rows, more = cut(fitting[query.offset : query.offset + ROWS + 1])
    data = {
        "range": query.range,
        "errors": rows,
        "more": more,
        "states": {group.fingerprint: states[group.fingerprint] for group in rows},
        "worries": worries(context.store, rows, query.range),
    }
    view = {
        "query": query,
        "function": function,
        "wanted": wanted,
        "choices": tuple(_SHOWN),
        "counts": Counter(states.values()),
        "marks_of": marks,
        "hidden": len(found) - len(fitting),
    }
    return Page("errors.html", "errors", "Errors", data, view)


def error_page(context: WebContext, request: Request) -> Page:
    """One group over the range, what was decided about it, and how worried to be."""
    now = context.clock.now()
    query = read_list_query(request, now, ("time",))
    group = find_error(context.store, request.path_params["fingerprint"], query.range)
    samples = error_samples(context.store, group.fingerprint, query.range, limit=ROWS)
    mark = context.error_marks.all().get(group.fingerprint)
    worried = worries(context.store, [group], query.range)[group.fingerprint]
    shared = shared_by_cases(context.store, group, samples, query.range, now)
    judged, unjudged = _judged(context, group, shared, now, worried.version)
    data = {
        "range": query.range,
        "error": group,
        "samples": samples,
        "state": state_of(group, mark, now),
        "mark": mark,
        "worry": worried,
        "shared": shared,
        "verdict": judged,
    }
    grant = grant_of(request.scope)
    view = {
        "query": query,
        "days": len({sample.time.date() for sample in samples}),
        "different": len({sample.message for sample in samples}) > 1,
        "unjudged": unjudged,
        "may_change": grant is None or grant.scope.allows(Scope.EDIT),
    }
    return Page("error_group.html", "errors", clip(group.type or group.message, 60), data, view)


def _judged(
    context: WebContext, group: ErrorGroup, shared: Shared, now: datetime, version: str
) -> tuple[Judged | None, str]:
    """Whose fault it is; else why that could not be computed: the page stands without it."""
    try:
        return judge_error(context.store, group, shared, now, version), ""
    except MendlineError as error:
        return None, error.message


def mark_route(context: WebContext) -> Route:
    """Takes the form of an error's page: what was decided about it."""

    async def mark(request: Request) -> Response:
        fields = await form_fields(request, _MOST_FORM_BYTES)
        by = by_of(request.scope)
        await to_thread.run_sync(_keep, context, request.path_params["fingerprint"].lower(), fields, by)
        return RedirectResponse(page_url(request).changed(), 303, {"cache-control": "no-store"})

    return Route("/errors/{fingerprint}", mark, methods=["POST"])


def _keep(context: WebContext, fingerprint: str, fields: dict[str, str], by: str) -> None:
    now = context.clock.now()
    ever = TimeRange(now.replace(year=now.year - 10), now)
    group = find_error(context.store, fingerprint, ever)  # of what is not stored nothing is decided
    mark = context.error_marks.set(fingerprint, fields, now, by)
    expected = expected_error(group.type, group.message, group.functions)
    if mark.state == "expected":
        days = (mark.expires - now).days if mark.expires else MOST_DAYS
        context.incidents.expect(expected, mark.reason, min(days, MOST_DAYS), now, by)
    else:
        context.incidents.unexpected(expected.beyond.name, now)
