"""Where AWS delivers: Firehose (log subscriptions, metric streams) and plain log subscription payloads.

Both paths answer 200 only when all that could be read is durable. What cannot be read is counted and told to the
caller, and costs nothing else. Pages: docs/reference/cloudwatch.md.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mendline.api.bodies import error_headers, read_body, route_of_any_method
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

_REGION = re.compile(r"[a-z0-9-]{0,40}")
_JSON = "application/json"
log = logging.getLogger(__name__)

GrantT = TypeVar("GrantT")


@dataclass(frozen=True, slots=True)
class AwsDoor(Generic[GrantT]):
    """What the paths need from the rest of the server.

    `check_key` takes Firehose's access key and `authorise` any other request; both answer a grant or raise a
    MendlineError. `require` raises what anything of a grant is refused for just now; `accept` makes all
    exports of a delivery durable, or raises and keeps none; it asks for the memory that it needs, and answers whether
    any of them came for the first time. `sender` is who shares the memory with others. `converted` and `refused` are
    told what came of each request, and `converted` whether for the first time (to count it once, and to set aside what
    could not be read). `now_ms` is Unix time.
    """

    require: Callable[[GrantT], Awaitable[None]]
    accept: Callable[[Sequence[Export], GrantT, Hold], Awaitable[bool]]
    sender: Callable[[GrantT], Hashable]
    check_key: Callable[[str], GrantT]
    authorise: Callable[[Request], GrantT]
    converted: Callable[[Converted, GrantT, bool], None]
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
        route_of_any_method("/aws/firehose", firehose, "aws_firehose"),
        route_of_any_method("/aws/logs", logs, "aws_logs"),
    ]


async def _firehose(request: Request, door: AwsDoor[GrantT]) -> Response:
    request_id = request.headers.get(REQUEST_ID, "")[:200]
    try:
        _only_post(request)
        grant = _grant_of_key(request.headers.get(ACCESS_KEY, ""), door)

        def convert(body: bytes, hold: Hold) -> Converted:
            return from_firehose(body, request.headers, most_bytes=door.most_inflated_bytes, hold=hold)

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

        def convert(body: bytes, hold: Hold) -> Converted:
            payload = inflate(body, encoding, door.most_inflated_bytes, hold)
            return from_subscription(payload, region=region, most_bytes=door.most_inflated_bytes, hold=hold)

        converted = await _take(request, door, convert, grant)
    except Exception as error:
        failure = _told(error, door)
        body = json.dumps({"code": failure.code, "message": failure.message})
        return Response(body, failure.status, error_headers(failure), _JSON)
    told = {
        "log_records": converted.log_records,
        "undecoded": converted.undecoded,
        "odd": dict(converted.odd),
        "left_out": dict(converted.left_out),
    }
    return Response(json.dumps(told), media_type=_JSON)


async def _take(
    request: Request, door: AwsDoor[GrantT], convert: Callable[[bytes, Hold], Converted], grant: GrantT
) -> Converted:
    """Read, convert, make durable. What a request holds in memory is counted against admission all the while."""
    await door.require(grant)
    with door.admission.hold(0, door.sender(grant)) as hold:
        body = await read_body(request, door.most_request_bytes, hold)
        converted = await door.workers.run(lambda: convert(body, hold))
        is_fresh = not converted.exports or await door.accept(converted.exports, grant, hold)
    if converted.lost:
        await door.workers.run(lambda: door.converted(converted, grant, is_fresh))
    else:
        door.converted(converted, grant, is_fresh)
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
