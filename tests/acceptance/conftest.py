"""What acceptance tests share: servers that are ended at the end of a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from running import Server


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start a server on the test's data directory: `start_server("--flag", command="serve")`."""
    started: list[Server] = []

    def start(*arguments: str, data: Path | None = None, **options: object) -> Server:
        started.append(Server(data or tmp_path / "data", *arguments, **options))  # type: ignore[arg-type]
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests of a module."""
    running = Server(tmp_path_factory.mktemp("server") / "data")
    yield running
    running.close()
