"""A Mendline server as a process of its own, started and stopped as a person would."""

from __future__ import annotations

import atexit
import functools
import json
import queue
import shutil
import signal
import tempfile
import threading
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import Any

import httpx
from forking import Forked, run_mendline
from otlp_requests import request_of

START_SECONDS = 60.0
PORTS = ("--port", "0", "--otlp-http", "0", "--otlp-grpc", "0")
LISTENERS = ("web", "otlp/http", "otlp/grpc")


@functools.cache
def _empty_data() -> Path:
    """The data directory of a server that was started and ended, once per process; it is removed at its end."""
    folder = tempfile.mkdtemp(prefix="mendline-empty-")
    atexit.register(shutil.rmtree, folder)
    data = Path(folder, "data")
    server = Server(data, first=True)
    server.stop()
    server.close()
    return data


class Server:
    """`mendline COMMAND …` on free ports; `web`, `otlp` and `grpc` are the addresses that it printed.

    A data directory that is not there yet begins as one where a server has been already: making the schema takes half
    of the work of a first start, and a few tests need it, not each. `first=True` starts from nothing.
    """

    def __init__(
        self,
        data: Path,
        *arguments: str,
        command: str = "serve",
        env: dict[str, str] | None = None,
        first: bool = False,
    ) -> None:
        self.data = data
        if not (first or data.exists()):
            shutil.copytree(_empty_data(), data, symlinks=True)
        ports = () if "--port" in arguments else PORTS
        self.process = Forked(command, *ports, "--data", str(data), *arguments, **(env or {}))
        self.errors: list[str] = []
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, args=(self.process.stdout, self._lines.put), daemon=True).start()
        self._stderr = threading.Thread(target=self._read, args=(self.process.stderr, self.errors.append), daemon=True)
        self._stderr.start()
        addresses = dict(self._line().split(" ", 1) for _ in LISTENERS)
        self.web, self.otlp, self.grpc = addresses["web"], addresses["otlp/http"], addresses["otlp/grpc"]

    @staticmethod
    def _read(stream: Any, put: Any) -> None:
        with stream:
            for line in stream:
                put(line.rstrip("\n"))

    def _line(self) -> str:
        try:
            return self._lines.get(timeout=START_SECONDS)
        except queue.Empty:
            self.kill()
            raise AssertionError("the server did not say where it listens: " + "\n".join(self.errors)) from None

    def notice(self) -> str:
        """The next line for a person, after the listeners."""
        return self._line()

    def post(self, body: bytes, *, path: str = "/v1/traces", **headers: str) -> httpx.Response:
        """POST to the OTLP port as protobuf; header names with underscores."""
        sent = {
            "content-type": "application/x-protobuf",
            **{key.replace("_", "-"): value for key, value in headers.items()},
        }
        return httpx.post(self.otlp + path, content=body, headers=sent, timeout=60)

    def warm(self) -> None:
        """Have it take one request: on a busy machine the first takes longer than an agent waits for its answer."""
        span = {"trace_id": uuid.uuid4().bytes, "span_id": uuid.uuid4().bytes[:8]}
        assert self.post(request_of([span])).status_code == 200

    def get_json(self, path: str) -> Any:
        """The JSON at a path of the web port; None where it is not there (yet)."""
        try:
            with urllib.request.urlopen(self.web + path, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 404:
                    return None
                raise AssertionError(f"GET {path} is answered {error.code}: {error.read().decode()}") from error

    def metric(self, name: str, **labels: str) -> float:
        """The value of one of the server's own metrics."""
        wanted = name + ("{" + ",".join(f'{key}="{value}"' for key, value in labels.items()) + "}" if labels else "")
        with urllib.request.urlopen(self.web + "/metrics", timeout=30) as answer:
            for line in answer.read().decode().splitlines():
                if line.rpartition(" ")[0] == wanted:
                    return float(line.rpartition(" ")[2])
        raise AssertionError(f"{wanted} is not at /metrics")

    def stop(self, number: int = signal.SIGINT) -> int:
        """End it as Ctrl-C does; answers the exit status."""
        self.process.send_signal(number)
        return self.process.wait(30)

    def kill(self) -> None:
        """End it as a crash does."""
        self.process.kill()
        self.process.wait(30)

    def close(self) -> None:
        """End it, whatever its state."""
        if self.process.poll() is None:
            self.kill()
        self._stderr.join(5)


def make_key(data: Path, scope: str, project: str = "default", *more: str) -> str:
    """The text of a new key, made beside whatever server runs."""
    made = run_mendline("keys", "create", "--project", project, "--scope", scope, "--data", str(data), *more)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()
