"""The Runtime API of one runtime process: what it asks for, and what it answers.

Protocol: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import asyncio
import base64
import binascii
import json
import time
from collections.abc import Callable

from mendline_playground.host.api_answers import ACCEPTED, refusal
from mendline_playground.host.function import RESPONSE_LIMIT_BYTES
from mendline_playground.host.invocation import Invocation, Outcome, failure
from mendline_playground.wire import Request, Response

PREFIX = "/2018-06-01/runtime/"
_ERROR_TYPE, _ERROR_BODY = "lambda-runtime-function-error-type", "lambda-runtime-function-error-body"


class RuntimeApi:
    """Hands events to one process and takes its answers.

    `may_answer` is asked before an answer counts: a process over its memory limit is as good as killed.
    """

    def __init__(self, may_answer: Callable[[], bool]) -> None:
        self._may_answer = may_answer
        self._waiting = asyncio.Event()  # set while the process asks for its next event
        self._event: asyncio.Future[Invocation] | None = None
        self._current: Invocation | None = None
        self.init_error: Outcome | None = None
        self.answered_at: float | None = None
        """When the answer to the last event came (monotonic seconds)."""
        self.produced_bytes = 0
        """How long that was."""

    @property
    def initialising(self) -> bool:
        """Whether it has not asked for an event yet."""
        return self._event is None

    @property
    def waiting(self) -> bool:
        """Whether it asks for an event at this moment."""
        return self._waiting.is_set()

    async def ready(self) -> None:
        """Wait until it asks for an event: initialised, or done with the last one."""
        await self._waiting.wait()

    def dispatch(self, invocation: Invocation) -> None:
        """Hand it an event; it must be waiting for one."""
        if self._event is None or not self._waiting.is_set():
            raise RuntimeError("The runtime does not ask for an event, so it cannot be given one.")
        self._waiting.clear()
        self._current, self.answered_at, self.produced_bytes = invocation, None, 0
        self._event.set_result(invocation)

    async def handle(self, request: Request) -> Response:
        """Answer a request below PREFIX."""
        match request.method, request.path.removeprefix(PREFIX).split("/"):
            case "GET", ["invocation", "next"]:
                return await self._next()
            case "POST", ["invocation", request_id, "response"]:
                return self._response(request_id, request)
            case "POST", ["invocation", request_id, "error"]:
                return self._error(request_id, request.body)
            case "POST", ["init", "error"]:
                self.init_error = _error_outcome(request.body)
                return ACCEPTED
        return refusal(404, "NotFound", f"There is nothing at {request.method} {request.path}.")

    async def _next(self) -> Response:
        self._current = None
        self._event = asyncio.get_running_loop().create_future()
        self._waiting.set()
        invocation = await self._event
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.invoked_arn,
            "Lambda-Runtime-Trace-Id": invocation.trace_header,
        }
        if invocation.client_context is not None:
            headers["Lambda-Runtime-Client-Context"] = invocation.client_context
        return Response(200, invocation.payload, headers)

    def _response(self, request_id: str, request: Request) -> Response:
        invocation = self._answerable(request_id)
        if invocation is None:
            return refusal(400, "InvalidRequestID", "Invalid request ID")
        if len(request.body) > RESPONSE_LIMIT_BYTES:
            text = f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT_BYTES} bytes)."
            self._settle(invocation, failure("Function.ResponseSizeTooLarge", text))
            return refusal(413, "RequestEntityTooLarge", text)
        self._settle(invocation, _streamed_error(request) or Outcome(request.body))
        return ACCEPTED

    def _error(self, request_id: str, body: bytes) -> Response:
        invocation = self._answerable(request_id)
        if invocation is None:
            return refusal(400, "InvalidRequestID", "Invalid request ID")
        self._settle(invocation, _error_outcome(body))
        return ACCEPTED

    def _settle(self, invocation: Invocation, outcome: Outcome) -> None:
        if self._may_answer():
            self.answered_at, self.produced_bytes = time.monotonic(), len(outcome.payload)
            invocation.settle(outcome)

    def _answerable(self, request_id: str) -> Invocation | None:
        current = self._current
        if current is None or current.request_id != request_id or current.answer.done():
            return None
        return current


def _error_outcome(body: bytes) -> Outcome:
    # No runtime client sends the error type header here, so the body tells the type.
    try:
        kind = json.loads(body).get("errorType")
    except (ValueError, AttributeError):
        kind = None
    return Outcome(body, str(kind) if kind else "Runtime.Unknown")


def _streamed_error(request: Request) -> Outcome | None:
    """The error that ended a streamed response half-way, told in the trailers."""
    kind = request.headers.get(_ERROR_TYPE)
    if kind is None:
        return None
    try:
        return Outcome(base64.b64decode(request.headers.get(_ERROR_BODY, "")) or request.body, kind)
    except binascii.Error:
        return Outcome(request.body, kind)
