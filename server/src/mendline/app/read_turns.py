"""Reads take turns: so many work at once, some wait without holding a thread, and more are refused at once.

A read has its turn from when its body has come (few have one) until its answer begins, so that no slow client keeps it.
Where its client goes away before, it is stopped, or does not begin.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mendline.access.rules import Kind, rule_for
from mendline.api.bodies import error_headers, read_body
from mendline.errors import MendlineError, ReadsBusyError
from mendline.store.cancelling import Reading, reading
from mendline.web.waiting import STILL_READING

log = logging.getLogger(__name__)

AT_ONCE, MOST_WAITING, WAIT_SECONDS = 8, 64, 10.0
MOST_BODY_BYTES = 1024 * 1024
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class ReadTurns:
    """ASGI middleware around an app that reads. `answer` says a refusal; `refused` is told of each, and `cancelled` of
    each client that went away before its answer began."""

    def __init__(
        self,
        app: ASGIApp,
        answer: Callable[[Request, MendlineError], Response],
        refused: Callable[[], None],
        cancelled: Callable[[], None] = lambda: None,
        *,
        at_once: int = AT_ONCE,
        most_waiting: int = MOST_WAITING,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._app, self._answer, self._refused, self._cancelled = app, answer, refused, cancelled
        self._turns = asyncio.Semaphore(at_once)
        self._most_waiting, self._wait_seconds = most_waiting, wait_seconds
        self.waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in, after a while if need be, or refuse."""
        if scope["type"] != "http" or rule_for(scope["path"]).kind is Kind.OPEN:
            await self._app(scope, receive, send)
            return
        own = Reading()
        try:
            if scope["method"] not in _SAFE:
                receive = _again(await read_body(Request(scope, receive), MOST_BODY_BYTES), receive)
            async with _watched(receive, own) as receive_watched:
                await self._wait()
                await self._take_turn(scope, receive_watched, send, own)
        except MendlineError as error:
            if isinstance(error, ReadsBusyError):
                self._refused()
            response = self._answer(Request(scope), error)
            response.headers.update(error_headers(error))
            await response(scope, receive, send)
        if own.is_cancelled:
            self._cancelled()

    async def _wait(self) -> None:
        """Have a turn. Raises ReadsBusyError."""
        if self._turns.locked() and self.waiting >= self._most_waiting:
            raise ReadsBusyError("More reads are asked for at once than are answered in time. Ask again in a moment.")
        self.waiting += 1
        try:
            async with asyncio.timeout(self._wait_seconds):
                await self._turns.acquire()
        except TimeoutError:
            raise ReadsBusyError(
                f"All reads at once took longer than {self._wait_seconds:.0f} s. Ask again in a moment."
            ) from None
        finally:
            self.waiting -= 1

    async def _take_turn(self, scope: Scope, receive: Receive, send: Send, own: Reading) -> None:
        has_turn = True

        def end_turn() -> None:
            nonlocal has_turn
            if has_turn:
                has_turn = False
                self._turns.release()

        async def send_and_end(message: Message) -> None:
            # a page that is waited for begins before its read is over (web/waiting.py)
            if message["type"].startswith("http.response.") and not scope.get(STILL_READING):
                own.end()
                end_turn()
            await send(message)

        try:
            own.require()
            with reading(own):
                await self._app(scope, receive, send_and_end)
        finally:
            end_turn()


@asynccontextmanager
async def _watched(receive: Receive, own: Reading) -> AsyncIterator[Receive]:
    """The same messages; `own` is cancelled when the client goes away. Of a body that comes in parts, no more is taken
    than who reads it asks for."""
    messages: asyncio.Queue[Message] = asyncio.Queue(1)

    async def watch() -> None:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                try:
                    await to_thread.run_sync(own.cancel)
                except MendlineError as error:
                    log.warning("a read whose client went away goes on: %s", error.message)
            await messages.put(message)

    watching = asyncio.create_task(watch())
    try:
        yield messages.get
    finally:
        watching.cancel()


def _again(body: bytes, receive: Receive) -> Receive:
    """A body that was read already, for who reads it next, and then whatever comes."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return messages.pop() if messages else await receive()

    return receive_again
