"""The local Lambda service: functions by name, Invoke in its three types, retries of asynchronous ones."""

import asyncio
import contextlib
import dataclasses
from collections.abc import Coroutine, Iterable
from types import TracebackType
from typing import Literal, Self

from mendline_playground.host.environment import Environment
from mendline_playground.host.function import INIT_LIMIT_S, Function
from mendline_playground.host.invocation import (
    Invocation,
    Outcome,
    Result,
    failure,
    new_request_id,
    new_trace_header,
)
from mendline_playground.host.logs import LogEvent, LogRing, LogSink
from mendline_playground.host.pool import Pool

InvocationType = Literal["RequestResponse", "Event", "DryRun"]


class UnknownFunctionError(LookupError):
    """The host has no function of this name."""


class Host:
    """Runs functions under the real runtime client; an async context manager.

    `max_environments` caps each function that has no cap of its own; `retry_delays_s` are the waits before
    the second and the third attempt of an asynchronous invocation (AWS: about 60 and 120 seconds).
    """

    def __init__(
        self,
        functions: Iterable[Function] = (),
        *,
        max_environments: int = 3,
        idle_s: float = 300.0,
        retry_delays_s: tuple[float, ...] = (1.0, 2.0),
        init_limit_s: float = INIT_LIMIT_S,
        log_sink: LogSink | None = None,
        log_ring_size: int = 2000,
    ) -> None:
        self._max_environments = max_environments
        self._idle_s = idle_s
        self._retry_delays_s = retry_delays_s
        self._init_limit_s = init_limit_s
        self._logs = LogRing(log_ring_size, log_sink)
        self._pools: dict[str, Pool] = {}
        self._background: set[asyncio.Task[None]] = set()
        self._closed = False
        for function in functions:
            self.deploy(function)

    async def __aenter__(self) -> Self:
        self._spawn(self._expire_idle())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def deploy(self, function: Function) -> None:
        """Add a function; the name must be new."""
        if function.name in self._pools:
            raise ValueError(f"There is a function named {function.name} already: give each its own name.")
        function = dataclasses.replace(function, code_dir=function.code_dir.resolve())
        self._pools[function.name] = Pool(
            function,
            self._logs,
            cap=function.max_environments or self._max_environments,
            init_limit_s=self._init_limit_s,
        )

    @property
    def functions(self) -> list[Function]:
        """All deployed functions."""
        return [pool.function for pool in self._pools.values()]

    def environments(self, name: str) -> list[Environment]:
        """The live environments of a function."""
        return self._pool(name).environments

    def queued(self, name: str) -> int:
        """How many invocations of a function wait for an environment."""
        return self._pool(name).queued

    def logs(self, name: str) -> list[LogEvent]:
        """The newest log events of a function, oldest first."""
        return self._logs.events(self._pool(name).function.name)

    async def invoke(
        self,
        name: str,
        payload: bytes,
        *,
        invocation_type: InvocationType = "RequestResponse",
        client_context: str | None = None,
        trace_header: str | None = None,
        request_id: str | None = None,
        log_tail: bool = False,
    ) -> Result:
        """Invoke a function; raises UnknownFunctionError.

        The result comes when the runtime has answered; with `log_tail` when the REPORT line is written.
        `Event` answers 202 at once and retries failures in the background under one request id.
        `client_context` is JSON text, not base64.
        """
        pool = self._pool(name)
        identity = request_id or new_request_id()
        trace = trace_header or new_trace_header()
        if invocation_type == "DryRun":
            return Result(204, None, b"", identity)
        if invocation_type == "Event":
            self._spawn(self._run_async(pool, payload, identity, trace, client_context))
            return Result(202, None, b"", identity)
        invocation = Invocation(payload, identity, trace, client_context)
        outcome = await self._run_once(pool, invocation)
        if log_tail:
            await invocation.done.wait()
        error = "Unhandled" if outcome.error_type is not None else None
        return Result(200, error, outcome.payload, identity, invocation.log_tail)

    async def _run_once(self, pool: Pool, invocation: Invocation) -> Outcome:
        if self._closed:
            return failure("Sandbox.Failure", "The host was shut down.")
        pool.submit(invocation)
        return await asyncio.shield(invocation.answer)

    async def _run_async(
        self, pool: Pool, payload: bytes, request_id: str, trace: str, client_context: str | None
    ) -> None:
        for delay_s in (0.0, *self._retry_delays_s):
            await asyncio.sleep(delay_s)
            outcome = await self._run_once(pool, Invocation(payload, request_id, trace, client_context))
            if outcome.error_type is None:
                return

    def _pool(self, name: str) -> Pool:
        try:
            return self._pools[name]
        except KeyError:
            known = ", ".join(sorted(self._pools)) or "none"
            raise UnknownFunctionError(f"There is no function named {name}; there are: {known}.") from None

    async def _expire_idle(self) -> None:
        while True:
            await asyncio.sleep(max(self._idle_s / 10, 0.05))
            for pool in self._pools.values():
                await pool.expire(self._idle_s)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def close(self) -> None:
        """Kill every environment, frozen ones too, and drop what is queued."""
        self._closed = True
        for task in list(self._background):
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*self._background, return_exceptions=True)
        await asyncio.gather(*(pool.close() for pool in self._pools.values()))
