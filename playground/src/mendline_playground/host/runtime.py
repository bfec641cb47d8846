"""One runtime process and the Runtime API that it talks to, from spawn to exit.

Each process has a server of its own, so nothing that a dead runtime still has in flight can reach its successor.
Protocol: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import asyncio
import json
import os
from collections.abc import Callable, Mapping, Sequence

from mendline_playground.host.extensions import PREFIX as EXTENSIONS_PREFIX
from mendline_playground.host.extensions import Extensions
from mendline_playground.host.function import RESPONSE_LIMIT_BYTES, Function
from mendline_playground.host.invocation import Invocation, Outcome, failure
from mendline_playground.host.logs import FrameSplitter, LineSplitter, PipeReader
from mendline_playground.process import ChildProcess, peak_memory_mb
from mendline_playground.wire import HttpServer, Request, Response

_PREFIX = "/2018-06-01/runtime/"
_ACCEPTED = Response(202, b'{"status":"OK"}', {"Content-Type": "application/json"})


class Runtime:
    """One generation of an environment: a process, its pipes and its Runtime API."""

    def __init__(self, function: Function, emit: Callable[[str], None]) -> None:
        self._function = function
        self._emit = emit
        self._server = HttpServer(self._handle)
        self._waiting = asyncio.Event()  # set while the process asks for its next event
        self._event: asyncio.Future[Invocation] | None = None
        self._current: Invocation | None = None
        self._extensions = Extensions(function)
        self._readers: list[PipeReader] = []
        self._process: ChildProcess | None = None
        self.init_error: Outcome | None = None
        self.peak_mb = 0

    async def start(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        """Spawn the process; raises OSError when there is nothing to run."""
        port = await self._server.start()
        output, framed = self._pipe(LineSplitter()), self._pipe(FrameSplitter())
        full = {
            **env,
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
            "_LAMBDA_TELEMETRY_LOG_FD": str(framed),
        }
        try:
            self._process = ChildProcess(
                command, env=full, cwd=self._function.code_dir, output=output, pass_fds=[framed]
            )
        finally:
            os.close(output)
            os.close(framed)

    def _pipe(self, splitter: LineSplitter | FrameSplitter) -> int:
        read_end, write_end = os.pipe()
        reader = PipeReader(read_end, splitter, self._emit)
        self._readers.append(reader)
        loop = asyncio.get_running_loop()

        def readable() -> None:
            reader.read()
            if reader.ended:
                loop.remove_reader(read_end)

        loop.add_reader(read_end, readable)
        return write_end

    @property
    def exited(self) -> asyncio.Future[int]:
        """Set to the exit code when the process is gone."""
        return self._started().exited

    @property
    def has_exited(self) -> bool:
        """Whether the process was started and is gone."""
        return self._process is not None and self._process.exited.done()

    @property
    def waiting(self) -> bool:
        """Whether the process asks for an event at this moment, and so do the extensions in it."""
        return self._waiting.is_set() and self._extensions.idle and not self.has_exited

    @property
    def pid(self) -> int | None:
        """The process id of the group's leader, None before it is started."""
        return self._process.pid if self._process is not None else None

    async def ready(self) -> None:
        """Wait until the process and its extensions ask for an event: initialised, or done with the last one."""
        await self._waiting.wait()
        await self._extensions.until_idle()

    def freeze(self) -> None:
        """Stop the process until the next event."""
        self._started().freeze()

    def dispatch(self, invocation: Invocation) -> None:
        """Thaw the process and hand it an event; it must be waiting for one."""
        if self._event is None or not self._waiting.is_set():
            raise RuntimeError("The runtime does not ask for an event, so it cannot be given one.")
        self._waiting.clear()
        self._current = invocation
        self._started().thaw()
        self._event.set_result(invocation)
        self._extensions.dispatch(invocation)

    def _started(self) -> ChildProcess:
        if self._process is None:
            raise RuntimeError("The runtime has not been started.")
        return self._process

    def drain(self) -> None:
        """Log what has been written until now, and note the memory peak."""
        for reader in self._readers:
            reader.drain()
        if self._process is not None:
            self.peak_mb = max(self.peak_mb, peak_memory_mb(self._process.pid))

    async def stop(self) -> None:
        """Kill the process group, take its last words, free the port."""
        if self._process is not None:
            self.drain()
            await self._process.kill()
        loop = asyncio.get_running_loop()
        for reader in self._readers:
            reader.drain()
            loop.remove_reader(reader.fd)
            os.close(reader.fd)
        self._readers.clear()
        await self._server.close()

    async def _handle(self, request: Request) -> Response:
        if request.path.startswith(EXTENSIONS_PREFIX):
            return await self._extensions.handle(request, initialising=self._event is None)
        path = request.path.removeprefix(_PREFIX)
        if path == request.path:
            return _refusal(404, "NotFound", f"There is nothing at {request.path}.")
        match request.method, path.split("/"):
            case "GET", ["invocation", "next"]:
                return await self._next()
            case "POST", ["invocation", request_id, "response"]:
                return self._response(request_id, request.body)
            case "POST", ["invocation", request_id, "error"]:
                return self._error(request_id, request.body)
            case "POST", ["init", "error"]:
                self.init_error = _error_outcome(request.body)
                return _ACCEPTED
        return _refusal(404, "NotFound", f"There is nothing at {request.method} {request.path}.")

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

    def _response(self, request_id: str, body: bytes) -> Response:
        invocation = self._answerable(request_id)
        if invocation is None:
            return _refusal(400, "InvalidRequestID", "Invalid request ID")
        if len(body) > RESPONSE_LIMIT_BYTES:
            text = f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT_BYTES} bytes)."
            invocation.settle(failure("Function.ResponseSizeTooLarge", text))
            return _refusal(413, "RequestEntityTooLarge", text)
        invocation.settle(Outcome(body))
        return _ACCEPTED

    def _error(self, request_id: str, body: bytes) -> Response:
        invocation = self._answerable(request_id)
        if invocation is None:
            return _refusal(400, "InvalidRequestID", "Invalid request ID")
        invocation.settle(_error_outcome(body))
        return _ACCEPTED

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


def _refusal(status: int, kind: str, text: str) -> Response:
    body = json.dumps({"errorMessage": text, "errorType": kind}).encode()
    return Response(status, body, {"Content-Type": "application/json"})
