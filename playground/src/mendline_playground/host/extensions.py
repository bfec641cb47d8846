"""The Extensions API: who registers, inside the runtime's process or beside it, and the events that each is told.

"Lambda Extensions API", AWS Lambda Developer Guide. External extensions are known by the names of their files before
they register, and may be told of SHUTDOWN; all others are internal, and may not.
"""

import asyncio
import json
import secrets
import uuid
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

from mendline_playground.host import platform_events
from mendline_playground.host.api_answers import ACCEPTED, refusal
from mendline_playground.host.function import ACCOUNT, Function
from mendline_playground.host.invocation import Invocation
from mendline_playground.host.journal import Journal
from mendline_playground.wire import Request, Response

PREFIX = "/2020-01-01/extension/"
MOST_EXTENSIONS = 10
_IDENTIFIER = "lambda-extension-identifier"
_ERROR_TYPE = "lambda-extension-function-error-type"


@dataclass(slots=True)
class Extension:
    """One extension; `identifier` is empty until it registers, `pending` is its request for the next event."""

    name: str
    external: bool
    identifier: str = ""
    events: tuple[str, ...] = ()
    pending: asyncio.Future[dict[str, Any]] | None = None
    next_event: dict[str, Any] | None = None  # for one that was at work when it was told
    error_type: str | None = None

    @property
    def asks(self) -> bool:
        """Whether it waits for an event."""
        return self.pending is not None and not self.pending.done()

    @property
    def state(self) -> str:
        """The state as the platform names it."""
        if self.error_type is not None:
            return self.error_type
        if not self.identifier:
            return "Started"
        return "Registered" if self.pending is None else "Ready"


