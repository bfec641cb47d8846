"""Internal extensions of a runtime process: those that register, and ask for events beside it.

Protocol: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html; only INVOKE events, as AWS gives
to extensions inside the runtime's own process.
"""

import asyncio
import json
import secrets
import uuid

from mendline_playground.host.function import Function
from mendline_playground.host.invocation import Invocation
from mendline_playground.wire import Request, Response

PREFIX = "/2020-01-01/extension/"
_IDENTIFIER = "lambda-extension-identifier"


class Extensions:
    """The extensions of one process; `idle` says that each of them asks for its next event."""

    def __init__(self, function: Function) -> None:
        self._about = {"functionName": function.name, "functionVersion": function.version, "handler": function.handler}
        self._events: dict[str, asyncio.Future[Invocation] | None] = {}
        self._changed = asyncio.Event()

    @property
    def idle(self) -> bool:
        """Whether nobody is still at work."""
        return all(event is not None and not event.done() for event in self._events.values())

    async def until_idle(self) -> None:
        """Wait for that."""
        while not self.idle:
            self._changed.clear()
            await self._changed.wait()

    def dispatch(self, invocation: Invocation) -> None:
        """Tell each of them of an invocation."""
        for event in self._events.values():
            if event is not None and not event.done():
                event.set_result(invocation)

    async def handle(self, request: Request, *, initialising: bool) -> Response:
        """Answer a request below PREFIX."""
        match request.method, request.path.removeprefix(PREFIX):
            case "POST", "register":
                return self._register(request, initialising)
            case "GET", "event/next":
                return await self._next(request.headers.get(_IDENTIFIER, ""))
        return _refusal(404, "NotFound", f"There is nothing at {request.method} {request.path}.")

    def _register(self, request: Request, initialising: bool) -> Response:
        if not request.headers.get("lambda-extension-name"):
            return _refusal(403, "Extension.MissingName", "The header Lambda-Extension-Name is missing.")
        if not initialising:
            return _refusal(403, "Extension.InitPhaseOver", "Extensions register while the environment initialises.")
        events = json.loads(request.body or b"{}").get("events", [])
        if not set(events) <= {"INVOKE"}:
            return _refusal(403, "ShutdownEventNotSupportedForInternalExtension", "Only INVOKE is told to it.")
        identifier = str(uuid.UUID(bytes=secrets.token_bytes(16)))
        self._events[identifier] = None
        body = json.dumps(self._about).encode()
        return Response(200, body, {"Content-Type": "application/json", "Lambda-Extension-Identifier": identifier})

    async def _next(self, identifier: str) -> Response:
        if identifier not in self._events:
            return _refusal(403, "Extension.UnknownExtensionIdentifier", "This extension has not registered.")
        event = self._events[identifier] = asyncio.get_running_loop().create_future()
        self._changed.set()
        invocation = await event
        told = {
            "eventType": "INVOKE",
            "deadlineMs": invocation.deadline_ms,
            "requestId": invocation.request_id,
            "invokedFunctionArn": invocation.invoked_arn,
            "tracing": {"type": "X-Amzn-Trace-Id", "value": invocation.trace_header},
        }
        return Response(200, json.dumps(told).encode(), {"Content-Type": "application/json"})


def _refusal(status: int, kind: str, text: str) -> Response:
    body = json.dumps({"errorMessage": text, "errorType": kind}).encode()
    return Response(status, body, {"Content-Type": "application/json"})
