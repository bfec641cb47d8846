"""Follows the event-source mappings of the local AWS: a poller for each that is enabled."""

import asyncio
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from mendline_playground.host import Host, Metric, Result
from mendline_playground.host.metrics import MetricSink
from mendline_playground.sources.aws_json import AwsCallError, AwsJson
from mendline_playground.sources.flow import Flow
from mendline_playground.sources.mapping import Mapping, read_mapping
from mendline_playground.sources.queue import QueuePoller
from mendline_playground.sources.records import shards_of
from mendline_playground.sources.stream import Deliver, StreamPoller

Put = Callable[[str, str, float, str, str, str], None]

_LOOK_EVERY_S = 1.0


class Mappings:
    """All pollers; an async context manager. `workers` bounds how many batches of a queue are processed at once.

    `metric_sink` gets IteratorAge of AWS/Lambda, `put` what queues and streams count (namespace, metric, value, unit,
    dimension, its value). A mapping that is off keeps its place. `flow` is what may limit them, or let messages vanish.
    """

    def __init__(
        self,
        host: Host,
        aws: AwsJson,
        deliver: Deliver,
        metric_sink: MetricSink,
        put: Put,
        *,
        workers: int = 2,
        speed: float = 1.0,
    ) -> None:
        self._host = host
        self._aws = aws
        self._deliver = deliver
        self._metric_sink = metric_sink
        self._put = put
        self._workers = workers
        self._speed = speed
        self._running: dict[str, tuple[Mapping, asyncio.Task[None]]] = {}
        self._places: dict[str, dict[str, str]] = {}
        self._watching: asyncio.Task[None] | None = None
        self.flow = Flow()

    async def __aenter__(self) -> Self:
        await self._look()
        self._watching = asyncio.ensure_future(self._watch())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        tasks = [task for _, task in self._running.values()]
        tasks += [self._watching] if self._watching else []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def active(self) -> list[Mapping]:
        """The mappings that are polled now."""
        return [mapping for mapping, _ in self._running.values()]

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            try:
                await self._look()
            except (AwsCallError, OSError, TimeoutError):
                continue  # it is busy or on its way down; the next look tells

    async def _look(self) -> None:
        answer = await self._aws.get("lambda", "/2015-03-31/event-source-mappings/")
        found = {mapping.uuid: mapping for mapping in map(read_mapping, answer.get("EventSourceMappings") or ())}
        for uuid, (mapping, task) in list(self._running.items()):
            if found.get(uuid) != mapping:
                del self._running[uuid]
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        for uuid, mapping in found.items():
            if mapping.is_enabled and uuid not in self._running:
                self._running[uuid] = (mapping, asyncio.ensure_future(self._poller(mapping).run()))

    def _poller(self, mapping: Mapping) -> QueuePoller | StreamPoller:
        if mapping.service == "sqs":
            return QueuePoller(
                mapping,
                self._aws,
                self._invoke,
                self._count,
                workers=self._workers,
                flow=self.flow,
                speed=self._speed,
            )
        place = self._places.setdefault(mapping.uuid, {})
        shards = shards_of(mapping, self._aws)
        return StreamPoller(
            mapping, shards, self._invoke, self._deliver, self._age, speed=self._speed, place=place, flow=self.flow
        )

    async def _invoke(self, function_arn: str, payload: bytes, trace_header: str | None) -> Result:
        return await self._host.invoke(function_arn, payload, trace_header=trace_header)

    def _age(self, mapping: Mapping, age_ms: float) -> None:
        parts, name = mapping.function_arn.split(":"), mapping.function
        resource = f"{name}:{parts[7]}" if len(parts) > 7 else name
        self._metric_sink(Metric("IteratorAge", age_ms, "Milliseconds", name, resource, int(time.time() * 1000)))
        if mapping.service == "kinesis":
            stream = mapping.resource.partition("/")[2]
            self._put("AWS/Kinesis", "GetRecords.IteratorAgeMilliseconds", age_ms, "Milliseconds", "StreamName", stream)

    def _count(self, mapping: Mapping, metric: str, count: int) -> None:
        self._put("AWS/SQS", metric, count, "Count", "QueueName", mapping.resource)
