"""A Mendline server as a process of its own, started and stopped as a person would."""

from __future__ import annotations

import atexit
import functools
import json
import multiprocessing
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import httpx

from mendline.cli.main import main

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
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mendline", command, *ports, "--data", str(data), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(env or {})},
        )
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

    def get_json(self, path: str) -> Any:
        """The JSON at a path of the web port; None where it is not there (yet)."""
        try:
            with urllib.request.urlopen(self.web + path, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 404:
                    return None
                raise

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


_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["mendline.app.serve", "mendline.store", "mendline.cli.main", "mendline.store.state"])


def run_mendline(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """`mendline ARGUMENTS` to its end, with `environ` added to the environment, in a process that has its imports
    already: they are most of what a command takes."""
    ends = [_forks.Pipe(duplex=False) for _ in range(2)]
    process = _forks.Process(
        target=_run, args=([end for _, end in ends], [*arguments], {**os.environ, **environ}), daemon=True
    )
    process.start()
    told = ["", ""]

    def read(number: int) -> None:
        with os.fdopen(os.dup(ends[number][0].fileno()), encoding="utf-8") as lines:
            told[number] = lines.read()

    readers = [threading.Thread(target=read, args=(number,)) for number in range(2)]
    for reader, (_, given) in zip(readers, ends, strict=True):
        given.close()
        reader.start()
    process.join(90)
    if process.exitcode is None:
        process.kill()
        raise AssertionError(f"mendline {' '.join(arguments)} did not end")
    for reader in readers:
        reader.join()
    for kept, _ in ends:
        kept.close()
    return subprocess.CompletedProcess(arguments, process.exitcode, *told)


def make_key(data: Path, scope: str, project: str = "default", *more: str) -> str:
    """The text of a new key, made beside whatever server runs."""
    made = run_mendline("keys", "create", "--project", project, "--scope", scope, "--data", str(data), *more)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def _run(ends: list[Any], arguments: list[str], environ: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environ)
    for end, stream in zip(ends, (sys.stdout, sys.stderr), strict=True):
        os.dup2(end.fileno(), stream.fileno())
        end.close()
    sys.argv = ["mendline", *arguments]
    sys.exit(main(arguments))


class ForkedServer:
    """`mendline serve` in a process that has its imports already, for tests that kill many: half of a start is imports,
    which have nothing to lose."""

    def __init__(self, data: Path) -> None:
        self.data = data
        told, out = _forks.Pipe(duplex=False)
        self._process = _forks.Process(target=_serve, args=(out, str(data)), daemon=True)
        self._process.start()
        out.close()
        with os.fdopen(os.dup(told.fileno())) as lines:
            addresses = dict(next(lines).rstrip("\n").split(" ", 1) for _ in LISTENERS)
        told.close()
        self.otlp = addresses["otlp/http"]

    def kill(self) -> None:
        """End it as a crash does."""
        self._process.kill()
        self._process.join(30)
        self._process.close()


def _serve(out: Any, data: str) -> None:
    os.dup2(out.fileno(), sys.stdout.fileno())
    main(["serve", *PORTS, "--data", data, "--log-level", "error"])
