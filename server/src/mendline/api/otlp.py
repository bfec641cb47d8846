"""OTLP over HTTP (OTLP specification 1.x, "OTLP/HTTP"): answered 200 only when the data is durable.

Retryable answers are 429, 502, 503 and 504, and nothing else; a body that can never be accepted is 400, 413 or 415.
"""

from __future__ import annotations

import asyncio
import json
import logging

from anyio import to_thread
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from mendline.api.status import status_message
from mendline.errors import (
    BadContentTypeError,
    BodyTooLargeError,
    IncompleteBodyError,
    IngestError,
    MalformedError,
    MethodRefusedError,
    NoSuchPathError,
    UnexpectedError,
)
from mendline.ingest.check import Checked
from mendline.ingest.receive import Receiver

PROTOBUF = "application/x-protobuf"
BODY_SECONDS = 30.0
_RETRY_AFTER = "2"
log = logging.getLogger(__name__)


def build_routes(receiver: Receiver) -> list[Route]:
    """The OTLP paths."""

    async def traces(request: Request) -> Response:
        return await _export_traces(request, receiver)

    return [
        Route("/v1/traces", traces, methods=["POST"], name="otlp_traces"),
        Route("/v1/traces", _only_post, name="otlp_traces_get"),
        Route("/v1/{signal:path}", _unknown_signal, methods=["GET", "POST"], name="otlp_unknown"),
    ]


async def _export_traces(request: Request, receiver: Receiver) -> Response:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if content_type != PROTOBUF:
            raise BadContentTypeError(
                f"Content-Type is '{content_type[:60]}'; this path reads {PROTOBUF}"
                " (set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf)."
            )
        with receiver.admission.hold(_announced(request, receiver.most_request_bytes)):
            body = await _read(request, receiver.most_request_bytes)
            encoding = request.headers.get("content-encoding", "")
            checked, durable = await to_thread.run_sync(receiver.accept_traces, body, encoding)
            if durable is not None:
                await asyncio.wrap_future(durable)
    except IngestError as error:
        receiver.count_refused(error)
        return refusal(error, content_type)
    except Exception:
        log.exception("A trace request failed unexpectedly")
        unexpected = UnexpectedError("The server failed on this request; send it again.")
        receiver.count_refused(unexpected)
        return refusal(unexpected, content_type)
    receiver.count_accepted(checked)
    return Response(_answer(checked), media_type=PROTOBUF)


def _answer(checked: Checked) -> bytes:
    response = ExportTraceServiceResponse()
    if checked.rejected:
        response.partial_success.rejected_spans = checked.rejected
        response.partial_success.error_message = checked.reason
    return bytes(response.SerializeToString())


def _announced(request: Request, most: int) -> int:
    """The size of the body: as announced, or the most it may be. Raises when it is announced too large."""
    length = request.headers.get("content-length")
    if length is None:
        return most
    if not (length.isascii() and length.isdigit()):
        raise MalformedError("Content-Length is not a number.")
    if len(length) > 18 or int(length) > most:
        raise _too_large(most)
    return int(length)


async def _read(request: Request, most: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > most:
                    raise _too_large(most)
                parts.append(part)
    except (TimeoutError, ClientDisconnect):
        raise IncompleteBodyError(f"The body did not arrive within {BODY_SECONDS:.0f} s.") from None
    return b"".join(parts)


def _too_large(most: int) -> BodyTooLargeError:
    return BodyTooLargeError(
        f"The request is larger than {most:,} bytes (setting max_request_bytes); send smaller batches."
    )


def refusal(error: IngestError, content_type: str) -> Response:
    """An error as OTLP says it: a google.rpc.Status in the encoding of the request, Retry-After where it may pass."""
    headers = {"Retry-After": _RETRY_AFTER} if error.status in (429, 503) else {}
    if content_type == PROTOBUF:
        return Response(status_message(error.status, error.message), error.status, headers, PROTOBUF)
    body = json.dumps({"code": error.code, "message": error.message})
    return Response(body, error.status, headers, "application/json")


async def _only_post(request: Request) -> Response:
    answer = refusal(MethodRefusedError("OTLP is sent with POST; nothing is read here."), "")
    answer.headers["Allow"] = "POST"
    return answer


async def _unknown_signal(request: Request) -> Response:
    signal = request.path_params["signal"]
    known = signal in ("logs", "metrics")
    error = NoSuchPathError(
        f"This version takes traces only, no {signal} yet: set OTEL_{signal.upper()}_EXPORTER=none."
        if known
        else f"There is nothing at /v1/{signal[:60]}; traces go to /v1/traces."
    )
    return refusal(error, request.headers.get("content-type", ""))
