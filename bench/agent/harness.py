"""One function process under the real runtime client: its Runtime API, the services it calls, and what it cost."""

from __future__ import annotations

import base64
import gzip
import os
import socket
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_RUNTIME = "/2018-06-01/runtime/"
_REQUEST_ID = "8f5ad1f2-0000-4000-8000-{:012d}"
_TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
_START_S = 60.0


@dataclass
class Figures:
    """Of one process: seconds and bytes. `answered`, `done` and `cpu` have one item for each invocation: until the
    response, until the next event is asked for (what is billed), and CPU time of all threads. `last` is the last
    request in OTLP that was sent or logged, empty where none was."""

    init_wall: float = 0.0
    init_cpu: float = 0.0
    answered: list[float] = field(default_factory=list)
    done: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak_rss: int = 0
    sent: int = 0
    logged: int = 0
    last: bytes = b""


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


def _serve(handler: type[BaseHTTPRequestHandler]) -> _Http:
    server = _Http(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server


class _Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def log_message(self, *args: Any) -> None:
        pass

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


class World:
    """What is around a function: a collector that takes everything, an X-Ray daemon, AWS and a third party."""

    def __init__(self, collector_delay_s: float = 0.0) -> None:
        self.sent = 0
        self.last: tuple[bytes, bytes] = b"", b""
        self._delay_s = collector_delay_s

        class Services(_Quiet):
            def do_POST(self) -> None:
                self.body()
                target = self.headers.get("x-amz-target", "")
                body = b'{"MessageId": "m-1", "MD5OfMessageBody": "x"}' if "SQS" in target else b"{}"
                self.answer(200, body, Content_Type="application/x-amz-json-1.0")

            def do_GET(self) -> None:
                self.answer(200, b"ok")

        self._services = _serve(Services)
        self.services = self._services.server_port
        self._collector = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.collector = self._collector.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        self._xray = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._xray.bind(("127.0.0.1", 0))
        self.xray = self._xray.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._collector.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._collect, args=(connection,), daemon=True).start()

    def _collect(self, connection: socket.socket) -> None:
        """Answer requests with as little work as can be: what the collector costs is not the agent's."""
        data = b""
        while received := connection.recv(1 << 20):
            data += received
            while b"\r\n\r\n" in data:
                head, _, rest = data.partition(b"\r\n\r\n")
                _, named, length = head.lower().partition(b"content-length:")
                size = int(length.split(b"\r\n")[0]) if named else 0
                if len(rest) < size:
                    break
                self.sent += size
                self.last, data = (head, rest[:size]), rest[size:]
                if self._delay_s:
                    time.sleep(self._delay_s)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")

    def _listen(self) -> None:
        while data := self._xray.recv(65536):
            self.sent += len(data)

    def close(self) -> None:
        """Stop all of it."""
        self._services.shutdown()
        self._services.server_close()
        self._collector.close()


class _Runtime:
    """Hands out events, and takes the time."""

    def __init__(self, invocations: int) -> None:
        self.figures = Figures()
        self.finished = threading.Event()
        self.ready_at = 0.0
        self._invocations = invocations
        self._handed = 0
        self._at = self._cpu = 0.0
        self.cpu_of_process: Any = None
        self._extension = threading.Event()
        self._extended = False
        runtime = self

        class Handler(_Quiet):
            def do_GET(self) -> None:
                runtime._next_event(self) if "/extension/" in self.path else runtime._next(self)

            def do_POST(self) -> None:
                self.body()
                if self.path.endswith("/register"):
                    runtime._extended = True
                    return self.answer(200, b"{}", Lambda_Extension_Identifier="extension")
                if "/invocation/" in self.path:
                    runtime.figures.answered.append(time.perf_counter() - runtime._at)
                    if self.path.endswith("/error"):
                        raise RuntimeError("the function failed")
                return self.answer(202, b"{}")

        self._server = _serve(Handler)
        self.address = f"127.0.0.1:{self._server.server_port}"
        self._asking = threading.Semaphore(0)

    def _next_event(self, connection: _Quiet) -> None:
        self._asking.release()
        self._extension.wait()
        self._extension.clear()
        connection.answer(200, b'{"eventType": "INVOKE"}', Content_Type="application/json")

    def _next(self, connection: _Quiet) -> None:
        if self._extended:
            self._asking.acquire()  # what is billed ends when the extension asks too
        now, cpu = time.perf_counter(), self.cpu_of_process()
        if self._handed:
            self.figures.done.append(now - self._at)
            self.figures.cpu.append(cpu - self._cpu)
        else:
            self.ready_at, self.figures.init_cpu = now, cpu
        if self._handed == self._invocations:
            self.finished.set()
            return
        self._handed += 1
        headers = {
            "Lambda-Runtime-Aws-Request-Id": _REQUEST_ID.format(self._handed),
            "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + 30_000),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:123456789012:function:shop",
            "Lambda-Runtime-Trace-Id": _TRACE,
            "Content-Type": "application/json",
        }
        self._cpu, self._at = self.cpu_of_process(), time.perf_counter()
        if self._extended:
            self._extension.set()
        connection.answer(200, b'{"order": "A-1", "quantity": 2}', **headers)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _cpu_s(pid: int) -> float:
    """CPU time of all threads, from the scheduler's own count (ns)."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            total += int((task / "schedstat").read_text().split()[0])
        except OSError:
            continue
    return total / 1e9


def _peak_rss(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def _otlp(request: tuple[bytes, bytes], log: bytes) -> bytes:
    """The body of a request to /v1/traces, or of the last that is in the log."""
    head, body = request
    if b" /v1/traces " in head.split(b"\r\n")[0]:
        return gzip.decompress(body) if b"content-encoding: gzip" in head.lower() else body
    lines = [line for line in log.splitlines() if line.startswith(b"MENDLINE1 1/1 ")]
    return gzip.decompress(base64.b64decode(lines[-1].split(b" ")[2])) if lines else b""


def run(command: list[str], env: dict[str, str], code: Path, world: World, invocations: int) -> Figures:
    """Start a process, invoke it, and end it; what it cost. Raises RuntimeError with its output when it fails."""
    runtime = _Runtime(invocations)
    sent_before, world.last = world.sent, (b"", b"")
    full = {
        **{key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ},
        "AWS_LAMBDA_RUNTIME_API": runtime.address,
        **env,
    }
    with tempfile.TemporaryFile() as output:
        began = time.perf_counter()
        process = subprocess.Popen(command, env=full, cwd=code, stdout=output, stderr=output)
        runtime.cpu_of_process = lambda: _cpu_s(process.pid)
        try:
            if not runtime.finished.wait(_START_S + invocations * 0.2):
                output.seek(0)
                raise RuntimeError(output.read().decode("utf-8", "replace")[-3000:] or "no answer")
            runtime.figures.peak_rss = _peak_rss(process.pid)
        finally:
            process.kill()
            process.wait()
            runtime.close()
        runtime.figures.logged = output.seek(0, os.SEEK_END)
        output.seek(0)
        runtime.figures.last = _otlp(world.last, output.read())
    runtime.figures.init_wall = runtime.ready_at - began
    runtime.figures.sent = world.sent - sent_before
    return runtime.figures
