"""One execution environment: a log stream, and one runtime after another that serves invocations in it."""

import asyncio
import secrets
import time
from datetime import UTC, datetime

from mendline_playground.host import lines
from mendline_playground.host.function import INIT_LIMIT_S, Function
from mendline_playground.host.invocation import Invocation, Outcome, exit_reason, exited, failure, timed_out
from mendline_playground.host.lines import Report
from mendline_playground.host.logs import LogEvent, LogRing, now_ms
from mendline_playground.host.runtime import Runtime
from mendline_playground.host.variables import runtime_command, runtime_variables


class Environment:
    """Runs one invocation at a time, is frozen in between, and writes the platform's lines to its stream."""

    def __init__(
        self,
        function: Function,
        logs: LogRing,
        *,
        init_limit_s: float = INIT_LIMIT_S,
    ) -> None:
        self.function = function
        self.stream = f"{datetime.now(UTC):%Y/%m/%d}/[{function.version}]{secrets.token_hex(16)}"
        self.idle_since = time.monotonic()
        self._logs = logs
        self._init_limit_s = init_limit_s
        self._runtime: Runtime | None = None
        self._starts = 0
        self._current: Invocation | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the runtime, None while there is none."""
        return self._runtime.pid if self._runtime is not None else None

    async def run(self, invocation: Invocation) -> None:
        """Execute one invocation to its REPORT line; the answer is set as soon as there is one."""
        self._current = invocation
        try:
            init_ms = await self._init_phase() if self._starts == 0 else None
            began = time.monotonic()
            invocation.deadline_ms = now_ms() + int(self.function.timeout_s * 1000)
            broken = await self._reinitialise(invocation) if self._runtime is None else None
            self._log(lines.start(invocation.request_id, self.function.version))
            if self._runtime is not None:
                await self._execute(self._runtime, invocation, began, init_ms)
            elif broken is not None:
                self._conclude_broken(invocation, broken, began)
        finally:
            self._current = None
            self.idle_since = time.monotonic()
            invocation.abandon()

    async def close(self) -> None:
        """Kill the runtime, if there is one."""
        if self._runtime is not None:
            await self._runtime.stop()  # may be cancelled and called again
            self._runtime = None

    async def _init_phase(self) -> float | None:
        """Start the first runtime; its milliseconds, or None when it failed and the invocation must retry."""
        self._log(lines.init_start())
        began = time.monotonic()
        broken = await self._start(self._init_limit_s, "init", "")
        return (time.monotonic() - began) * 1000 if broken is None else None

    async def _reinitialise(self, invocation: Invocation) -> Outcome | None:
        """Start a runtime inside the invocation, after a failed init phase or a death; it has no Init Duration."""
        return await self._start(self.function.timeout_s, "invoke", invocation.request_id)

    async def _start(self, limit_s: float, phase: str, request_id: str) -> Outcome | None:
        self._starts += 1
        began = time.monotonic()
        runtime = self._runtime = Runtime(self.function, self._log)
        try:
            await runtime.start(runtime_command(self.function), runtime_variables(self.function, self.stream))
        except OSError as error:
            broken = failure("Runtime.InvalidEntrypoint", f"Couldn't find valid bootstrap(s): {error}")
        else:
            await _ready_or_gone(runtime, limit_s)
            if runtime.waiting:
                runtime.drain()
                return None
            broken = self._init_outcome(runtime, request_id)
        await self.close()
        expired = broken.error_type == "Sandbox.Timedout"
        took_ms = limit_s * 1000 if expired else (time.monotonic() - began) * 1000
        status, kind = ("timeout", None) if expired else ("error", broken.error_type)
        self._log(lines.init_report(took_ms, phase=phase, status=status, error_type=kind))
        return broken

    def _init_outcome(self, runtime: Runtime, request_id: str) -> Outcome:
        if runtime.init_error is not None:
            return runtime.init_error
        if runtime.has_exited:
            return exited(request_id, exit_reason(runtime.exited.result()))
        return timed_out(request_id, self.function.timeout_s)

    def _conclude_broken(self, invocation: Invocation, broken: Outcome, began: float) -> None:
        """The lines of an invocation whose environment could not be initialised."""
        if broken.error_type == "Sandbox.Timedout":
            self._log_timeout(invocation)
            self._report(invocation, self.function.timeout_s * 1000, None, "timeout", None, used_mb=0)
        else:
            duration_ms = (time.monotonic() - began) * 1000
            self._report(invocation, duration_ms, None, "error", broken.error_type, used_mb=0)
        invocation.settle(broken)

    async def _execute(self, runtime: Runtime, invocation: Invocation, began: float, init_ms: float | None) -> None:
        runtime.dispatch(invocation)
        await _ready_or_gone(runtime, self.function.timeout_s - (time.monotonic() - began))
        duration_ms = (time.monotonic() - began) * 1000
        if runtime.has_exited:
            await self._conclude_exit(invocation, runtime, duration_ms, init_ms)
        elif runtime.waiting:
            runtime.freeze()
            runtime.drain()
            invocation.settle(failure("Runtime.Unknown", "The runtime asked for an event without answering."))
            kind = invocation.answer.result().error_type
            status = "error" if kind is not None and kind.startswith(_PLATFORM_ERRORS) else None
            self._report(invocation, duration_ms, init_ms, status, kind, used_mb=runtime.peak_mb)
        else:
            await self._conclude_timeout(invocation, runtime, init_ms)

    async def _conclude_exit(
        self, invocation: Invocation, runtime: Runtime, duration_ms: float, init_ms: float | None
    ) -> None:
        reason = exit_reason(runtime.exited.result())
        await self.close()
        outcome = exited(invocation.request_id, reason)
        if invocation.answer.done() and invocation.answer.result().error_type is not None:
            outcome = invocation.answer.result()
        self._log(lines.exit_error(invocation.request_id, reason))
        self._report(invocation, duration_ms, init_ms, "error", outcome.error_type, used_mb=runtime.peak_mb)
        invocation.settle(outcome)

    async def _conclude_timeout(self, invocation: Invocation, runtime: Runtime, init_ms: float | None) -> None:
        limit_s = self.function.timeout_s
        await self.close()
        self._log_timeout(invocation)
        self._report(invocation, limit_s * 1000, init_ms, "timeout", None, used_mb=runtime.peak_mb)
        invocation.settle(timed_out(invocation.request_id, limit_s))

    def _log_timeout(self, invocation: Invocation) -> None:
        self._log(lines.timeout(invocation.request_id, self.function.timeout_s, datetime.now(UTC)))

    def _report(
        self,
        invocation: Invocation,
        duration_ms: float,
        init_ms: float | None,
        status: str | None,
        error_type: str | None,
        *,
        used_mb: int,
    ) -> None:
        invocation.duration_ms = duration_ms
        self._log(lines.end(invocation.request_id))
        report = Report(
            request_id=invocation.request_id,
            duration_ms=duration_ms,
            memory_mb=self.function.memory_mb,
            used_mb=min(used_mb, self.function.memory_mb),
            init_ms=init_ms,
            status=status,
            error_type=error_type,
        )
        self._log(report.line())

    def _log(self, message: str) -> None:
        self._logs.append(LogEvent(self.function.name, self.stream, now_ms(), message))
        if self._current is not None:
            self._current.note(message)


# A handler's own exception is no failure of the platform: its REPORT line has no status.
_PLATFORM_ERRORS = ("Runtime.", "Function.", "Sandbox.")


async def _ready_or_gone(runtime: Runtime, limit_s: float) -> None:
    """Wait until the runtime asks for an event, has exited, or the limit is over."""
    ready = asyncio.ensure_future(runtime.ready())
    either: set[asyncio.Future[None] | asyncio.Future[int]] = {ready, runtime.exited}
    try:
        await asyncio.wait(either, timeout=max(limit_s, 0.0), return_when=asyncio.FIRST_COMPLETED)
    finally:
        ready.cancel()
