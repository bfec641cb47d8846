"""The Telemetry API: extensions subscribe to what is written in their environment, and get it in batches over HTTP.

"Lambda Telemetry API reference", AWS Lambda Developer Guide. A frozen environment is sent nothing: what is told in the
meantime, above all the report of an invocation, comes with the next one or at the shutdown.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from mendline_playground import wire
from mendline_playground.host.api_answers import refusal
from mendline_playground.host.journal import Journal, Stream, Subscriber, Telemetry
from mendline_playground.host.platform_events import PlatformEvent, logs_dropped, telemetry_subscription
from mendline_playground.wire import Request, Response

PREFIX = "/2022-07-01/telemetry"
_SCHEMAS = ("2022-07-01", "2022-12-13", "2025-01-29")
_STREAMS = ("platform", "function", "extension")
_HOSTS = ("sandbox", "sandbox.localdomain")
_POST_LIMIT_S = 3600.0  # not sooner, because the subscriber may be frozen in the middle of one
_MOST_WAITING_BATCHES = 4  # a subscriber that is further behind loses what comes, and is told how much
_DROPPED = b'"type": "platform.logsDropped"'


@dataclass(frozen=True, slots=True)
class Subscription:
    """What an extension asked for; within the bounds that AWS sets."""

    streams: frozenset[str]
    port: int
    path: str
    max_items: int = 10_000
    max_bytes: int = 262_144
    timeout_ms: int = 1_000


class TelemetryError(ValueError):
    """A subscription that cannot be; the sentence says why."""


_BOUNDS = {"maxItems": (1_000, 10_000), "maxBytes": (262_144, 1_048_576), "timeoutMs": (25, 30_000)}


def parse_subscription(body: bytes) -> Subscription:
    """The subscription in a request's body; raises TelemetryError."""
    try:
        asked = json.loads(body)
        streams, destination = asked["types"], asked["destination"]
        buffering = dict(asked.get("buffering") or {})
        schema, protocol, url = asked["schemaVersion"], destination["protocol"], urlsplit(destination.get("URI", ""))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise TelemetryError(f"The subscription cannot be understood: {error}.") from error
    if schema not in _SCHEMAS:
        raise TelemetryError(f"schemaVersion must be one of {', '.join(_SCHEMAS)}.")
    if not streams or not set(streams) <= set(_STREAMS):
        raise TelemetryError(f"types must be some of {', '.join(_STREAMS)}.")
    if protocol != "HTTP":
        raise TelemetryError("The destination's protocol must be HTTP; TCP is not there in this local Lambda.")
    if url.scheme != "http" or url.hostname not in _HOSTS:
        raise TelemetryError("The destination's URI must be http://sandbox.localdomain:PORT.")
    for name, (least, most) in _BOUNDS.items():
        if name in buffering and not (isinstance(buffering[name], int) and least <= buffering[name] <= most):
            raise TelemetryError(f"{name} must be from {least} to {most}.")
    return Subscription(frozenset(streams), url.port or 80, url.path or "/", **_buffering(buffering))


def _buffering(asked: Mapping[str, Any]) -> dict[str, int]:
    names = {"maxItems": "max_items", "maxBytes": "max_bytes", "timeoutMs": "timeout_ms"}
    return {ours: asked[name] for name, ours in names.items() if name in asked}


