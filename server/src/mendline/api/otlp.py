"""OTLP over HTTP (OTLP specification 1.x, "OTLP/HTTP"): answered 200 only when the data is durable.

Protobuf and JSON, told apart by Content-Type and answered in kind. Retryable answers are 429, 502, 503 and 504, and
nothing else; a body that can never be accepted is 400, 413 or 415.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from mendline.api.agent_config import AgentConfigDoor, config_headers
from mendline.api.bodies import error_headers, read_body, route_of_any_method
from mendline.api.status import partial_success, status_json, status_message
from mendline.api.workers import Workers
from mendline.errors import (
    BadContentTypeError,
    MendlineError,
    MethodRefusedError,
    NoSuchPathError,
    UnexpectedError,
)
from mendline.ingest.admission import Admission
from mendline.ingest.counters import OTHER, Counters
from mendline.ingest.receive import Accepted, Bounds, Receiver
from mendline.model.signal import Signal

PROTOBUF, JSON = "application/x-protobuf", "application/json"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OtlpDoor:
    """What the paths need from the rest of the server. `receiver_of` answers the way in of the request's project, and
    the number of its key (None without one); it raises a MendlineError."""

    receiver_of: Callable[[Request], Awaitable[tuple[Receiver, int | None]]]
    admission: Admission
    bounds: Bounds
    counters: Counters
    agent_config: AgentConfigDoor
    workers: Workers


def build_routes(door: OtlpDoor) -> list[Route]:
    """The OTLP paths."""

    def route(signal: Signal) -> Route:
        async def export(request: Request) -> Response:
            return await _export(request, signal, door)

        return route_of_any_method(f"/v1/{signal}", export, f"otlp_{signal}")

    async def unknown(request: Request) -> Response:
        error = NoSuchPathError(
            f"There is nothing at /v1/{request.path_params['signal'][:60]};"
            " OTLP goes to /v1/traces, /v1/logs and /v1/metrics."
        )
        door.counters.refused.labels(OTHER, error.code).inc()
        return refusal(error, media_type_of(request))

    return [*map(route, Signal), route_of_any_method("/v1/{signal:path}", unknown, "otlp_unknown")]


def stray_app(door: OtlpDoor, pages_at: str | None = None) -> ASGIApp:
    """Answers where nothing is: exporters go there whose address is not quite right, and people who look for pages,
    which are at `pages_at` (None: on this port, and what is no POST does not come here)."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if request.method == "POST":
            error = NoSuchPathError(
                f"OTLP is not taken at {request.url.path[:60]}, but at /v1/traces, /v1/logs and /v1/metrics."
                " OTEL_EXPORTER_OTLP_ENDPOINT is the address without these, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT with."
            )
        elif pages_at:
            error = NoSuchPathError(
                f"There is nothing at {request.url.path[:60]}: this port takes OTLP, which is sent with POST."
                f" Pages are at {pages_at}."
            )
        else:
            raise HTTPException(404)
        door.counters.refused.labels(OTHER, error.code).inc()
        await refusal(error, media_type_of(request))(scope, receive, send)

    return answer


async def _export(request: Request, signal: Signal, door: OtlpDoor) -> Response:
    media_type = media_type_of(request)
    try:
        accepted = await _take(request, signal, door, media_type)
    except Exception as caught:
        if isinstance(caught, MendlineError):
            error = caught
        else:
            log.exception("A request with %s failed unexpectedly", signal)
            error = UnexpectedError("The server failed on this request; send it again.")
        error.let_go()
        door.counters.refused.labels(signal, error.code).inc()
        return refusal(error, media_type)
    checked = accepted.checked
    body = partial_success(signal, checked.rejected, checked.reason, as_json=media_type == JSON)
    return Response(body, headers=await config_headers(request, door.agent_config), media_type=media_type)


async def _take(request: Request, signal: Signal, door: OtlpDoor, media_type: str) -> Accepted:
    """Read, check, make durable. What a request holds in memory is counted against admission all the while."""
    if request.method != "POST":
        raise MethodRefusedError("OTLP is sent with POST; nothing is read here.")
    if media_type not in (PROTOBUF, JSON):
        told = f"Content-Type is '{media_type[:60]}'" if media_type else "The request has no Content-Type"
        raise BadContentTypeError(
            f"{told}; this path reads {PROTOBUF} and {JSON} (set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf)."
        )
    receiver, key_id = await door.receiver_of(request)
    most = door.bounds.request_bytes
    receiver.require(key_id)
    with door.admission.hold(0, key_id) as hold:
        body = await read_body(request, most, hold)
        encoding = request.headers.get("content-encoding", "")

        def accept() -> Accepted:
            return receiver.accept(signal, body, encoding, is_json=media_type == JSON, key_id=key_id, hold=hold)

        accepted = await door.workers.run(accept)
        if accepted.durable is not None:
            await asyncio.wrap_future(accepted.durable)
    return accepted


def media_type_of(request: Request) -> str:
    """The Content-Type without its parameters, in small letters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def refusal(error: MendlineError, media_type: str) -> Response:
    """An error as OTLP says it: a google.rpc.Status in the encoding of the request, Retry-After where it may pass.

    To a request that is neither protobuf nor JSON, `{"code", "message"}`, as everywhere in our API.
    """
    headers = error_headers(error)
    if media_type == PROTOBUF:
        return Response(status_message(error.status, error.message), error.status, headers, PROTOBUF)
    if media_type == JSON:
        return Response(status_json(error), error.status, headers, JSON)
    return Response(json.dumps({"code": error.code, "message": error.message}), error.status, headers, JSON)
