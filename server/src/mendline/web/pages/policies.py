"""`/policies`: what people are told of; `/policies/NAME`: one of them, what it would have said, and the form for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mendline.access import by_of, grant_of
from mendline.alerting.policies import Policies
from mendline.errors import MendlineError, QueryTextError, UsageError
from mendline.insight.answers import read
from mendline.insight.back_test import BackTest, back_test, caught, in_words
from mendline.insight.standings import with_critical
from mendline.insight.unstruck import unstruck
from mendline.model.incident import Incident
from mendline.model.jsonable import to_jsonable
from mendline.model.policy import Policy, policy_document, policy_shown, read_policy
from mendline.model.timerange import TimeRange
from mendline.model.told import MOST_NAME
from mendline.query import Checked
from mendline.query.spelling import value_text
from mendline.store.contract import TelemetryStore
from mendline.store.state import Scope
from mendline.web.context import WebContext
from mendline.web.forms import form_fields, see_other
from mendline.web.page import Page, answer_page
from mendline.web.zones import told_in, zone_of

_MOST_FORM_BYTES = 64 * 1024
_DAYS = 7
_NEW = {"name": "", "query": "error | count() by function | over 5m | where count() > 5", "severity": "warning"}
_TEXTS = ("name", "query", "severity", "every", "quiet", "runbook", "owner", "active", "after_deploy")
_LISTS = ("notify", "critical", "tags")
"""Of the form, with commas between."""


def policies_page(context: WebContext, request: Request) -> Page:
    """The list, and the form for a new one; with `q` the form is about that query, and what it would have said."""
    text = request.query_params.get("q", "").strip()
    return _list_page(context, request, {"query": text} if text else {}, trying=bool(text))


def policy_page(context: WebContext, request: Request) -> Page:
    """One policy, and what it would have said in the last week."""
    return _own_page(context, request, {})


def _list_page(
    context: WebContext, request: Request, told: Mapping[str, Any], *, trying: bool = False, refused: str = ""
) -> Page:
    """The list with the form as `told` fills it in, and what that would have said, or why it was refused."""
    policies = policies_of(context)
    tried, fault = _tried(context, {"name": "this", **told}) if trying else (None, refused)
    form = {**policy_shown(Policy("", "")), **_NEW, **told}
    view = {"may_change": may_change(request), "form": form, "tried": tried, "fault": fault}
    view |= {"receivers": [one.name for one in policies.receivers()], **_compared(context, tried)}
    failing = context.failing()
    data = {
        "policies": [{**policy_shown(policy), "problem": failing.get(policy.name, "")} for policy in policies.all()],
        "tried": tried and _tried_document(tried),
    }
    return Page("policies.html", "incidents", "Policies", data, view, status=400 if refused else 200)


def _own_page(
    context: WebContext, request: Request, told: Mapping[str, Any], *, trying: bool = True, refused: str = ""
) -> Page:
    """One policy, the form as `told` fills it in, and what that would have said, or why it was refused."""
    policies = policies_of(context)
    policy = policies.get(request.path_params["name"])
    tried, fault = _tried(context, {**policy_document(policy), **told}) if trying else (None, refused)
    form = {**policy_shown(policy), **told}
    view = {"may_change": may_change(request), "form": form, "tried": tried, "fault": fault}
    view |= {"trying": form["query"] != policy.query}
    view |= {"receivers": [one.name for one in policies.receivers()], **_compared(context, tried)}
    data = {
        "policy": {**policy_shown(policy), "problem": context.failing().get(policy.name, "")},
        "tried": tried and _tried_document(tried),
    }
    return Page("policy.html", "incidents", policy.name, data, view, status=400 if refused else 200)


def policy_routes(context: WebContext) -> list[Route]:
    """What keeps, switches and deletes policies."""

    async def keep(request: Request) -> Response:
        return await to_thread.run_sync(_kept, context, request, await form_fields(request, _MOST_FORM_BYTES))

    async def change(request: Request) -> Response:
        fields, name = await form_fields(request, _MOST_FORM_BYTES), request.path_params["name"]
        policies, now, by = policies_of(context), context.clock.now(), by_of(request.scope)
        action, own = fields.get("action", ""), f"/policies/{quote(name, safe='')}"
        if action in ("on", "off"):
            await to_thread.run_sync(policies.enable, name, action == "on", now, by)
            return see_other(request, "/policies" if fields.get("next") == "list" else own)
        if action == "delete":
            await to_thread.run_sync(policies.delete, name)
            return see_other(request, "/policies")
        if action in ("keep", "try"):
            return await to_thread.run_sync(_kept, context, request, fields | {"name": name})
        raise UsageError("A policy is kept, tried, switched on or off, or deleted.")

    async def learn(request: Request) -> Response:
        fields = await form_fields(request, _MOST_FORM_BYTES)
        told = learned(fields.get("function", ""))
        now, by = context.clock.now(), by_of(request.scope)
        keep_ = partial(policies_of(context).save, told, now, by, partial(_read, context))
        policy = await to_thread.run_sync(keep_)
        return see_other(request, f"/policies/{quote(policy.name, safe='')}")

    return [
        Route("/policies", keep, methods=["POST"]),
        Route("/policies/learned", learn, methods=["POST"]),
        Route("/policies/{name}", change, methods=["POST"]),
    ]


def _kept(context: WebContext, request: Request, fields: dict[str, str]) -> Response:
    """Leads to the policy that was kept; else the page with the form as it was filled in, and what that would have said
    or what is wrong with it."""
    trying, refused = fields.get("action") == "try", ""
    if not trying:
        try:
            return see_other(request, f"/policies/{quote(_keep(context, fields, by_of(request.scope)), safe='')}")
        except (UsageError, QueryTextError) as error:
            refused = _in_full(error)
    shown = _own_page if "name" in request.path_params else _list_page
    page = shown(context, request, _told(fields), trying=trying, refused=refused)
    with told_in(zone_of(request)):
        return answer_page(context, request, page)


def learned(function: str) -> dict[str, Any]:
    """A policy that tells when a function leaves its usual: it fails or takes longer, beyond what was learned of it at
    this hour and weekday, in three of five evaluations."""
    if not function.strip():
        raise UsageError("Which function is to be watched?")
    query = (
        f"function:{value_text(function)} | p95(duration), ratio(error), count() by function | over 10m"
        " | where count() > 9 and (p95(duration) > 1.5x usual or ratio(error) > 2x usual) for 3 of 5"
    )
    name = f"Leaves its usual: {' '.join(function.split()).replace('/', ' ')}"[:MOST_NAME]
    return {"name": name, "query": query, "severity": "warning", "every": "1m"}


def policies_of(context: WebContext) -> Policies:
    """Those of the project whose pages these are."""
    return Policies(context.boards.state, context.boards.project)


def may_change(request: Request) -> bool:
    """Whether who asks may decide what people are told of."""
    grant = grant_of(request.scope)
    return grant is None or grant.scope.allows(Scope.EDIT)


def _told(fields: Mapping[str, str]) -> dict[str, Any]:
    """What the form says, as a policy is told."""
    told: dict[str, Any] = {name: fields[name].replace("\r\n", "\n") for name in _TEXTS if fields.get(name, "").strip()}
    return told | {name: _listed(fields[name]) for name in _LISTS if name in fields}


def _read(context: WebContext, text: str) -> Checked:
    return read(context.store, text, context.clock.now())


def _keep(context: WebContext, fields: dict[str, str], by: str) -> str:
    told = _told(fields)
    now = context.clock.now()
    policies = policies_of(context)
    before = next((one for one in policies.all() if one.name == told.get("name")), None)
    if before is not None:  # what the form has not
        told |= {"enabled": before.enabled}
        told |= {name: list(getattr(before, name)) for name in _LISTS if name not in fields}
    return policies.save(told, now, by, partial(_read, context)).name


def _listed(text: str) -> list[str]:
    return [it.strip() for it in text.split(",") if it.strip()]


def _tried(context: WebContext, told: Mapping[str, Any]) -> tuple[BackTest | None, str]:
    try:
        return tried(context.store, read_policy(told, "ui"), context), ""
    except MendlineError as error:
        return None, _in_full(error)


def _in_full(error: MendlineError) -> str:
    """What is wrong, and the query that was meant where that is known."""
    more = f" Try: {error.corrected}" if isinstance(error, QueryTextError) and error.corrected else ""
    return f"{error.message}{more}"


def tried(store: TelemetryStore, policy: Policy, context: WebContext) -> BackTest:
    """What a policy would have said in the last week. Raises as `answer` does."""
    now = context.clock.now()
    asked = read(store, policy.query, now).plan
    if asked.condition is None:
        raise UsageError("A policy needs a condition: end it with, for example, | where count() > 5")
    looked_at = TimeRange(now - timedelta(days=_DAYS), now)
    left = unstruck(store, context.incidents.state, context.incidents.project, looked_at)
    return back_test(left, with_critical(asked, policy.critical), now, _DAYS, policy.quiet_s)


def _tried_document(told: BackTest) -> dict[str, Any]:
    return {"text": in_words(told), "messages_per_week": told.messages_per_week, "fired": to_jsonable(told.fired)}


def _compared(context: WebContext, told: BackTest | None) -> dict[str, list[Incident]]:
    """The incidents of these days that it would have caught, and missed."""
    if told is None or told.learning:
        return {"caught": [], "missed": []}
    now = context.clock.now()
    found = context.incidents.between(now - timedelta(days=told.days), now)
    return dict(zip(("caught", "missed"), caught(told, found, now), strict=True))
