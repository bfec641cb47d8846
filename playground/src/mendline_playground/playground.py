"""The whole playground in one context manager: Lambda host, AWS emulator, event sources, third parties, shop."""

import asyncio
import contextlib
import importlib.util
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mendline_playground import wire
from mendline_playground.cloudwatch import CloudWatch
from mendline_playground.emulator import Ministack
from mendline_playground.emulator.delivery import AwsDelivery
from mendline_playground.host import Alias, Host, InvokeFront, RuntimeUnavailableError, node_runtime
from mendline_playground.host.logs import LogSink
from mendline_playground.host.shortfalls import shortfalls
from mendline_playground.live import Injector
from mendline_playground.pictures import put_pictures
from mendline_playground.shop.deploy import ALIAS, NIGHTLY, Deployment, Shop, alias_arn
from mendline_playground.shop.functions import second_version
from mendline_playground.shop.plan import FUNCTIONS, NIGHTLY_AT_S, ORDERS_A_SECOND, REPORT_EVERY_S, SECOND_VERSIONS
from mendline_playground.sources import Mappings, Schedule, Scheduler, scheduled_event
from mendline_playground.sources.aws_json import AwsJson
from mendline_playground.subscription import LogSubscription
from mendline_playground.thirdparty import ThirdParty
from mendline_playground.traffic import Traffic

_KEPT_LINES = 200  # of each function's log, to be looked at
PICTURE_EVERY_S = 50.0
_AWS_LATENCIES_MS = {
    call.resource.id: call.median_ms
    for calls in (*(one.calls for one in FUNCTIONS.values()), *(one.calls for one in SECOND_VERSIONS.values()))
    for call in calls
    if call.resource.type not in ("http", "lambda")
}


