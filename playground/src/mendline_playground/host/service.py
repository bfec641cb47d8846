"""The local Lambda service: functions, versions and aliases by name, and Invoke in its three types."""

import asyncio
import contextlib
import random
from collections.abc import Callable, Coroutine, Iterable
from types import TracebackType
from typing import Literal, Self

from mendline_playground.host.catalogue import Alias, Catalogue, Target
from mendline_playground.host.concurrency import Concurrency
from mendline_playground.host.destinations import Deliver, Delivery, EventInvokeConfig
from mendline_playground.host.environment import Environment
from mendline_playground.host.events import RETRY_DELAYS_S, Event, EventQueue
from mendline_playground.host.function import INIT_LIMIT_S, Function, parse_function_name
from mendline_playground.host.invocation import (
    Invocation,
    Outcome,
    Result,
    new_request_id,
    new_trace_header,
)
from mendline_playground.host.logs import LogEvent, LogRing, LogSink
from mendline_playground.host.metrics import Meter, MetricSink
from mendline_playground.host.pool import Pool
from mendline_playground.host.refusals import InvalidInvokeError, TooLargeError
from mendline_playground.host.runtimes import check_runtime

InvocationType = Literal["RequestResponse", "Event", "DryRun"]

_MOST_PAYLOAD_BYTES = {"RequestResponse": 6_291_456, "Event": 1_048_576, "DryRun": 6_291_456}


