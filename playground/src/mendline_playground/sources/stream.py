"""Lambda's poller of a stream: each shard in its order, a batch until it succeeds or is given up.

Retries, bisecting, maximum age and the destination of what is given up are those of the mapping ("Using Lambda to
process records from Amazon Kinesis Data Streams", Lambda Developer Guide).
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from mendline_playground.host import Delivery, InvokeError, Result
from mendline_playground.sources.aws_json import AwsCallError
from mendline_playground.sources.flow import Flow
from mendline_playground.sources.mapping import Mapping
from mendline_playground.sources.queue import Invoke
from mendline_playground.sources.records import Shards, StreamRecord

Age = Callable[[Mapping, float], None]
Deliver = Callable[[Delivery], Awaitable[None]]
_EVERY_S = 1.0
_FIRST_RETRY_S, _LONGEST_RETRY_S = 1.0, 60.0


class StreamPoller:
    """Polls every shard of a stream until it is cancelled.

    `tell_age` is called with the age in ms of the last record of each batch that a function is given. `speed` divides
    the waits. `place` keeps how far each shard was read, so that a mapping that was off goes on where it was.
    """

    def __init__(
        self,
        mapping: Mapping,
        shards: Shards,
        invoke: Invoke,
        deliver: Deliver,
        tell_age: Age,
        *,
        speed: float,
        place: dict[str, str],
        flow: Flow,
    ) -> None:
        self._mapping = mapping
        self._shards = shards
        self._invoke = invoke
        self._deliver = deliver
        self._tell_age = tell_age
        self._speed = speed
        self._place = place
        self._flow = flow

    async def run(self) -> None:
        """Poll for ever."""
        while True:
            try:
                ids = await self._shards.ids()
                break
            except (AwsCallError, OSError, TimeoutError):
                await asyncio.sleep(_EVERY_S)
        await asyncio.gather(*(self._follow(shard) for shard in ids))

    async def _follow(self, shard: str) -> None:
        while True:
            try:
                records = await self._gather(shard)
            except (AwsCallError, OSError, TimeoutError):
                records = []
            if records:
                await self._process(shard, records)
            else:
                await asyncio.sleep(_EVERY_S / min(self._speed, 10.0))

    async def _gather(self, shard: str) -> list[StreamRecord]:
        """What is there; with a window, what comes within it until the batch is full."""
        records = await self._read(shard, self._place.get(shard, ""), self._mapping.batch_size)
        until = time.monotonic() + self._mapping.window_s / self._speed
        while records and len(records) < self._mapping.batch_size and time.monotonic() < until:
            await asyncio.sleep(min(_EVERY_S, until - time.monotonic()))
            records += await self._read(shard, records[-1].sequence, self._mapping.batch_size - len(records))
        return records

    async def _read(self, shard: str, after: str, limit: int) -> list[StreamRecord]:
        horizon = self._mapping.starts_at_horizon
        return await self._shards.read(shard, after, from_horizon=horizon, limit=limit)

    async def _process(self, shard: str, records: Sequence[StreamRecord]) -> None:
        """Try a batch until nothing of it is left to do; then the shard goes on. Splitting is no retry."""
        last = records[-1].sequence
        pending = [self._flow.keep(self._mapping.function, records)]
        retries = 0
        while pending:
            batch = await self._expire(shard, pending.pop(0))
            if not batch:
                continue
            done, result = await self._try(batch)
            rest = batch[done:]
            retries = retries + 1 if rest and not done else 0
            if not rest:
                continue
            if self._mapping.bisects and len(rest) > 1:
                half = (len(rest) + 1) // 2
                pending[:0] = [rest[:half], rest[half:]]
                retries = 0
                continue
            if self._mapping.most_retries is not None and retries > self._mapping.most_retries:
                await self._give_up(shard, rest, "RetryAttemptsExhausted", result)
                retries = 0
                continue
            pending.insert(0, rest)
            await asyncio.sleep(min(_LONGEST_RETRY_S, _FIRST_RETRY_S * 2 ** min(max(retries, 1) - 1, 6)) / self._speed)
        self._place[shard] = last
        await asyncio.sleep(self._flow.pause_s(self._mapping.function, len(records)))

    async def _try(self, batch: list[StreamRecord]) -> tuple[int, Result | None]:
        """How many records from the beginning were processed, and what the function said."""
        self._tell_age(self._mapping, max(0.0, (time.time() - batch[-1].arrived_s) * 1000))
        event = {"Records": [record.event for record in batch]}
        try:
            result = await self._invoke(self._mapping.function_arn, json.dumps(event).encode(), None)
        except InvokeError:
            return 0, None
        if result.function_error is not None:
            return 0, result
        first = _first_failed(result.payload) if self._mapping.reports_failures else None
        if first is None:
            return len(batch), result
        places = [number for number, record in enumerate(batch) if record.sequence == first]
        return (places[0] if places else 0), result

    async def _expire(self, shard: str, batch: list[StreamRecord]) -> list[StreamRecord]:
        if self._mapping.most_age_s is None:
            return batch
        oldest = time.time() - self._mapping.most_age_s / self._speed
        old = [record for record in batch if record.arrived_s < oldest]
        if old:
            await self._give_up(shard, old, "RecordAgeExceeded", None)
        return batch[len(old) :]

    async def _give_up(self, shard: str, batch: list[StreamRecord], condition: str, result: Result | None) -> None:
        if not self._mapping.on_failure:
            return
        body = json.dumps(self._told(shard, batch, condition, result))
        with contextlib.suppress(Exception):  # a destination that fails must not stop the stream, as on Lambda
            await self._deliver(Delivery(self._mapping.on_failure, body))

    def _told(self, shard: str, batch: list[StreamRecord], condition: str, result: Result | None) -> dict[str, Any]:
        """The record for the destination ("Capturing discarded batches", Lambda Developer Guide)."""
        is_kinesis = self._mapping.service == "kinesis"
        response: dict[str, Any] = (
            {"statusCode": 200, "executedVersion": result.executed_version} if result else {"statusCode": 429}
        )
        if result is not None and result.function_error:
            response["functionError"] = result.function_error
        info = {
            "shardId": shard,
            "startSequenceNumber": batch[0].sequence,
            "endSequenceNumber": batch[-1].sequence,
            "approximateArrivalOfFirstRecord": _iso(batch[0].arrived_s),
            "approximateArrivalOfLastRecord": _iso(batch[-1].arrived_s),
            "batchSize": len(batch),
            "streamArn": self._mapping.source_arn,
        }
        return {
            "requestContext": {
                "requestId": result.request_id if result else "",
                "functionArn": self._mapping.function_arn,
                "condition": condition,
                "approximateInvokeCount": (self._mapping.most_retries or 0) + 1,
            },
            "responseContext": response,
            "version": "1.0",
            "timestamp": _iso(time.time()),
            "KinesisBatchInfo" if is_kinesis else "DDBStreamBatchInfo": info,
        }


def _first_failed(payload: bytes) -> str | None:
    """The sequence number from which on a partial batch response wants the batch again."""
    with contextlib.suppress(ValueError, TypeError, AttributeError, KeyError, IndexError):
        return str(json.loads(payload)["batchItemFailures"][0]["itemIdentifier"])
    return None


def _iso(moment_s: float) -> str:
    return datetime.fromtimestamp(moment_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
