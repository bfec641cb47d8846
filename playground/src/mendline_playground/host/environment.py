"""One execution environment: a log stream, and one generation of processes after another that serve in it."""

import secrets
import time
from datetime import UTC, datetime

from mendline_playground.host import platform_events
from mendline_playground.host.execution import Broken, Execution, status_of
from mendline_playground.host.function import INIT_LIMIT_S, Function
from mendline_playground.host.invocation import Invocation
from mendline_playground.host.journal import Journal
from mendline_playground.host.logs import LogRing, now_ms
from mendline_playground.host.platform_events import Phase
from mendline_playground.host.sandbox import Deadline, End, Sandbox, ShutdownReason


class Environment:
    """Runs one invocation at a time, is frozen in between, and writes the platform's lines to its stream."""

    def __init__(self, function: Function, logs: LogRing, *, init_limit_s: float = INIT_LIMIT_S) -> None:
        self.function = function
        self.stream = f"{datetime.now(UTC):%Y/%m/%d}/[{function.version}]{secrets.token_hex(16)}"
        self.idle_since = time.monotonic()
        self._journal = Journal(function, self.stream, logs)
        self._init_limit_s = init_limit_s
        self._sandbox: Sandbox | None = None
        self._starts = 0

    @property
    def pid(self) -> int | None:
        """The process id of the runtime, None while there is none."""
        return self._sandbox.pid if self._sandbox is not None else None

    async def run(self, invocation: Invocation) -> None:
        """Execute one invocation to its report; the answer is set as soon as there is one."""
        self._journal.tail = invocation.note
        try:
            init_ms = await self._init_phase() if self._starts == 0 else None
            within = Deadline(self.function.timeout_s)
            invocation.deadline_ms = now_ms() + int(self.function.timeout_s * 1000)
            broken = await self._reinitialise(within)
            self._journal.platform(platform_events.start(invocation))
            execution = Execution(invocation, self._journal, init_ms)
            if self._sandbox is None:
                execution.conclude_broken(broken)
            else:
                await self._execute(self._sandbox, execution, within)
        finally:
            self._journal.tail = None
            self.idle_since = time.monotonic()
            invocation.abandon()

    async def close(self) -> None:
        """Kill everything at once."""
        if self._sandbox is not None:
            await self._sandbox.kill()  # may be cancelled and called again
            self._sandbox = None

    async def shut_down(self, reason: ShutdownReason = "spindown") -> None:
        """End the processes as Lambda does, extensions told and given time."""
        if self._sandbox is not None:
            await self._sandbox.shut_down(reason)
            self._sandbox = None

    async def _init_phase(self) -> float | None:
        """Start the first processes; the milliseconds, or None when it failed and the invocation must retry."""
        began = time.monotonic()
        broken = await self._start(Deadline(self._init_limit_s), self._init_limit_s, "init")
        return (time.monotonic() - began) * 1000 if broken is None else None

    async def _reinitialise(self, within: Deadline) -> Broken | None:
        """Start processes inside the invocation, after a failed init phase or a death; it has no Init Duration."""
        if self._sandbox is not None and self._sandbox.fault.done():
            await self.close()
        if self._sandbox is not None:
            return None
        return await self._start(within, self.function.timeout_s, "invoke")

    async def _start(self, within: Deadline, limit_s: float, phase: Phase) -> Broken | None:
        self._starts += 1
        began = time.monotonic()
        self._journal.open_subscriptions()
        self._journal.platform(platform_events.init_start(self.function, self.stream, phase))
        sandbox = self._sandbox = Sandbox(self.function, self._journal)
        end = await sandbox.initialise(within.left_s)
        if sandbox.pid is not None or end != "ready":
            self._tell_runtime_done(sandbox, phase, end)
        if end == "ready":
            end = await sandbox.extensions_ready(within)
        sandbox.drain()
        sandbox.memory.look()  # so that an invocation that dies at once has a figure too
        sandbox.extensions.log_states()
        broken = None if end == "ready" else Broken(end, sandbox)
        took_ms = limit_s * 1000 if end == "timeout" else (time.monotonic() - began) * 1000
        if broken is not None:
            await self.shut_down("timeout" if end == "timeout" else "failure")
        status, kind = status_of(end), broken.reported_type if broken is not None else None
        self._journal.platform(platform_events.init_report(took_ms, phase, status, kind))
        self._journal.close_subscriptions()
        return broken

    def _tell_runtime_done(self, sandbox: Sandbox, phase: Phase, end: End) -> None:
        kind = Broken(end, sandbox).reported_type if end != "ready" else None
        self._journal.platform(platform_events.init_runtime_done(phase, status_of(end), kind))

    async def _execute(self, sandbox: Sandbox, execution: Execution, within: Deadline) -> None:
        execution.begin(sandbox)
        end = await sandbox.until(lambda: sandbox.runtime.waiting, sandbox.runtime.ready, within)
        execution.tell_runtime_done(sandbox, end)
        if end == "ready":
            end = await sandbox.until(lambda: sandbox.extensions.idle, sandbox.extensions.changed, within)
        if end == "ready":
            sandbox.freeze()
            sandbox.drain()
            execution.conclude(sandbox)
        elif end == "fault":
            fault = sandbox.fault.result()
            await self.shut_down("failure")
            execution.conclude_fault(sandbox, fault)
        else:
            execution.settle_timeout()
            await self.shut_down("timeout")
            execution.conclude_timeout(sandbox)