class Host:
    """Runs functions under the real runtime client; an async context manager.

    `max_environments` caps each function that has no cap of its own. `speed` divides the waits and ages of the queue
    of asynchronous invocations, and nothing else: 60 makes a minute of retrying a second. `deliver` sends what goes to
    destinations and dead-letter queues other than functions; without it those deliveries fail, and are counted.
    """

    def __init__(
        self,
        functions: Iterable[Function] = (),
        *,
        max_environments: int = 3,
        account_concurrency: int = 1000,
        idle_s: float = 300.0,
        retry_delays_s: tuple[float, ...] = RETRY_DELAYS_S,
        speed: float = 1.0,
        init_limit_s: float = INIT_LIMIT_S,
        log_sink: LogSink | None = None,
        log_ring_size: int = 2000,
        metric_sink: MetricSink | None = None,
        deliver: Deliver | None = None,
        seed: int = 1,
    ) -> None:
        self._max_environments = max_environments
        self._idle_s = idle_s
        self._init_limit_s = init_limit_s
        self._logs = LogRing(log_ring_size, log_sink)
        self._meter = Meter(metric_sink)
        self._deliver_elsewhere = deliver
        self._concurrency = Concurrency(account_concurrency)
        self._catalogue = Catalogue(self._make_pool, random.Random(seed))  # noqa: S311 - shares of traffic, no secret
        self._events = EventQueue(
            self._attempt,
            self._catalogue,
            self._concurrency,
            self._meter,
            self._deliver,
            retry_delays_s=retry_delays_s,
            speed=speed,
        )
        self._background: set[asyncio.Task[None]] = set()
        self._closed = False
        for function in functions:
            self.deploy(function)

    async def __aenter__(self) -> Self:
        self._spawn(self._expire_idle())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _make_pool(self, function: Function) -> Pool:
        cap = function.max_environments or self._max_environments
        return Pool(function.name, self._make_environment, self._concurrency, self._meter, cap=cap)

    def _make_environment(self, function: Function) -> Environment:
        return Environment(function, self._logs, init_limit_s=self._init_limit_s)

    def deploy(self, function: Function) -> None:
        """Add a function; raises ValueError when there is one of this name, or no runtime for it here."""
        check_runtime(function)
        self._catalogue.deploy(function)

    def update(self, function: Function) -> None:
        """Replace a function's $LATEST, code and configuration; its warm environments serve nothing more."""
        check_runtime(function)
        self._catalogue.update(function)

    def publish(self, name: str) -> str:
        """Publish $LATEST and return the version's number. Its code stays in the same folder: leave it as it is."""
        return self._catalogue.publish(name)

    def point_alias(self, name: str, alias: Alias) -> None:
        """Make an alias of a function, or point it to other versions."""
        self._catalogue.point_alias(name, alias)

    def reserve_concurrency(self, name: str, limit: int | None) -> None:
        """Let a function run `limit` times at once, no more and no less; 0 stops it, None takes the limit away."""
        self._catalogue.pool(name)
        self._concurrency.reserve(name, limit)

    def chill(self, name: str, is_chilled: Callable[[Function], bool]) -> None:
        """Have a function's warm environments shut down, rather than used, whenever this says so of a version."""
        self._catalogue.pool(name).is_chilled = is_chilled

    def configure_events(self, name: str, config: EventInvokeConfig, qualifier: str | None = None) -> None:
        """Set retries, maximum age and destinations of asynchronous invocations under this very qualifier."""
        self._events.configure(name, config, qualifier)

    @property
    def functions(self) -> list[Function]:
        """The $LATEST of every function."""
        return self._catalogue.functions

    def environments(self, name: str) -> list[Environment]:
        """The live environments of a function."""
        return self._catalogue.pool(name).environments

    def queued(self, name: str) -> int:
        """How many invocations of a function wait for an environment."""
        return self._catalogue.pool(name).queued

    def waiting_events(self, name: str) -> int:
        """How many asynchronous events of a function have not ended: they run, or wait for another attempt."""
        return self._events.waiting(name)

    def logs(self, name: str) -> list[LogEvent]:
        """The newest log events of a function, oldest first."""
        self._catalogue.pool(name)
        return self._logs.events(name)

    async def invoke(
        self,
        name: str,
        payload: bytes,
        *,
        qualifier: str | None = None,
        invocation_type: InvocationType = "RequestResponse",
        client_context: str | None = None,
        trace_header: str | None = None,
        request_id: str | None = None,
        log_tail: bool = False,
    ) -> Result:
        """Invoke a function by its name or ARN, with a version or an alias there or as `qualifier`.

        The result comes when the runtime has answered; with `log_tail` when the REPORT line is written. An error of
        the function is a result, not an exception. `Event` answers 202 at once; the rest happens in the background
        under one request id. `client_context` is JSON text, not base64. Raises InvokeError, and then nothing ran:
        ThrottledError, UnknownFunctionError, TooLargeError, InvalidInvokeError.
        """
        name, qualifier = _named(name, qualifier)
        target = self._catalogue.resolve(name, qualifier)
        if len(payload) > _MOST_PAYLOAD_BYTES[invocation_type]:
            raise TooLargeError(
                f"{len(payload)} byte payload is too large for the {invocation_type} invocation type "
                f"(limit {_MOST_PAYLOAD_BYTES[invocation_type]} bytes)"
            )
        event = Event(
            name,
            qualifier,
            payload,
            request_id or new_request_id(),
            trace_header or new_trace_header(sampled=target.function.tracing == "Active"),
            client_context,
        )
        if invocation_type == "DryRun":
            return Result(204, None, b"", event.request_id, executed_version=target.function.version)
        if invocation_type == "Event":
            self._spawn(self._events.accept(event))
            return Result(202, None, b"", event.request_id)
        invocation = _invocation(event, target)
        outcome = await self._run(target.pool, invocation)
        if log_tail:
            await invocation.done.wait()
        error = "Unhandled" if outcome.error_type is not None else None
        return Result(200, error, outcome.payload, event.request_id, invocation.log_tail, target.function.version)

    async def _attempt(self, event: Event, target: Target) -> Outcome:
        return await self._run(target.pool, _invocation(event, target))

    async def _run(self, pool: Pool, invocation: Invocation) -> Outcome:
        if self._closed:
            invocation.abandon()
        else:
            pool.submit(invocation)
        return await asyncio.shield(invocation.answer)

    async def _deliver(self, delivery: Delivery) -> None:
        if ":lambda:" in delivery.arn:
            await self.invoke(delivery.arn, delivery.body.encode(), invocation_type="Event")
        elif self._deliver_elsewhere is None:
            raise InvalidInvokeError(f"Nothing can be sent to {delivery.arn}: the host was given no way to deliver.")
        else:
            await self._deliver_elsewhere(delivery)

    async def _expire_idle(self) -> None:
        while True:
            await asyncio.sleep(max(self._idle_s / 10, 0.05))
            for pool in self._catalogue.pools:
                pool.expire(self._idle_s)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def close(self) -> None:
        """Kill every environment, frozen ones too, and drop what is queued."""
        self._closed = True
        for task in list(self._background):
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*self._background, return_exceptions=True)
        await asyncio.gather(*(pool.close() for pool in self._catalogue.pools))


def _named(text: str, qualifier: str | None) -> tuple[str, str | None]:
    name, own = parse_function_name(text)
    if own is not None and qualifier is not None and own != qualifier:
        raise InvalidInvokeError(f"{text} already has the qualifier {own}, so it cannot be invoked as {qualifier}.")
    return name, own or qualifier


def _invocation(event: Event, target: Target) -> Invocation:
    return Invocation(
        target.function,
        event.qualifier,
        target.invoked_arn,
        event.payload,
        event.request_id,
        event.trace_header,
        event.client_context,
    )
