"""A local AWS for tests: ministack as a child process under its own Python, on a socket that is made here."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

REGION = "eu-central-1"
_SERVICES = "cloudwatch,dynamodb,iam,kinesis,lambda,logs,sqs,sts"
_SERVE = """
import asyncio, sys
from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app
config = Config()
config.bind = ["fd://" + sys.argv[1]]
config.loglevel = "ERROR"
asyncio.run(serve(app.app, config))
"""


@contextlib.contextmanager
def ministack() -> Iterator[str]:
    """The URL of a ministack that lives as long as the context."""
    named = os.environ.get("MENDLINE_MINISTACK_PYTHON")
    python = Path(named) if named else Path(sys.prefix).parent / ".venv-ministack" / "bin" / "python"
    assert python.exists(), "there is no Python with ministack; run `make setup`"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        process = subprocess.Popen(
            [str(python), "-c", _SERVE, str(listener.fileno())],
            env={
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "DOCKER_HOST": "unix:///nonexistent/docker.sock",
                "GATEWAY_PORT": str(port),
                "IOT_MTLS_ENABLED": "0",
                "LANG": "C.UTF-8",
                "LOG_LEVEL": "ERROR",
                "MINISTACK_REGION": REGION,
                "PATH": os.defpath,
                "SERVICES": _SERVICES,
                "SFTP_ENABLED": "0",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[listener.fileno()],
        )
    url = f"http://127.0.0.1:{port}"
    try:
        ask(url, "/_ministack/health", timeout_s=30)  # the socket listens already, so this waits until it is up
        yield url
    finally:
        process.kill()
        process.wait(10)


def ask(url: str, path: str, *, method: str = "GET", timeout_s: float = 10) -> bytes:
    """What ministack's own pages answer."""
    request = urllib.request.Request(url + path, method=method)
    with urllib.request.urlopen(request, timeout=timeout_s) as answer:
        return bytes(answer.read())
