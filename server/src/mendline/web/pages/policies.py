"""`/policies`: what people are told of; `/policies/NAME`: one of them, what it would have said, and the form for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
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
from mendline.model.policy import Policy, policy_shown
from mendline.model.timerange import TimeRange
from mendline.model.told import MOST_NAME
from mendline.query import Checked
from mendline.query.spelling import value_text
from mendline.store.contract import TelemetryStore
from mendline.store.state import Scope
from mendline.web.context import WebContext
from mendline.web.forms import form_fields, see_other
from mendline.web.page import Page
from mendline.web.page_url import page_url

_MOST_FORM_BYTES = 64 * 1024
_DAYS = 7
_NEW = {"name": "", "query": "error | count() by function | over 5m | where count() > 5", "severity": "warning"}
_TEXTS = ("name", "query", "severity", "every", "quiet", "runbook", "owner", "active", "after_deploy")
_LISTS = ("notify", "critical", "tags")
"""Of the form, with commas between."""


def policies_page(context: WebContext, request: Request) -> Page:
    """The list, and the form for a new one; with `q` the form is about that query, and what it would have said."""
    policies = policies_of(context)
    text = request.query_params.get("q", "").strip()
    refused = _refused(context, request)
    tried, fault = _tried(context, Policy("this", text)) if text and not refused else (None, refused)
    form = {**policy_shown(Policy("", "")), **_NEW, **_filled(request)}
    view = {"may_change": may_change(request), "form": form, "tried": tried, "fault": fault, "trying": bool(text)}
    view |= {"receivers": [one.name for one in policies.receivers()], **_compared(context, tried)}
    failing = context.failing()
    data = {
        "policies": [{**policy_shown(policy), "problem": failing.get(policy.name, "")} for policy in policies.all()],
        "tried": tried and _tried_document(tried),
    }
    return Page("policies.html", "incidents", "Policies", data, view, status=400 if refused else 200)


def policy_page(context: WebContext, request: Request) -> Page:
    """One policy, and what it would have said in the last week; with `q`, what it would have with that query."""
    policies = policies_of(context)
    policy = policies.get(request.path_params["name"])
    form = {**policy_shown(policy), **_filled(request), "name": policy.name}
    refused = _refused(context, request, policy.name)
    tried, fault = (None, refused) if refused else _tried(context, replace(policy, query=str(form["query"])))
    view = {"may_change": may_change(request), "form": form, "tried": tried, "fault": fault}
    view |= {"trying": form["query"] != policy_shown(policy)["query"]}
    view |= {"receivers": [one.name for one in policies.receivers()], **_compared(context, tried)}
    data = {
        "policy": {**policy_shown(policy), "problem": context.failing().get(policy.name, "")},
        "tried": tried and _tried_document(tried),
    }
    return Page("policy.html", "incidents", policy.name, data, view, status=400 if refused else 200)


def policy_routes(context: WebContext) -> list[Route]:
    """What keeps, switches and deletes policies."""

    async def keep(request: Request) -> Response:
        fields = await form_fields(request, _MOST_FORM_BYTES)
        if fields.get("action") == "try":
            return RedirectResponse(_to_try(request, "/policies", fields) + "#new", 303)
        try:
            name = await to_thread.run_sync(_keep, context, fields, by_of(request.scope))
        except (UsageError, QueryTextError):  # the form is shown as it was filled in, with what is wrong with it
            place = f"/policies/{quote(fields['name'], safe='')}" if fields.get("of") == "known" else "/policies"
            return RedirectResponse(_to_try(request, place, fields, kept="no") + "#new", 303)
        return see_other(request, f"/policies/{quote(name, safe='')}")

    async def change(request: Request) -> Response:
        fields, name = await form_fields(request, _MOST_FORM_BYTES), request.path_params["name"]
        policies, now, by = policies_of(context), context.clock.now(), by_of(request.scope)
        action = fields.get("action", "")
        if action in ("on", "off"):
            await to_thread.run_sync(policies.enable, name, action == "on", now, by)
            return see_other(
                request, "/policies" if fields.get("next") == "list" else f"/policies/{quote(name, safe='')}"
            )
        if action == "delete":
            await to_thread.run_sync(policies.delete, name)
            return see_other(request, "/policies")
        if action == "try":
            return RedirectResponse(_to_try(request, f"/policies/{quote(name, safe='')}", fields), 303)
        raise UsageError("A policy is switched on or off, or deleted; to change it, keep it whole.")

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


def _refused(context: WebContext, request: Request, name: str = "") -> str:
    """Why what the address fills into the form was not kept; empty where it was not to be, or now would."""
    if request.query_params.get("kept") != "no":
        return ""
    fields = {**request.query_params, "query": request.query_params.get("q", "")} | ({"name": name} if name else {})
    try:
        policies_of(context).check(_told(fields), partial(_read, context))
    except (UsageError, QueryTextError) as error:
        return _in_full(error)
    return ""


def _to_try(request: Request, path: str, fields: Mapping[str, str], **more: str) -> str:
    """Where the form is shown as it was filled in, with what its query would have said."""
    filled = {name: fields[name] for name in (*_TEXTS, *_LISTS) if name != "query" and fields.get(name, "").strip()}
    return page_url(request).to(path, q=fields.get("query", ""), **filled, **more)


def _filled(request: Request) -> dict[str, Any]:
    """What the address fills into the form."""
    asked = request.query_params
    told: dict[str, Any] = {name: asked[name] for name in _TEXTS if asked.get(name)}
    told |= {name: _listed(asked[name]) for name in _LISTS if asked.get(name)}
    text = asked.get("q", "").strip()
    return told | {"query": text} if text else told


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


def _tried(context: WebContext, policy: Policy) -> tuple[BackTest | None, str]:
    try:
        return tried(context.store, policy, context), ""
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
