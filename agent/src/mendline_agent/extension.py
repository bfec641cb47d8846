"""Sending after the response: an internal extension, a thread of this process that Lambda waits for.

The caller has its answer when the runtime has posted it; the environment is frozen when the runtime and the extension
both ask for the next event (Extensions API, "Internal extensions"). The thread asks at once unless an invocation is
being followed, so that a function which we do not follow is never held up.
"""

from __future__ import annotations

import os
import time
from threading import Condition, Thread

from .export import flush_budget_s
from .guard import GUARD
from .transport import HttpClient

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .export import HttpExporter
    from .outbox import Outbox

_API = "/2020-01-01/extension"
_NAME = "mendline"
_REGISTER_S = 0.5
_BEGIN_S = 0.1  # an invocation that we follow begins within this time of its event, else we do not follow it
_AFTER_S = 0.001  # lets the runtime post the response first
_LATE_S = 0.3  # nobody waits for it but the clock
_LONGEST_S = 900.0


class ExtensionExporter:
    """The HTTP exporter, used from the extension's thread once the handler has returned."""

    __slots__ = ("_changed", "_ended", "_ends_s", "_exporter", "_late_s", "_running", "outbox")

    def __init__(self, exporter: HttpExporter) -> None:
        self._exporter = exporter
        self.outbox: Outbox = exporter.outbox
        self._changed = Condition()
        self._ended = 0
        self._ends_s: float | None = None
        self._late_s = 0.0
        self._running = False

    def prepare(self) -> None:
        """As the exporter behind it does."""
        self._exporter.prepare()

    def begun(self) -> None:
        """An invocation has begun."""
        self._running = True

    def finished(self, remaining_s: float | None, *, corrects: bool = False, last: bool = False) -> None:
        """It has ended; the thread sends, within its time, which the environment has for all that is in it. The `last`
        one is sent here and now: the process ends, and its threads with it."""
        if last:
            self._exporter.finished(remaining_s, corrects=corrects)
        with self._changed:
            self._ends_s = None if remaining_s is None else time.monotonic() + remaining_s
            self._late_s = _LATE_S if corrects else 0.0
            self._running = False
            self._ended += 1
            self._changed.notify()

    def flush(self, budget_s: float, *, last: bool = False) -> str:
        """Send from the calling thread: the last moments of an invocation do not wait for its end."""
        return self._exporter.flush(budget_s, last=last)

    def ask(self) -> None:
        """As the exporter behind it does."""
        self._exporter.ask()

    def serve(self, api: _ExtensionsApi) -> None:
        """Run in the thread: ask for events until the environment ends."""
        ended = 0
        while True:
            try:
                api.next_event()
            except Exception as error:  # without an answer there is nobody who waits for us
                GUARD.failed("extension", error)
                return
            try:
                ended = self._through(ended)
            except Exception as error:
                GUARD.failed("extension", error)

    def _through(self, ended: int) -> int:
        """Wait for the invocation's end, if it is one that we follow, and send."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._ended != ended, _BEGIN_S) and self._running:
                self._changed.wait_for(lambda: self._ended != ended, _LONGEST_S)
            ended = self._ended
            self._changed.wait(_AFTER_S)
            ends_s, late_s = self._ends_s, self._late_s
        self._exporter.flush(flush_budget_s(ends_s and ends_s - time.monotonic(), late_s))
        return ended


class _ExtensionsApi:
    """Two calls of Lambda's Extensions API."""

    __slots__ = ("_client", "_identifier")

    def __init__(self, address: str) -> None:
        from .settings import Endpoint

        self._client = HttpClient(Endpoint(f"http://{address}"), {})
        self._identifier = b""

    def register(self) -> None:
        """Say that there is an extension, while the environment initialises. Raises OSError or TransportError."""
        head = b"Lambda-Extension-Name: " + _NAME.encode() + b"\r\nContent-Type: application/json\r\n"
        body = b'{"events":["INVOKE"]}'
        deadline_s = time.monotonic() + _REGISTER_S
        status, headers = self._client.post(body, head, deadline_s, line=f"POST {_API}/register HTTP/1.1")
        identifier = headers.get("lambda-extension-identifier", "")
        if status != 200 or not identifier:
            raise OSError(f"the Extensions API answered {status}")
        self._identifier = b"Lambda-Extension-Identifier: " + identifier.encode("latin-1") + b"\r\n"

    def next_event(self) -> None:
        """Wait for the next invocation; the environment may be frozen meanwhile."""
        deadline_s = time.monotonic() + 10 * 365 * 86400
        status, _ = self._client.post(b"", self._identifier, deadline_s, line=f"GET {_API}/event/next HTTP/1.1")
        if status != 200:
            raise OSError(f"the Extensions API answered {status}")


def extended(exporter: HttpExporter) -> HttpExporter | ExtensionExporter:
    """The exporter behind an extension; itself, where none can be registered (not in Lambda, or too late)."""
    address = os.environ.get("AWS_LAMBDA_RUNTIME_API", "")
    if not address:
        return exporter
    api = _ExtensionsApi(address)
    try:
        api.register()
    except Exception as error:
        GUARD.failed("extension", error)
        return exporter
    behind = ExtensionExporter(exporter)
    Thread(target=behind.serve, args=(api,), name="mendline-extension", daemon=True).start()
    return behind
