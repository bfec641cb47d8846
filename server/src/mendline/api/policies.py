"""`/api/v1/policies` and `/api/v1/receivers`: read, tried on the past, kept, switched and deleted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mendline.access import by_of
from mendline.alerting.checked import checked_policy
from mendline.alerting.incidents import Incidents
from mendline.alerting.policies import Policies
from mendline.api.bodies import read_body
from mendline.api.json_bodies import object_of
from mendline.clock import Clock
from mendline.errors import QueryTextError, UsageError
from mendline.insight.answer_documents import error_document
from mendline.insight.answers import read
from mendline.insight.back_test import back_test, caught, in_words
from mendline.insight.standings import with_critical
from mendline.insight.unstruck import unstruck, wants_struck
from mendline.model.incident import Incident
from mendline.model.jsonable import to_jsonable
from mendline.model.policy import Policy, policy_shown, read_policy, receiver_document
from mendline.model.timerange import TimeRange
from mendline.query import Checked
from mendline.store.contract import TelemetryStore

_MOST_BODY_BYTES = 64 * 1024
_MOST_DAYS = 28


def build_routes(store: TelemetryStore, policies: Policies, clock: Clock) -> list[Route]:
    """GET and POST `/api/v1/policies`, POST `/api/v1/policies/test`; DELETE and PATCH `/api/v1/policies/{name}`; the
    same for receivers, whose secrets are references."""

    known = Incidents(policies.state, policies.project)

    def checked(text: str) -> Checked:
        return read(store, text, clock.now())

    def listed(request: Request) -> Response:
        return JSONResponse({"policies": [policy_shown(policy) for policy in policies.all()]})

    async def add(request: Request) -> Response:
        told, by = await body_of(request), by_of(request.scope)
        return await _answer(lambda: policy_shown(policies.save(told, clock.now(), by, checked)), 201)

    async def switch(request: Request) -> Response:
        told, by, name = await body_of(request), by_of(request.scope), request.path_params["name"]
        if list(told) != ["enabled"] or not isinstance(told["enabled"], bool):
            raise UsageError('A policy is switched with {"enabled": true} or false; to change it, post it whole.')
        return await _answer(lambda: policy_shown(policies.enable(name, told["enabled"], clock.now(), by)), 200)

    async def delete(request: Request) -> Response:
        await to_thread.run_sync(policies.delete, request.path_params["name"])
        return Response(status_code=204)

    async def test(request: Request) -> Response:
        return await _answer(partial(_tested, store, known, clock, await body_of(request)), 200)

    return [
        Route("/api/v1/policies", listed, methods=["GET"]),
        Route("/api/v1/policies", add, methods=["POST"]),
        Route("/api/v1/policies/test", test, methods=["POST"]),
        Route("/api/v1/policies/{name}", switch, methods=["PATCH"]),
        Route("/api/v1/policies/{name}", delete, methods=["DELETE"]),
        *_receiver_routes(policies, clock),
    ]


def _receiver_routes(policies: Policies, clock: Clock) -> list[Route]:
    def receivers(request: Request) -> Response:
        return JSONResponse({"receivers": [receiver_document(one) for one in policies.receivers()]})

    async def add_receiver(request: Request) -> Response:
        told, by = await body_of(request), by_of(request.scope)
        return await _answer(lambda: receiver_document(policies.save_receiver(told, clock.now(), by)), 201)

    async def delete_receiver(request: Request) -> Response:
        await to_thread.run_sync(policies.delete_receiver, request.path_params["name"])
        return Response(status_code=204)

    async def test(request: Request) -> Response:
        name, now = request.path_params["name"], clock.now()
        return JSONResponse({"key": await to_thread.run_sync(policies.test_receiver, name, now)}, 202)

    return [
        Route("/api/v1/receivers/{name}/test", test, methods=["POST"]),
        Route("/api/v1/receivers", receivers, methods=["GET"]),
        Route("/api/v1/receivers", add_receiver, methods=["POST"]),
        Route("/api/v1/receivers/{name}", delete_receiver, methods=["DELETE"]),
    ]


def _tested(store: TelemetryStore, known: Incidents, clock: Clock, told: Mapping[str, Any]) -> dict[str, Any]:
    days, said = told.get("days", 7), told.get("policy")
    if not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= _MOST_DAYS:
        raise UsageError(f"days is to be a whole number, 1 to {_MOST_DAYS}.")
    if not isinstance(said, Mapping):
        raise UsageError('policy is to be an object, such as {"name": "Errors", "query": "…"}.')
    with_struck = wants_struck(told.get("experiments", ""))
    return tested(store, read_policy(said, "ui"), known, clock, days, with_struck=with_struck)


def tested(
    store: TelemetryStore, policy: Policy, known: Incidents, clock: Clock, days: int, *, with_struck: bool
) -> dict[str, Any]:
    """What a policy would have said, and which of the known incidents it would have caught; without what experiments
    struck, unless that is asked for, too. Raises QueryTextError, UsageError, and as `answer` does."""
    now = clock.now()
    policy = checked_policy(policy, lambda text: read(store, text, now))
    asked = with_critical(read(store, policy.query, now).plan, policy.critical)
    if not with_struck:
        store = unstruck(store, known.state, known.project, TimeRange(now - timedelta(days=days), now))
    told = back_test(store, asked, now, days, policy.quiet_s)
    with_it, without = caught(told, known.between(now - timedelta(days=days), now), now)
    return {
        "query": policy.query,
        "text": in_words(told),
        "fired": to_jsonable(told.fired),
        "messages": told.messages,
        "messages_per_week": told.messages_per_week,
        "suggested_threshold": told.suggested,
        "step_s": told.step_s,
        "learning": told.learning,
        "caught": [_short(one) for one in with_it],
        "missed": [_short(one) for one in without],
    }


def _short(incident: Incident) -> dict[str, Any]:
    return {"id": incident.id, "title": incident.title}


async def _answer(work: Callable[[], Any], status: int) -> Response:
    try:
        return JSONResponse(await to_thread.run_sync(work), status)
    except QueryTextError as error:
        return JSONResponse(error_document(error), error.status)


async def body_of(request: Request) -> Mapping[str, Any]:
    """The JSON object that a request brings. Raises UsageError."""
    return object_of(await read_body(request, _MOST_BODY_BYTES))
