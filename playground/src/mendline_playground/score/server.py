"""A Mendline server of our own to score: a fresh one, started as a user starts it and asked by its public API alone."""

import contextlib
import json
import os
import queue
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from mendline_playground.host.function import REGION
from mendline_playground.model.sender import Sender
from mendline_playground.process import die_with_parent

_START_S = 150.0
_STOP_S = 15.0
_LISTENERS = ("web", "otlp/http", "otlp/grpc")
_STORED_S = 120.0
_LOOK_S, _ANSWER_S = 0.05, 300.0
_AWS_S = 180.0
# So that it knows configuration and metrics of queues, as the server of a demo does. Until the local AWS is there, it
# is asked again and again.
_SOURCES = """\
[[source]]
name = "shop"
regions = ["{region}"]
endpoint_url = "http://127.0.0.1:{port}"
logs = "off"

[pace]
configuration_s = 10
details_s = 60
metrics_s = 30
"""
_RECEIVER = """\
receivers:
  - {{name: score, type: webhook, url: "{address}", allow_private: true}}
"""


class ScoreError(RuntimeError):
    """What is to be scored could not be started or asked; the message is a sentence."""


class MendlineServer:
    """Where it listens, and what can be asked of it."""

    def __init__(self, web: str, otlp: str) -> None:
        self.web = web
        self.otlp = otlp

    def move_clock(self, moment_s: float) -> None:
        """Let it be this late there (`serve --test-clock`)."""
        self._ask("/api/v1/test/clock", {"now": iso(moment_s)})

    def incidents(self, start_s: float, end_s: float) -> list[dict[str, Any]] | None:
        """The incidents of a span of time; None from a server that has no such thing."""
        told = self._ask(f"/api/v1/incidents?start={iso(start_s)}&end={iso(end_s)}")
        return None if told is None else list(told["incidents"])

    def causes_of_change(self, functions: Sequence[str], start_s: float, end_s: float) -> list[dict[str, Any]] | None:
        """Why functions (none: all of them) are not as usual between two moments, likeliest first; None from a server
        that has no such thing."""
        query = " or ".join(f'function:"{name}"' for name in functions)
        asked = {"query": query, "start": iso(start_s), "end": iso(end_s)}
        told = self._ask("/api/v1/explain/change", asked, or_none=True)
        return None if told is None else list(told["causes"])

    def wait_until_stored(self, sender: Sender) -> None:
        """Return when all that was acknowledged can be read. Raises ScoreError when that takes too long."""
        until = time.monotonic() + _STORED_S
        while sender.backlog_bytes():
            if time.monotonic() > until:
                raise ScoreError(f"{self.web} has not stored everything within {_STORED_S:.0f} s.")
            time.sleep(_LOOK_S)

    def wait_until_aws_is_read(self) -> None:
        """Return when the server knows what is in the local AWS, tells nothing of such a thing, or takes too long."""
        until = time.monotonic() + _AWS_S
        while (told := (self._ask("/api/v1/status") or {}).get("aws")) and time.monotonic() < until:
            if any(" known: " in said for said in told):
                return
            time.sleep(1.0)

    def _ask(self, path: str, body: dict[str, Any] | None = None, *, or_none: bool = False) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.web + path, data)  # noqa: S310 - a server of our own
        try:
            with urllib.request.urlopen(request, timeout=_ANSWER_S) as answer:  # noqa: S310 - likewise
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 404 and (or_none or body is None):
                    return None
                said = error.read(300).decode("utf-8", "replace")
                raise ScoreError(f"{self.web}{path} answers {error.code}: {said}") from error
        except (OSError, ValueError) as error:
            raise ScoreError(f"{self.web}{path} cannot be asked: {error}") from error


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextlib.contextmanager
def fresh_server(*, told: str, aws_port: int) -> Iterator[MendlineServer]:
    """Start a server on free ports and an empty directory, and end it afterwards; it reads the local AWS at a port, and
    tells an address of its incidents. Raises ScoreError."""
    with tempfile.TemporaryDirectory(prefix="mendline-score-") as folder:
        data = Path(folder) / "data"
        tell(data, told)
        sources = Path(folder) / "aws.toml"
        sources.write_text(_SOURCES.format(region=REGION, port=aws_port))
        with server_on(data, "--aws-sources", str(sources)) as server:
            yield server


def tell(data: Path, address: str) -> None:
    """Have a server that will be started on a directory post its messages to an address on loopback."""
    with tempfile.TemporaryDirectory(prefix="mendline-score-") as folder:
        (Path(folder) / "receivers.yaml").write_text(_RECEIVER.format(address=address))
        command = [sys.executable, "-m", "mendline", "policies", "apply", folder, "--data", str(data)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if done.returncode:
        raise ScoreError(f"The server was not told where its messages go; it said: {done.stderr.strip()[-300:]}")


@contextlib.contextmanager
def server_on(data: Path, *flags: str) -> Iterator[MendlineServer]:
    """Start a server on a directory and free ports, and end it afterwards. Raises ScoreError."""
    command = [sys.executable, "-m", "mendline", "serve", "--port", "0", "--otlp-http", "0", "--otlp-grpc", "0"]
    command += ["--data", str(data), "--log-level", "error", *flags]
    said = data.parent / f"{data.name}.log"
    with (
        said.open("wb") as log,
        subprocess.Popen(  # noqa: S603 - our own
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", **os.environ},
            preexec_fn=die_with_parent(os.getpid()),  # noqa: PLW1509 - only prctl, and no lock is taken
        ) as process,
    ):
        try:
            assert process.stdout is not None  # noqa: S101 - it was asked for
            addresses = _addresses(process.stdout, said)
            yield MendlineServer(addresses["web"], addresses["otlp/http"])
        finally:
            process.terminate()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _addresses(stdout: IO[str], said: Path) -> dict[str, str]:
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        for line in stdout:
            lines.put(line)
        lines.put("")

    threading.Thread(target=read, name="server-output", daemon=True).start()
    found: dict[str, str] = {}
    with contextlib.suppress(queue.Empty):
        while len(found) < len(_LISTENERS) and (line := lines.get(timeout=_START_S)):
            name, _, address = line.strip().partition(" ")
            if name in _LISTENERS:
                found[name] = address
    if len(found) < len(_LISTENERS):
        words = said.read_text(errors="replace").splitlines()
        raise ScoreError(f"The server did not start; it said: {words[-1] if words else '(nothing)'}")
    return found


def iso(moment_s: float) -> str:
    """A moment as the API writes it."""
    return datetime.fromtimestamp(moment_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
