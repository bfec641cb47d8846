"""The whole playground in one context manager: Lambda host, AWS emulator, third parties, shop, customers."""

import asyncio
import contextlib
import importlib.util
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from mendline_playground.emulator import Ministack
from mendline_playground.emulator.delivery import AwsDelivery
from mendline_playground.host import Host, InvokeFront
from mendline_playground.host.logs import LogSink
from mendline_playground.host.shortfalls import shortfalls
from mendline_playground.shop.deploy import Deployment, Shop
from mendline_playground.subscription import LogSubscription
from mendline_playground.thirdparty import ThirdParty
from mendline_playground.traffic import Traffic

RETRY_SPEED = 60.0
"""How much faster than AWS failed asynchronous events are retried: after 1 and 2 seconds."""


@dataclass(frozen=True, slots=True)
class Options:
    """What can be chosen about a playground; a rate of 0 sends no traffic, `logs_endpoint` gets the logs."""

    otlp_endpoint: str | None = None
    logs_endpoint: str | None = None
    rate: float = 2.0
    seed: int = 1
    max_environments: int = 2
    emulator_log: Path | None = None
    function_env: dict[str, str] = field(default_factory=dict)
    log_sink: LogSink | None = None


def _say(text: str) -> None:
    sys.stderr.write(f"playground: {text}\n")
    sys.stderr.flush()


class Playground:
    """A running shop; an async context manager that leaves no process and no port behind."""

    def __init__(self, options: Options | None = None, *, say: Callable[[str], None] = _say) -> None:
        self._options = options or Options()
        self._say = say
        self._stack = contextlib.AsyncExitStack()
        self.host: Host
        self.shop: Shop
        self.traffic: Traffic
        self.ministack: Ministack
        self.third_party: ThirdParty

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _start(self) -> None:
        options = self._options
        for shortfall in shortfalls():
            self._say(shortfall)
        sink = options.log_sink
        if options.logs_endpoint is not None:
            subscription = LogSubscription(options.logs_endpoint, self._say)
            self._stack.push_async_callback(_stop, asyncio.ensure_future(subscription.run()))
            sink = subscription.take
        delivery = AwsDelivery()
        self._stack.callback(delivery.close)
        self.host = await self._stack.enter_async_context(
            Host(max_environments=options.max_environments, speed=RETRY_SPEED, log_sink=sink, deliver=delivery)
        )
        front = InvokeFront(self.host)
        self._stack.push_async_callback(front.close)
        self.third_party = ThirdParty(seed=options.seed)
        self._stack.push_async_callback(self.third_party.close)
        await self.third_party.start()
        emulator = Ministack(invoke_port=await front.start(), log_path=options.emulator_log)
        self.ministack = await self._stack.enter_async_context(emulator)
        delivery.connect(self.ministack.url)
        deployment = Deployment(self.ministack.url)
        extra_env = {**telemetry_variables(options.otlp_endpoint, self._say), **options.function_env}
        self.shop = await asyncio.to_thread(
            deployment.deploy, third_parties=self.third_party.name_table(), extra_env=extra_env
        )
        for function in self.shop.functions:
            self.host.deploy(function)
        self.traffic = Traffic(
            port=self.ministack.port,
            api_id=self.shop.api_id,
            rate=options.rate,
            seed=options.seed,
            complain=self._say,
        )
        if options.rate > 0:
            task = asyncio.ensure_future(self.traffic.run())
            self._stack.push_async_callback(_stop, task)


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def telemetry_variables(otlp_endpoint: str | None, say: Callable[[str], None]) -> dict[str, str]:
    """What makes a function send telemetry to the endpoint with no code of its own; nothing without one."""
    if otlp_endpoint is None:
        return {}
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": otlp_endpoint}
    wrapper = agent_wrapper()
    if wrapper is None:
        say("the agent's wrapper mendline_agent/bin/mendline is missing; the functions run without telemetry")
        return variables
    return {**variables, "AWS_LAMBDA_EXEC_WRAPPER": str(wrapper)}


def agent_wrapper() -> Path | None:
    """The agent's exec wrapper, None when it is absent or cannot be executed."""
    spec = importlib.util.find_spec("mendline_agent")
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        wrapper = Path(folder) / "bin" / "mendline"
        if wrapper.is_file() and os.access(wrapper, os.X_OK):
            return wrapper
    return None


class PlaygroundThread:
    """A playground in a thread with a loop of its own, for tests and tools that are not asynchronous."""

    def __init__(self, options: Options | None = None) -> None:
        self._options = options
        self._started = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="playground", daemon=True)
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event
        self.playground: Playground

    def __enter__(self) -> Playground:
        self._thread.start()
        self._started.wait()
        if self._error is not None:
            raise self._error
        return self.playground

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:
            self._error = error
            self._started.set()

    async def _main(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with Playground(self._options) as self.playground:
            self._started.set()
            await self._stop.wait()