class TelemetryApi:
    """The subscriptions of one generation of processes."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._senders: list[Sender] = []

    def handle(self, request: Request, name: str, *, initialising: bool) -> Response:
        """Answer a request of the extension of this name."""
        if not initialising:
            return refusal(403, "Telemetry.SubscriptionClosed", "Telemetry API subscription is closed")
        try:
            subscription = parse_subscription(request.body)
        except TelemetryError as error:
            return refusal(400, "ValidationError", str(error))
        sender = Sender(subscription, self._journal.platform)
        self._senders.append(sender)
        self._journal.subscribe(sender.take)
        self._journal.platform(telemetry_subscription(name, sorted(subscription.streams, key=_STREAMS.index)))
        return Response(200, b'"OK"', {"Content-Type": "application/json"})

    def pause(self) -> None:
        """The environment is frozen: nobody would read what is sent."""
        for sender in self._senders:
            sender.pause()

    def resume(self) -> None:
        """The environment runs again."""
        for sender in self._senders:
            sender.resume()

    async def flush(self, within_s: float) -> None:
        """Send all there is now, if it can be sent in time."""
        if self._senders:
            sending = [asyncio.ensure_future(sender.flush()) for sender in self._senders]
            _, late = await asyncio.wait(sending, timeout=within_s)
            for task in late:
                task.cancel()

    def close(self) -> None:
        """Stop; what has not been sent is lost with the environment."""
        for sender in self._senders:
            sender.close()


class Sender:
    """Collects events for one subscriber, and posts a batch when it is full or old enough."""

    def __init__(self, subscription: Subscription, tell: Callable[[PlatformEvent], None]) -> None:
        self._subscription = subscription
        self._tell = tell
        self._batch: list[bytes] = []
        self._batch_bytes = 0
        self._full: list[list[bytes]] = []
        self._dropped = [0, 0]  # records, bytes
        self._running = asyncio.Event()
        self._running.set()
        self._timer: asyncio.TimerHandle | None = None
        self._posting: asyncio.Task[None] | None = None

    @property
    def take(self) -> Subscriber:
        """What to hand every event to."""
        return self._take

    def _take(self, stream: Stream, event: Telemetry) -> None:
        if stream not in self._subscription.streams:
            return
        data = json.dumps(event).encode()
        if len(self._full) >= _MOST_WAITING_BATCHES:
            self._dropped[0] += 1
            self._dropped[1] += len(data)
            return
        self._batch.append(data)
        self._batch_bytes += len(data)
        if len(self._batch) >= self._subscription.max_items or self._batch_bytes >= self._subscription.max_bytes:
            self._seal()
        elif self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._subscription.timeout_ms / 1000, self._seal)

    def _seal(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._batch:
            self._full.append(self._batch)
            self._batch, self._batch_bytes = [], 0
        if self._full and self._posting is None:
            self._posting = asyncio.ensure_future(self._post_all())

    async def _post_all(self) -> None:
        try:
            while self._full:
                await self._running.wait()
                await self._post(self._full[0])
                del self._full[0]
        finally:
            self._posting = None
        self._tell_dropped()

    async def _post(self, batch: list[bytes]) -> None:
        body = b"[" + b",".join(batch) + b"]"
        headers = {"Content-Type": "application/json"}
        try:
            answer = await wire.request(
                self._subscription.port,
                "POST",
                self._subscription.path,
                headers=headers,
                body=body,
                timeout_s=_POST_LIMIT_S,
            )
            reason = f"the subscriber answered {answer.status}" if answer.status >= 400 else None
        except (OSError, TimeoutError, ValueError) as error:
            reason = f"the subscriber cannot be reached ({type(error).__name__})"
        if reason is not None and any(_DROPPED not in event for event in batch):  # that would never end
            self._tell(logs_dropped(len(batch), len(body), f"could not send events: {reason}"))

    def _tell_dropped(self) -> None:
        (records, size_bytes), self._dropped = self._dropped, [0, 0]
        if records:
            self._tell(logs_dropped(records, size_bytes, "The subscriber is slower than the logs are produced"))

    def pause(self) -> None:
        """Begin no post until resumed."""
        self._running.clear()

    def resume(self) -> None:
        """Post again."""
        self._running.set()

    async def flush(self) -> None:
        """Post everything and return when it is sent."""
        self._seal()
        while self._posting is not None:
            await asyncio.shield(self._posting)

    def close(self) -> None:
        """Give up."""
        if self._timer is not None:
            self._timer.cancel()
        if self._posting is not None:
            self._posting.cancel()
