"""What the playground's tests share: an event loop, functions from text, waiting with a deadline."""

import asyncio
import contextlib
import json
import textwrap
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from needed import emulator_python

from mendline_playground.cloudwatch import CloudWatch
from mendline_playground.emulator import Ministack
from mendline_playground.host import Delivery, Function, Host, InvokeFront, Result
from mendline_playground.playground import Options, Playground
from mendline_playground.shop.deploy import make_client
from mendline_playground.sources import Mappings
from mendline_playground.sources.aws_json import AwsJson


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


@dataclass
class LocalAws:
    """The Lambda host, the emulator and the pollers, without a shop."""

    host: Host
    url: str
    port: int
    mappings: Mappings
    metrics: CloudWatch
    delivered: list[Delivery]
    clients: dict[str, Any]

    async def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """One call of an SDK, off the loop."""
        if service not in self.clients:
            self.clients[service] = make_client(service, self.url)
        return await asyncio.to_thread(getattr(self.clients[service], operation), **parameters)

    async def deploy(self, function: Function) -> None:
        """Add a function to the host and to the emulator."""
        self.host.deploy(function)
        await self.call(
            "lambda",
            "create_function",
            FunctionName=function.name,
            Runtime=function.runtime,
            Role="arn:aws:iam::000000000000:role/any",
            Handler=function.handler,
            Code={"ZipFile": b"PK\x05\x06" + bytes(18)},
        )


@pytest.fixture(scope="module")
async def local_aws() -> AsyncIterator[LocalAws]:
    """A Lambda host, an emulator and pollers that wait a thirtieth of what AWS waits."""
    emulator_python()
    delivered: list[Delivery] = []
    metrics = CloudWatch(pytest.fail)

    async def deliver(delivery: Delivery) -> None:
        delivered.append(delivery)

    async with contextlib.AsyncExitStack() as stack:
        host = await stack.enter_async_context(Host(metric_sink=metrics.take, deliver=deliver, speed=30))
        front = InvokeFront(host)
        stack.push_async_callback(front.close)
        ministack = await stack.enter_async_context(Ministack(invoke_port=await front.start()))
        aws = AwsJson(ministack.port)
        metrics.connect(aws)
        mappings = await stack.enter_async_context(
            Mappings(host, aws, deliver, metrics.take, metrics.put, workers=2, speed=30)
        )
        clients: dict[str, Any] = {}
        yield LocalAws(host, ministack.url, ministack.port, mappings, metrics, delivered, clients)
        for client in clients.values():
            client.close()


@pytest.fixture(scope="session")
async def playground() -> AsyncIterator[Playground]:
    """The shop without customers; what AWS waits for takes a thirtieth of the time."""
    emulator_python()
    async with Playground(Options(rate=0, seed=3, retry_speed=30)) as running:
        yield running


@pytest.fixture(scope="session")
def aws(playground):
    """Makes a client of the emulator and calls one of its operations off the loop."""
    clients: dict[str, Any] = {}

    async def call(service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        if service not in clients:
            clients[service] = make_client(service, playground.ministack.url)
        return await asyncio.to_thread(getattr(clients[service], operation), **parameters)

    yield call
    for client in clients.values():
        client.close()


class Since:
    """What the functions wrote from now on."""

    def __init__(self, playground: Playground) -> None:
        self._playground = playground
        self._from_ms = time.time() * 1000

    def __call__(self, name: str, text: str) -> list[str]:
        events = self._playground.host.logs(name)
        return [one.message for one in events if one.time_ms >= self._from_ms and text in one.message]


@pytest.fixture
def since(playground) -> Since:
    return Since(playground)
