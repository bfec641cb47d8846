"""One generation of an environment: its extensions and its runtime as processes, from their start to their end.

Each generation has a server of its own, so nothing that a dead runtime still has in flight can reach its successor.
"""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mendline_playground.host.api_answers import refusal
from mendline_playground.host.extensions import PREFIX as EXTENSIONS_PREFIX
from mendline_playground.host.extensions import ExtensionsApi
from mendline_playground.host.function import Function
from mendline_playground.host.invocation import Invocation, exit_words
from mendline_playground.host.journal import Journal
from mendline_playground.host.logs import FrameSplitter, LineSplitter, PipeReader, Written, now_ms
from mendline_playground.host.memory import MemoryWatch
from mendline_playground.host.runtime_api import PREFIX as RUNTIME_PREFIX
from mendline_playground.host.runtime_api import RuntimeApi
from mendline_playground.host.runtimes import runtime_command
from mendline_playground.host.telemetry import PREFIX as TELEMETRY_PREFIX
from mendline_playground.host.telemetry import TelemetryApi
from mendline_playground.host.variables import extension_files, extension_variables, runtime_variables
from mendline_playground.process import ChildProcess, processes_with
from mendline_playground.wire import HttpServer, Request, Response

End = Literal["ready", "fault", "timeout"]
"""What ends a phase: all ask for the next event, a process has ended that should not, or the time is over."""

ShutdownReason = Literal["spindown", "timeout", "failure"]

_RUNTIME_TERM_S = 0.3
_SHUTDOWN_S, _SHUTDOWN_INTERNAL_S = 2.0, 0.5  # with external extensions; with internal ones alone


@dataclass(frozen=True, slots=True)
class Fault:
    """A process ended that should not: the platform's error type, its words, and the type that the report has."""

    error_type: str
    reason: str
    reported_type: str


