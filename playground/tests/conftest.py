"""What the playground's tests share: an event loop, functions from text, waiting with a deadline."""

import asyncio
import contextlib
import json
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mendline_playground.host import Function, Host, Result


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def function(tmp_path: Path) -> Callable[..., Function]:
    """Makes a function from the text of its module."""

    def make(code: str, *, name: str = "shown", **settings: Any) -> Function:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "app.py").write_text(textwrap.dedent(code))
        return Function(name, "app.handler", folder, **settings)

    return make


async def _eventually(what: Callable[[], Any], within_s: float = 10.0) -> Any:
    deadline = time.monotonic() + within_s
    while not (value := what()):
        if time.monotonic() > deadline:
            raise AssertionError(f"This did not become true within {within_s} s; it is {value!r}.")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.005):
                await asyncio.get_running_loop().create_future()
    return value


@pytest.fixture(scope="session")
def eventually() -> Callable[..., Any]:
    """Waits until something is true and returns it; fails after a deadline."""
    return _eventually


async def _call(host: Host, event: Any = None, *, name: str = "shown", **options: Any) -> Result:
    return await host.invoke(name, json.dumps(event).encode(), log_tail=True, **options)


@pytest.fixture(scope="session")
def call() -> Callable[..., Any]:
    """Invokes a function with a JSON event and waits for its REPORT line."""
    return _call
