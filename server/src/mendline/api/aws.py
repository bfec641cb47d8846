"""Where AWS delivers: Firehose (log subscriptions, metric streams) and plain log subscription payloads.

Both paths answer 200 only when all that could be read is durable. What cannot be read is counted and told to the
caller, and costs nothing else. Pages: docs/reference/cloudwatch.md.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mendline.api.bodies import METHODS, error_headers, read_body
from mendline.api.workers import Workers
from mendline.errors import (
    MalformedError,
    MendlineError,
    MethodRefusedError,
    UnauthenticatedError,
    UnexpectedError,
)
from mendline.ingest.admission import Admission, Hold
from mendline.ingest.cloudwatch.convert import Converted, from_firehose, from_subscription
from mendline.ingest.cloudwatch.firehose import ACCESS_KEY, REQUEST_ID, answer
from mendline.ingest.inflate import inflate
from mendline.model.signal import Export

_INFLATION = 4  # memory while a body is read, as a multiple of its size on the wire
_REGION = re.compile(r"[a-z0-9-]{0,40}")
_JSON = "application/json"
log = logging.getLogger(__name__)

GrantT = TypeVar("GrantT")


@dataclass(frozen=True, slots=True)
class AwsDoor(Generic[GrantT]):
    """What the paths need from the rest of the server.

    `check_key` takes Firehose's access key and `authorise` any other request; both answer a grant or raise a
    MendlineError. `accept` makes exports durable for a grant, or raises; it
    asks for the memory that it needs. `converted` and `refused` are told what came
    of each request (to count it, and to set aside what could not be read). `now_ms` is Unix time.
    """

    accept: Callable[[Sequence[Export], GrantT, Hold], Awaitable[None]]
    check_key: Callable[[str], GrantT]
    authorise: Callable[[Request], GrantT]
    converted: Callable[[Converted, GrantT], None]
    refused: Callable[[MendlineError], None]
    admission: Admission
    workers: Workers
    most_request_bytes: int
    most_inflated_bytes: int
    now_ms: Callable[[], int]


def build_routes(door: AwsDoor[Any]) -> list[Route]:
    """The paths under /aws."""

    async def firehose(request: Request) -> Response:
        return await _firehose(request, door)

    async def logs(request: Request) -> Response:
        return await _logs(request, door)

    return [
        Route("/aws/firehose", firehose, methods=METHODS, name="aws_firehose"),
        Route("/aws/logs", logs, methods=METHODS, name="aws_logs"),
    ]


async def _firehose(request: Request, door: AwsDoor[GrantT]) -> Response:
    request_id = request.headers.get(REQUEST_ID, "")[:200]
    try:
        _only_post(request)
        grant = _grant_of_key(request.headers.get(ACCESS_KEY, ""), door)

        def convert(body: bytes) -> Converted:
            return from_firehose(body, request.headers, most_bytes=door.most_inflated_bytes)

        converted = await _take(request, door, convert, grant)
    except Exception as error:
        failure = _told(error, door)
        return Response(
            answer(request_id, door.now_ms(), failure.message), failure.status, error_headers(failure), media_type=_JSON
        )
    return Response(answer(converted.request_id, door.now_ms()), media_type=_JSON)


def _grant_of_key(key: str, door: AwsDoor[GrantT]) -> GrantT:
    """The grant of Firehose's access key; a server that asks for none takes deliveries without."""
    try:
        return door.check_key(key)
    except UnauthenticatedError:
        if key:
            raise
        raise UnauthenticatedError(
            "The delivery has no access key: give the Firehose stream's HTTP endpoint one."
        ) from None


async def _logs(request: Request, door: AwsDoor[GrantT]) -> Response:
    try:
        _only_post(request)
        grant = door.authorise(request)
        region = request.query_params.get("region", "")
        if not _REGION.fullmatch(region):
            raise MalformedError("The query parameter region is not the name of an AWS region.")
        encoding = request.headers.get("content-encoding", "")

        def convert(body: bytes) -> Converted:
            payload = inflate(body, encoding, door.most_inflated_bytes)
            return from_subscription(payload, region=region, most_bytes=door.most_inflated_bytes)

        converted = await _take(request, door, convert, grant)
    except Exception as error:
        failure = _told(error, door)
        body = json.dumps({"code": failure.code, "message": failure.message})
        return Response(body, failure.status, error_headers(failure), _JSON)
    told = {
        "log_records": converted.log_records,
        "undecoded": converted.undecoded,
        "left_out": dict(converted.left_out),
    }
    return Response(json.dumps(told), media_type=_JSON)


async def _take(
    request: Request, door: AwsDoor[GrantT], convert: Callable[[bytes], Converted], grant: GrantT
) -> Converted:
    """Read, convert, make durable. What a request holds in memory is counted against admission all the while."""
    with door.admission.hold(0) as hold:
        body = await read_body(request, door.most_request_bytes, hold)
        with door.admission.hold(min(len(body) * _INFLATION, door.most_inflated_bytes)):
            converted = await door.workers.run(lambda: convert(body))
            if converted.exports:
                await door.accept(converted.exports, grant, hold)
    door.converted(converted, grant)
    return converted


def _told(error: Exception, door: AwsDoor[Any]) -> MendlineError:
    """The error that the sender is told, counted; what we did not expect is our failure and may pass."""
    if not isinstance(error, MendlineError):
        log.error("A delivery from AWS failed unexpectedly", exc_info=error)
        error = UnexpectedError("The server failed on this request; send it again.")
    error.let_go()
    door.refused(error)
    return error


def _only_post(request: Request) -> None:
    if request.method != "POST":
        raise MethodRefusedError("AWS delivers here with POST; nothing is read here.")