@dataclass(frozen=True, slots=True)
class Options:
    """What can be chosen about a playground.

    A rate of 0 sends no traffic; `shaped` gives it the shape of days and weeks; `logs_endpoint` gets the logs. `speed`
    is how much faster than the wall the shop's clock goes, `retry_speed` how much faster AWS waits before retries.
    """

    otlp_endpoint: str | None = None
    logs_endpoint: str | None = None
    rate: float = ORDERS_A_SECOND
    shaped: bool = True
    seed: int = 1
    speed: float = 1.0
    retry_speed: float = 1.0
    max_environments: int = 2
    emulator_log: Path | None = None
    emulator_port: int = 0
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
        self.deployment: Deployment
        self.mappings: Mappings
        self.scheduler: Scheduler
        self.injector: Injector
        self.flags_path: Path
        self.chance = random.Random(self._options.seed).random  # noqa: S311 - reproducible, no secrets

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
        for shortfall in shortfalls():
            self._say(shortfall)
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="mendline-playground-"))
        self.flags_path = Path(folder) / "flags.json"
        self.flags_path.write_text("{}")
        metrics, delivery = CloudWatch(self._say), AwsDelivery()
        self._stack.callback(delivery.close)
        await self._start_aws(metrics, delivery)
        await self._deploy()
        self.mappings = await self._stack.enter_async_context(
            Mappings(
                self.host,
                AwsJson(self.ministack.port),
                delivery,
                metrics.take,
                metrics.put,
                workers=self._options.max_environments,
                speed=self._options.retry_speed,
            )
        )
        self._run(metrics.run())
        self._open()
        self.injector = Injector(self, self._say)
        self._stack.push_async_callback(self.injector.close)

    async def _start_aws(self, metrics: CloudWatch, delivery: AwsDelivery) -> None:
        """The Lambda host, the third parties, and the emulator between them."""
        options = self._options
        sink = options.log_sink
        if options.logs_endpoint is not None:
            subscription = LogSubscription(options.logs_endpoint, self._say)
            self._run(subscription.run())
            sink = subscription.take
        host = Host(
            max_environments=options.max_environments,
            speed=options.retry_speed,
            log_ring_size=_KEPT_LINES,
            log_sink=sink,
            metric_sink=metrics.take,
            deliver=delivery,
        )
        self.host = await self._stack.enter_async_context(host)
        front = InvokeFront(self.host)
        self._stack.push_async_callback(front.close)
        self.third_party = ThirdParty(seed=options.seed)
        self._stack.push_async_callback(self.third_party.close)
        await self.third_party.start()
        emulator = Ministack(invoke_port=await front.start(), log_path=options.emulator_log, port=options.emulator_port)
        self.ministack = await self._stack.enter_async_context(emulator)
        delivery.connect(self.ministack.url)
        metrics.connect(AwsJson(self.ministack.port))

    async def _deploy(self) -> None:
        options = self._options
        self.deployment = Deployment(self.ministack.url, speed=options.retry_speed)
        extra_env = {
            **telemetry_variables(options.otlp_endpoint, self._say),
            "SHOP_FLAGS": str(self.flags_path),
            **options.function_env,
        }
        self.shop = await asyncio.to_thread(
            self.deployment.deploy,
            third_parties=self.third_party.name_table(),
            extra_env=extra_env,
            without_node=self._is_without_node(),
        )
        for function in self.shop.functions:
            self.host.deploy(function)
            self.host.point_alias(function.name, Alias(ALIAS, self.host.publish(function.name)))
            if (second := second_version(function, self.shop.queue_urls)) is not None:
                self.host.update(second)
                self.host.publish(function.name)
                self.host.update(function)
        await self.behave([])

    def _is_without_node(self) -> bool:
        try:
            node_runtime()
        except RuntimeUnavailableError as error:
            names = " and ".join(plan.name for plan in FUNCTIONS.values() if plan.runtime == "node")
            self._say(f"without {names}, which need Node.js: {error}")
            return True
        return False

    def _open(self) -> None:
        """Let the clock run and the customers in."""
        options = self._options
        schedules = [
            Schedule("report-every-5-minutes", REPORT_EVERY_S, 0, self._fire_report),
            Schedule(NIGHTLY, 86400, NIGHTLY_AT_S, self._fire_nightly),
        ]
        self.scheduler = Scheduler(schedules, speed=options.speed, began_s=time.time())
        self.traffic = Traffic(
            port=self.ministack.port,
            api_id=self.shop.api_id,
            rate=options.rate,
            seed=options.seed,
            shop_s=self.scheduler.shop_s,
            shaped=options.shaped,
            complain=self._say,
        )
        if self.shop.has("email"):
            self.third_party.serve_api(self.ministack.port, self.traffic.api_host)
        if options.rate > 0:
            self._run(self._first_runs())
            self._run(self.scheduler.run())
            self._run(self.traffic.run())
            if self.shop.has("thumbnail"):
                self._run(put_pictures(self.ministack.port, PICTURE_EVERY_S, options.seed, self._say))

    async def behave(self, faults: list[dict[str, Any]]) -> None:
        """Have the emulator answer with AWS's latencies and these faults from now on."""
        body = json.dumps({"latencies_ms": _AWS_LATENCIES_MS, "faults": faults}).encode()
        answer = await wire.request(self.ministack.port, "PUT", "/_playground/manners", body=body)
        if answer.status != 200:
            raise RuntimeError(f"The emulator did not take its manners: {answer.status} {answer.body[:200]!r}")

    async def _first_runs(self) -> None:
        """What has a schedule runs once when the shop opens: the nightly job would not be seen before the night."""
        now = self.scheduler.shop_s()
        await self._fire_report(scheduled_event("report-every-5-minutes", now))
        await self._fire_nightly(scheduled_event(NIGHTLY, now))

    async def _fire_report(self, event: bytes) -> None:
        await self.host.invoke(alias_arn("report"), event, invocation_type="Event")

    async def _fire_nightly(self, event: bytes) -> None:
        body = {
            "stateMachineArn": self.shop.state_machine_arn,
            "name": f"nightly-{json.loads(event)['id']}",
            "input": event.decode(),
        }
        await AwsJson(self.ministack.port).call("states", "AWSStepFunctions.StartExecution", body)

    def _run(self, work: Coroutine[None, None, None]) -> None:
        self._stack.push_async_callback(_stop, asyncio.ensure_future(work))


async def _stop(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def telemetry_variables(otlp_endpoint: str | None, say: Callable[[str], None]) -> dict[str, str]:
    """What makes a function send telemetry to the endpoint with no code of its own; nothing without one."""
    if otlp_endpoint is None:
        return {}
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": otlp_endpoint}
    if key := os.environ.get("MENDLINE_CHAOS_KEY"):  # of who runs the shop, so that experiments strike it
        variables |= {"MENDLINE_CHAOS": "1", "MENDLINE_CHAOS_KEY": key}
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
