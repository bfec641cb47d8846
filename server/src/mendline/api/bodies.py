"""Reading the body of a request that brings telemetry: bounded in size and in time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from mendline.errors import BodyTooLargeError, IncompleteBodyError, MalformedError, MendlineError, RateLimitedError

BODY_SECONDS, LEAST_BYTES_A_SECOND = 30.0, 64 * 1024
_RETRY_AFTER_S = 2


async def read_body(request: Request, most: int, arrived: Callable[[int], None] = lambda size: None) -> bytes:
    """The whole body; `arrived` is told the size of each part, before the next is waited for, and may raise.

    It has BODY_SECONDS, and a second more for each LEAST_BYTES_A_SECOND that came. Raises BodyTooLargeError as soon as
    it is, IncompleteBodyError when it does not come. What is announced is believed only where it is too large: a client
    that says much and sends nothing holds nothing.
    """
    _check_announced(request, most)
    parts: list[bytes] = []
    size = 0
    begun = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(BODY_SECONDS) as limit:
            async for part in request.stream():
                size += len(part)
                limit.reschedule(begun + BODY_SECONDS + size / LEAST_BYTES_A_SECOND)
                if size > most:
                    raise _too_large(most)
                arrived(len(part))
                parts.append(part)
    except (TimeoutError, ClientDisconnect):
        raise IncompleteBodyError(
            f"The body did not arrive in {BODY_SECONDS:.0f} s and a second for each {LEAST_BYTES_A_SECOND:,} bytes."
            " Send it again."
        ) from None
    return b"".join(parts)


def _check_announced(request: Request, most: int) -> None:
    length = request.headers.get("content-length")
    if length is None:
        return
    if not (length.isascii() and length.isdigit()):
        raise MalformedError("Content-Length is not a number.")
    if len(length) > 18 or int(length) > most:
        raise _too_large(most)


def route_of_any_method(path: str, endpoint: Callable[[Request], Awaitable[Response]], name: str) -> Route:
    """A route whose endpoint itself refuses what is no POST, and counts it, also methods that nobody has heard of."""
    route = Route(path, endpoint, name=name)
    route.methods = None
    return route


def error_headers(error: MendlineError) -> dict[str, str]:
    """The headers that go with a refusal: when to come again, or which method is right."""
    if isinstance(error, RateLimitedError):
        return {"Retry-After": str(error.retry_after_s)}
    if isinstance(error, IncompleteBodyError):  # the rest of the body is not waited for
        return {"Retry-After": str(_RETRY_AFTER_S), "Connection": "close"}
    if error.status in (429, 503):
        return {"Retry-After": str(_RETRY_AFTER_S)}
    return {"Allow": "POST"} if error.status == 405 else {}


def _too_large(most: int) -> BodyTooLargeError:
    return BodyTooLargeError(
        f"The request is larger than {most:,} bytes (setting max_request_bytes); send smaller batches."
    )