class Sandbox:
    """The processes of an environment and the APIs they talk to."""

    def __init__(self, function: Function, journal: Journal) -> None:
        self._function = function
        self._journal = journal
        self._server = HttpServer(self._handle)
        self._readers: list[PipeReader] = []
        self._extensions: dict[str, ChildProcess] = {}
        self._runtime: ChildProcess | None = None
        self._ending = False
        self.memory = MemoryWatch(function.memory_mb, lambda: [process.pid for process in self._alive()])
        self.runtime = RuntimeApi(self._within_memory)
        self.extensions = ExtensionsApi(function, journal)
        self.telemetry = TelemetryApi(journal)
        self.fault: asyncio.Future[Fault] = asyncio.get_running_loop().create_future()
        """Set when a process has ended by itself, and with it the use of all others."""

    @property
    def pid(self) -> int | None:
        """The process id of the runtime, None before it is started."""
        return self._runtime.pid if self._runtime is not None else None

    # --- the start

    async def initialise(self, limit_s: float) -> End:
        """Start the extensions, then the runtime, and wait until all ask for their first event."""
        self.memory.start()
        within = Deadline(limit_s)
        port = await self._server.start()
        for path in extension_files(self._function):
            self.extensions.expect(path.name)
            self._start_extension(path, port)
        end = await self.until(lambda: self.extensions.registered, self.extensions.changed, within)
        if end == "ready":
            self._start_runtime(port)
            end = await self.until(lambda: self.runtime.waiting, self.runtime.ready, within)
        return end

    async def extensions_ready(self, within: "Deadline") -> End:
        """Wait until all extensions ask for their first event."""
        return await self.until(lambda: self.extensions.ready, self.extensions.changed, within)

    def _start_extension(self, path: Path, port: int) -> None:
        output = self._pipe(LineSplitter(), self._journal.from_extension)
        try:
            variables = extension_variables(self._function, self._journal.stream)
            child = self._spawn([str(path)], variables, port, output)
        except OSError as error:
            self._fail(Fault("Extension.LaunchError", str(error), "Extension.LaunchError"))
            return
        finally:
            os.close(output)
        self._extensions[path.name] = child
        child.exited.add_done_callback(self._extension_exited)

    def _start_runtime(self, port: int) -> None:
        output = self._pipe(LineSplitter(), self._journal.from_function)
        framed = self._pipe(FrameSplitter(), self._journal.from_function)
        variables = {**runtime_variables(self._function, self._journal.stream), "_LAMBDA_TELEMETRY_LOG_FD": str(framed)}
        try:
            self._runtime = self._spawn(runtime_command(self._function), variables, port, output, [framed])
        except OSError as error:
            reason = f"Couldn't find valid bootstrap(s): {error}"
            self._fail(Fault("Runtime.InvalidEntrypoint", reason, "Runtime.InvalidEntrypoint"))
            return
        finally:
            os.close(output)
            os.close(framed)
        self._runtime.exited.add_done_callback(self._runtime_exited)

    def _spawn(
        self, command: Sequence[str], variables: Mapping[str, str], port: int, output: int, fds: Sequence[int] = ()
    ) -> ChildProcess:
        env = {**variables, "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}"}
        return ChildProcess(command, env=env, cwd=self._function.code_dir, output=output, pass_fds=fds)

    def _pipe(self, splitter: LineSplitter | FrameSplitter, emit: Callable[[Written], None]) -> int:
        read_end, write_end = os.pipe()
        reader = PipeReader(read_end, splitter, emit)
        self._readers.append(reader)
        loop = asyncio.get_running_loop()

        def readable() -> None:
            reader.read()
            if reader.ended:
                loop.remove_reader(read_end)

        loop.add_reader(read_end, readable)
        return write_end

    # --- at work

    async def until(
        self, condition: Callable[[], bool], changed: Callable[[], Awaitable[object]], within: "Deadline"
    ) -> End:
        """Wait until the condition holds, a process has ended that should not, or the time is over."""
        while not condition():
            if self.fault.done():
                return "fault"
            waiting = asyncio.ensure_future(changed())
            either: set[asyncio.Future[object] | asyncio.Future[Fault]] = {waiting, self.fault}
            try:
                done, _ = await asyncio.wait(either, timeout=within.left_s, return_when=asyncio.FIRST_COMPLETED)
            finally:
                waiting.cancel()
            if not done:
                return "timeout"
        return "fault" if self.fault.done() else "ready"

    def dispatch(self, invocation: Invocation) -> None:
        """Thaw the processes and hand them an event; all must be waiting for one."""
        for process in self._alive():
            process.thaw()
        self.memory.start()
        self.telemetry.resume()
        self.extensions.dispatch(invocation)
        self.runtime.dispatch(invocation)

    def freeze(self) -> None:
        """Stop every process until the next event."""
        self.telemetry.pause()
        for process in self._alive():
            process.freeze()
        self.memory.stop()

    def drain(self) -> None:
        """Log what has been written until now."""
        for reader in self._readers:
            reader.drain()

    def _within_memory(self) -> bool:
        return self.memory.look()

    def _alive(self) -> list[ChildProcess]:
        processes = [*self._extensions.values(), *([self._runtime] if self._runtime is not None else [])]
        return [process for process in processes if not process.exited.done()]

    def _runtime_exited(self, exited: asyncio.Future[int]) -> None:
        words = exit_words(exited.result())
        reason = f"Runtime exited with error: {words}" if words else "Runtime exited without providing a reason"
        out_of_memory = self.pid in self.memory.killed
        reported = "Runtime.OutOfMemory" if out_of_memory else "Runtime.ExitError"
        self._fail(Fault("Runtime.ExitError", reason, reported))

    def _extension_exited(self, exited: asyncio.Future[int]) -> None:
        kind = self.extensions.first_error or "Extension.Crash"
        self._fail(Fault(kind, exit_words(exited.result()) or "exit code 0", kind))

    def _fail(self, fault: Fault) -> None:
        if not self.fault.done() and not self._ending:
            self.fault.set_result(fault)

    # --- the end

    async def shut_down(self, reason: ShutdownReason) -> None:
        """End as Lambda does: extensions are told and given time; without any, everything is killed at once."""
        self._ending = True
        if self.extensions.all:
            limit_s = _SHUTDOWN_S if self._extensions else _SHUTDOWN_INTERNAL_S
            within = Deadline(limit_s)
            self.telemetry.resume()
            for process in self._alive():
                process.thaw()
            if self._runtime is not None:
                self._runtime.terminate()
                await asyncio.wait([self._runtime.exited], timeout=_RUNTIME_TERM_S)
            await self._shut_extensions_down(reason, within)
        await self.kill()

    async def _shut_extensions_down(self, reason: ShutdownReason, within: "Deadline") -> None:
        self.drain()
        await self.telemetry.flush(within.left_s / 2)  # the report of the last invocation is still to come
        deadline_ms = now_ms() + int(within.left_s * 1000)
        told = [
            process
            for name, process in self._extensions.items()
            if not process.exited.done() and self.extensions.shut_down(name, reason, deadline_ms)
        ]
        if told:
            await asyncio.wait([process.exited for process in told], timeout=within.left_s)

    async def kill(self) -> None:
        """Kill everything at once, take the last words, free the port. May be cancelled and called again."""
        self._ending = True
        self.memory.stop()
        self.telemetry.close()
        for process in self._alive():
            await process.kill()
        for pid in processes_with(f"AWS_LAMBDA_RUNTIME_API=127.0.0.1:{self._server.port}") if self._server.port else ():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)  # what has left its session
        loop = asyncio.get_running_loop()
        for reader in self._readers:
            reader.drain()
            loop.remove_reader(reader.fd)
            os.close(reader.fd)
        self._readers.clear()
        await self._server.close()

    # --- the APIs

    async def _handle(self, request: Request) -> Response:
        if request.path.startswith(EXTENSIONS_PREFIX):
            return await self.extensions.handle(request, initialising=self.runtime.initialising)
        if request.path.startswith(TELEMETRY_PREFIX):
            caller = self.extensions.identify(request)
            if isinstance(caller, Response):
                return caller
            return self.telemetry.handle(request, caller.name, initialising=self.runtime.initialising)
        if request.path.startswith(RUNTIME_PREFIX):
            return await self.runtime.handle(request)
        return refusal(404, "NotFound", f"There is nothing at {request.path}.")


class Deadline:
    """A limit of time that begins now."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def left_s(self) -> float:
        """What is left of it, at least 0."""
        return max(self._end - time.monotonic(), 0.0)
