"""The queue of asynchronous invocations: retries under one request id, ages, and what becomes of the event at its end.

"How Lambda handles errors and retries with asynchronous invocation", AWS Lambda Developer Guide.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field

from mendline_playground.host.catalogue import Catalogue, Target
from mendline_playground.host.concurrency import Concurrency
from mendline_playground.host.destinations import (
    Condition,
    Deliver,
    Delivery,
    Ending,
    EventInvokeConfig,
    dead_letter,
    destination_record,
)
from mendline_playground.host.function import LATEST
from mendline_playground.host.invocation import Outcome
from mendline_playground.host.logs import now_ms
from mendline_playground.host.metrics import Meter
from mendline_playground.host.refusals import ThrottledError

RETRY_DELAYS_S = (60.0, 120.0)
"""Lambda's waits before the second and the third attempt."""

_FIRST_BACKOFF_S, _LONGEST_BACKOFF_S = 1.0, 300.0
_PAST_S = 0.001  # so that an event that waited for its end is past it


@dataclass(slots=True)
class Event:
    """One asynchronous invocation that waits or runs."""

    name: str
    qualifier: str | None
    payload: bytes
    request_id: str
    trace_header: str
    client_context: str | None = None
    received_at: float = field(default_factory=time.monotonic)
    attempts: int = 0
    target: Target | None = None
    outcome: Outcome | None = None


Attempt = Callable[[Event, Target], Awaitable[Outcome]]


class EventQueue:
    """Runs events until they succeed, are retried often enough, or are too old.

    `speed` divides every wait and every age: 60 makes a minute of retrying a second.
    """

    def __init__(
        self,
        attempt: Attempt,
        catalogue: Catalogue,
        concurrency: Concurrency,
        meter: Meter,
        deliver: Deliver,
        *,
        retry_delays_s: tuple[float, ...] = RETRY_DELAYS_S,
        speed: float = 1.0,
    ) -> None:
        self._attempt = attempt
        self._catalogue = catalogue
        self._concurrency = concurrency
        self._meter = meter
        self._deliver = deliver
        self._retry_delays_s = retry_delays_s
        self._speed = speed
        self._configs: dict[tuple[str, str], EventInvokeConfig] = {}
        self._events: dict[str, int] = {}

    def configure(self, name: str, config: EventInvokeConfig, qualifier: str | None = None) -> None:
        """Set how events of a function, version or alias are retried and where their records go."""
        self._catalogue.resolve(name, qualifier)
        self._configs[name, qualifier or LATEST] = config

    def waiting(self, name: str) -> int:
        """How many events of a function have not ended."""
        return self._events.get(name, 0)

    def accept(self, event: Event) -> Coroutine[None, None, None]:
        """Receive an event; what is returned takes it to its end."""
        self._meter.count("AsyncEventsReceived", event.name, event.qualifier)
        self._events[event.name] = self.waiting(event.name) + 1
        return self._run(event)

    async def _run(self, event: Event) -> None:
        try:
            config = self._configs.get((event.name, event.qualifier or LATEST), EventInvokeConfig())
            condition = await self._run_to_end(event, config)
            await self._conclude(event, condition, config)
        finally:
            self._events[event.name] -= 1

    async def _run_to_end(self, event: Event, config: EventInvokeConfig) -> Condition:
        throttled = 0
        while self._age_s(event) <= config.maximum_event_age_s:
            if self._concurrency.reserved(event.name) == 0:
                return "ZeroReservedConcurrency"
            self._meter.time("AsyncEventAge", event.name, event.qualifier, self._age_s(event) * 1000)
            try:
                event.target = self._catalogue.resolve(event.name, event.qualifier)
                event.outcome = await self._attempt(event, event.target)
            except ThrottledError:
                await self._pause(event, config, min(_FIRST_BACKOFF_S * 2**throttled, _LONGEST_BACKOFF_S))
                throttled += 1
                continue
            event.attempts += 1
            if event.outcome.error_type is None:
                return "Success"
            if event.attempts > min(config.maximum_retry_attempts, len(self._retry_delays_s)):
                return "RetriesExhausted"
            await self._pause(event, config, self._retry_delays_s[event.attempts - 1])
        return "EventAgeExceeded"

    def _age_s(self, event: Event) -> float:
        return (time.monotonic() - event.received_at) * self._speed

    async def _pause(self, event: Event, config: EventInvokeConfig, wait_s: float) -> None:
        left_s = config.maximum_event_age_s - self._age_s(event)
        await asyncio.sleep(max(min(wait_s, left_s), 0.0) / self._speed + _PAST_S)

    async def _conclude(self, event: Event, condition: Condition, config: EventInvokeConfig) -> None:
        target = event.target or self._catalogue.resolve(event.name, event.qualifier)
        ending = Ending(
            condition,
            event.request_id,
            event.payload,
            f"{target.function.arn}:{event.qualifier or LATEST}",
            event.attempts,
            target.function.version,
            event.outcome,
        )
        failed = condition != "Success"
        if failed:
            self._meter.count("AsyncEventsDropped", event.name, event.qualifier)
        destination = config.on_failure if failed else config.on_success
        if destination is not None:
            delivery = destination_record(ending, destination, now_ms())
            await self._send(event, delivery, "DestinationDeliveryFailures")
        if failed and target.function.dead_letter_arn is not None:
            await self._send(event, dead_letter(ending, target.function.dead_letter_arn), "DeadLetterErrors")

    async def _send(self, event: Event, delivery: Delivery, failure_metric: str) -> None:
        try:
            await self._deliver(delivery)
        except Exception:  # whatever the other service says, it is counted, and the next event must not suffer
            self._meter.count(failure_metric, event.name, event.qualifier)
