"""Starts ministack under its own Python, on a port of ours, and ends it with us."""

import asyncio
import os
import socket
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from mendline_playground import wire
from mendline_playground.host.function import ACCOUNT, REGION
from mendline_playground.process import ChildProcess

MINISTACK_VERSION = "1.5.33"
_LAUNCH = Path(__file__).with_name("launch.py")
_START_LIMIT_S = 20.0
_SERVICES = "apigateway,cloudwatch,dynamodb,dynamodbstreams,events,iam,kinesis,lambda,logs,s3,sns,sqs,states,sts"


class MinistackError(RuntimeError):
    """The emulator is absent or did not start."""


def ministack_python() -> Path:
    """The Python that has ministack; raises MinistackError with what to do when there is none."""
    named = os.environ.get("MENDLINE_MINISTACK_PYTHON")
    path = Path(named) if named else Path(sys.prefix).parent / ".venv-ministack" / "bin" / "python"
    if not path.exists():
        raise MinistackError(
            f"There is no Python with ministack at {path}: run `make setup`, or make an environment with "
            f"ministack=={MINISTACK_VERSION} and name its Python in MENDLINE_MINISTACK_PYTHON."
        )
    return path


class Ministack:
    """A running ministack; an async context manager.

    The listening socket is made here and inherited, so the port cannot be taken by somebody else in between.
    `invoke_port` is where the Lambda host's front listens; the log goes to `log_path`, warnings and worse.
    """

    def __init__(self, *, invoke_port: int, log_path: Path | None = None, port: int = 0) -> None:
        self._invoke_port = invoke_port
        self._wanted_port = port
        self._log_path = log_path
        self._process: ChildProcess | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """The endpoint for every AWS client."""
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        python = ministack_python()
        with (
            socket.create_server(("127.0.0.1", self._wanted_port), backlog=256) as listener,
            (self._log_path or Path(os.devnull)).open("ab") as log,
        ):
            self.port = int(listener.getsockname()[1])
            process = self._process = ChildProcess(
                [str(python), str(_LAUNCH), MINISTACK_VERSION, str(listener.fileno()), str(self._invoke_port)],
                env=_variables(self.port),
                output=log.fileno(),
                pass_fds=[listener.fileno()],
            )
        try:
            await self._wait_until_ready(process)
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End the emulator; its state is in memory only, so there is nothing to save."""
        process, self._process = self._process, None
        if process is not None:
            await process.kill()

    async def _wait_until_ready(self, process: ChildProcess) -> None:
        answer = asyncio.ensure_future(self._answer())
        either: set[asyncio.Future[bool] | asyncio.Future[int]] = {answer, process.exited}
        try:
            await asyncio.wait(either, timeout=_START_LIMIT_S, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done() or not answer.result():
                raise MinistackError(f"ministack did not start; {self._last_words()}")
        finally:
            answer.cancel()

    async def _answer(self) -> bool:
        # The socket listens from the beginning, so this one request simply waits until the emulator is up.
        try:
            await wire.request(self.port, "GET", "/_ministack/health", timeout_s=_START_LIMIT_S)
        except (OSError, TimeoutError):
            return False
        return True

    def _last_words(self) -> str:
        if self._log_path is None:
            return "run with --emulator-log FILE to see why."
        lines = self._log_path.read_text(errors="replace").splitlines()
        return f"the end of {self._log_path} says: {lines[-1] if lines else '(nothing)'}"


def _variables(port: int) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "DOCKER_HOST": "unix:///nonexistent/docker.sock",  # never touch the user's containers
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "LANG": "C.UTF-8",
        "LOG_LEVEL": "WARNING",
        "MALLOC_ARENA_MAX": "2",  # glibc's own count is for many cores, and each arena keeps what was freed in it
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "MINISTACK_WORKER_THREADS": "16",
        "PATH": os.environ.get("PATH", os.defpath),
        "SERVICES": _SERVICES,
        "SFTP_ENABLED": "0",
        "TMPDIR": os.environ.get("TMPDIR", "/tmp"),  # noqa: S108 - what the emulator would use by itself
    }