class ExtensionsApi:
    """The extensions of one generation of processes."""

    def __init__(self, function: Function, journal: Journal) -> None:
        self._function = function
        self._journal = journal
        self._extensions: list[Extension] = []
        self._changed = asyncio.Event()
        self.first_error: str | None = None
        """`Extension.InitError` or `Extension.ExitError` when one has told of its own failure."""

    def expect(self, name: str) -> None:
        """An external extension of this name is being started."""
        self._extensions.append(Extension(name, external=True))

    @property
    def all(self) -> list[Extension]:
        """All extensions, external ones first."""
        return list(self._extensions)

    @property
    def registered(self) -> bool:
        """Whether every external extension has registered."""
        return all(extension.identifier for extension in self._extensions if extension.external)

    @property
    def ready(self) -> bool:
        """Whether every extension asks for an event: initialised."""
        return all(extension.asks for extension in self._extensions if extension.identifier)

    @property
    def idle(self) -> bool:
        """Whether nobody is still at work on an invocation."""
        return all(extension.asks for extension in self._extensions if "INVOKE" in extension.events)

    def changed(self) -> Awaitable[object]:
        """Await it to see one of them register or ask for an event; what happens from this call on is not missed."""
        self._changed.clear()
        return self._changed.wait()

    def dispatch(self, invocation: Invocation) -> None:
        """Tell those of an invocation that want to know."""
        event = {
            "eventType": "INVOKE",
            "deadlineMs": invocation.deadline_ms,
            "requestId": invocation.request_id,
            "invokedFunctionArn": invocation.invoked_arn,
            "tracing": {"type": "X-Amzn-Trace-Id", "value": invocation.trace_header},
        }
        for extension in self._extensions:
            if "INVOKE" in extension.events:
                _tell(extension, event)

    def shut_down(self, name: str, reason: str, deadline_ms: int) -> bool:
        """Tell the external extension of this name that it ends; False when it does not want to know."""
        for extension in self._extensions:
            if extension.external and extension.name == name and "SHUTDOWN" in extension.events:
                event = {"eventType": "SHUTDOWN", "shutdownReason": reason, "deadlineMs": deadline_ms}
                _tell(extension, event)
                return True
        return False

    def log_states(self) -> None:
        """Write how far each has come, at the end of the initialisation."""
        for extension in self._extensions:
            event = platform_events.extension(extension.name, extension.state, extension.events, extension.error_type)
            self._journal.platform(event)

    def identify(self, request: Request) -> Extension | Response:
        """Whose request this is, or the refusal of it."""
        identifier = request.headers.get(_IDENTIFIER, "")
        if not identifier:
            return refusal(403, "Extension.MissingExtensionIdentifier", "Missing Lambda-Extension-Identifier header")
        try:
            uuid.UUID(identifier)
        except ValueError:
            return refusal(403, "Extension.InvalidExtensionIdentifier", "Invalid Lambda-Extension-Identifier")
        for extension in self._extensions:
            if extension.identifier == identifier:
                return extension
        return refusal(403, "Extension.UnknownExtensionIdentifier", f"Unknown extension {identifier}")

    async def handle(self, request: Request, *, initialising: bool) -> Response:
        """Answer a request below PREFIX."""
        what = request.method, request.path.removeprefix(PREFIX)
        if what == ("POST", "register"):
            return self._register(request, initialising)
        caller = self.identify(request)
        if isinstance(caller, Response):
            return caller
        match what:
            case "GET", "event/next":
                return await self._next(caller)
            case "POST", "init/error":
                return self._failed(caller, request, "Extension.InitError")
            case "POST", "exit/error":
                return self._failed(caller, request, "Extension.ExitError")
        return refusal(404, "NotFound", f"There is nothing at {request.method} {request.path}.")

    def _register(self, request: Request, initialising: bool) -> Response:
        name = request.headers.get("lambda-extension-name")
        if not name:
            return refusal(403, "Extension.InvalidExtensionName", "Empty extension name")
        try:
            events = tuple(json.loads(request.body or b"{}").get("events", ()))
        except (ValueError, AttributeError, TypeError):
            return refusal(403, "InvalidRequestFormat", "The body is no JSON object with a list of events")
        found = self._registrant(name, events, initialising)
        if isinstance(found, Response):
            return found
        found.identifier = str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))
        found.events = events
        self._changed.set()
        about = {
            "functionName": self._function.name,
            "functionVersion": self._function.version,
            "handler": self._function.handler,
        }
        if "accountId" in request.headers.get("lambda-extension-accept-feature", ""):
            about["accountId"] = ACCOUNT
        headers = {"Content-Type": "application/json", "Lambda-Extension-Identifier": found.identifier}
        return Response(200, json.dumps(about).encode(), headers)

    def _registrant(self, name: str, events: tuple[str, ...], initialising: bool) -> Extension | Response:
        """The extension that registers, new if it is an internal one; or why it may not."""
        known = next((extension for extension in self._extensions if extension.name == name), None)
        allowed = {"INVOKE", "SHUTDOWN"} if known is not None and known.external else {"INVOKE"}
        if wrong := sorted({str(event) for event in events} - allowed):
            return refusal(403, "Extension.InvalidEventType", f"{', '.join(wrong)}: not an event for this extension")
        if known is not None and known.identifier:
            return refusal(403, "Extension.InvalidExtensionState", "Extension with this name already registered")
        if known is not None:
            return known
        if not initialising:
            return refusal(403, "Extension.RegistrationClosed", "Extension registration closed already")
        if len(self._extensions) >= MOST_EXTENSIONS:
            return refusal(403, "Extension.TooManyExtensions", f"Extension limit ({MOST_EXTENSIONS}) reached")
        self._extensions.append(Extension(name, external=False))
        return self._extensions[-1]

    async def _next(self, extension: Extension) -> Response:
        if extension.asks:
            return refusal(403, "Extension.InvalidExtensionState", f"{extension.name} asks for an event already")
        extension.pending = asyncio.get_running_loop().create_future()
        self._changed.set()
        if extension.next_event is not None:
            extension.pending.set_result(extension.next_event)
            extension.next_event = None
        event = await extension.pending
        headers = {"Content-Type": "application/json", "Lambda-Extension-Event-Identifier": str(uuid.uuid4())}
        return Response(200, json.dumps(event).encode(), headers)

    def _failed(self, extension: Extension, request: Request, kind: str) -> Response:
        told = request.headers.get(_ERROR_TYPE)
        if not told:
            return refusal(403, "Extension.MissingHeader", "Lambda-Extension-Function-Error-Type not found")
        extension.error_type = told
        self.first_error = self.first_error or kind
        return ACCEPTED


def _tell(extension: Extension, event: dict[str, Any]) -> None:
    if extension.pending is not None and not extension.pending.done():
        extension.pending.set_result(event)
    else:
        extension.next_event = event
