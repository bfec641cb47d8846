"""Lambda's poller of one SQS queue: batches, window, partial responses; visibility and redrive are the queue's own."""

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

from mendline_playground.host import InvokeError, Result
from mendline_playground.host.function import REGION
from mendline_playground.sources.aws_json import AwsCallError, AwsJson
from mendline_playground.sources.flow import Flow
from mendline_playground.sources.mapping import Mapping

Invoke = Callable[[str, bytes, str | None], Awaitable[Result]]
"""Invokes a function by its ARN with an event, and with the X-Ray header that came along."""

Count = Callable[[Mapping, str, int], None]
_MOST_AT_ONCE = 10  # of one receive
_WAIT_S = 20
_PAUSE_S = 1.0


class QueuePoller:
    """Polls until it is cancelled; what is under way is then finished by nobody, and comes back to the queue.

    `count` is told of NumberOfMessagesReceived and NumberOfMessagesDeleted. `speed` divides how long a message that was
    not processed stays hidden afterwards; while it is worked on it is hidden for as long as its queue says.
    """

    def __init__(
        self,
        mapping: Mapping,
        aws: AwsJson,
        invoke: Invoke,
        count: Count,
        *,
        workers: int,
        flow: Flow,
        speed: float = 1.0,
    ) -> None:
        self._mapping = mapping
        self._aws = aws
        self._invoke = invoke
        self._count = count
        self._workers = min(mapping.most_concurrent or workers, workers)
        self._slots = asyncio.Semaphore(self._workers)
        self._flow = flow
        self._speed = speed
        account, queue = mapping.source_arn.split(":")[4:6]
        self._url = f"http://localhost/{account}/{queue}"
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Poll for ever."""
        try:
            while True:
                await self._slots.acquire()
                try:
                    batch = await self._batch()
                except (AwsCallError, OSError, TimeoutError):
                    batch = []
                    await asyncio.sleep(_PAUSE_S)
                if not batch:
                    self._slots.release()
                    continue
                task = asyncio.ensure_future(self._process(batch))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        finally:
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _batch(self) -> list[dict[str, Any]]:
        """What is there; with a window, what comes within it until the batch is full."""
        size = self._mapping.batch_size
        batch = await self._receive(size, _WAIT_S)
        until = time.monotonic() + self._mapping.window_s
        while batch and len(batch) < size and (left_s := until - time.monotonic()) > 0:
            more = await self._receive(size - len(batch), 0)
            batch += more
            if not more:
                await asyncio.sleep(min(0.1, left_s))
        return batch

    async def _receive(self, most: int, wait_s: int) -> list[dict[str, Any]]:
        body = {
            "QueueUrl": self._url,
            "MaxNumberOfMessages": min(most, _MOST_AT_ONCE),
            "WaitTimeSeconds": wait_s,
            "AttributeNames": ["All"],
            "MessageAttributeNames": ["All"],
        }
        answer = await self._aws.call("sqs", "AmazonSQS.ReceiveMessage", body)
        messages: list[dict[str, Any]] = answer.get("Messages") or []
        if messages:
            self._count(self._mapping, "NumberOfMessagesReceived", len(messages))
        return messages

    async def _process(self, received: list[dict[str, Any]]) -> None:
        try:
            batch = self._flow.keep(self._mapping.function, received)
            if len(batch) < len(received):
                await self._delete([message for message in received if message not in batch])
            if not batch:
                return
            event = {"Records": [self._record(message) for message in batch]}
            trace = (batch[0].get("Attributes") or {}).get("AWSTraceHeader")
            failed = await self._attempt(batch, json.dumps(event).encode(), trace)
            await self._delete([message for message in batch if message not in failed])
            await self._give_back(failed)
            await asyncio.sleep(self._flow.pause_s(self._mapping.function, len(batch)) * self._workers)
        except (AwsCallError, OSError, TimeoutError):
            pass  # the local AWS is gone, or on its way: likewise
        finally:
            self._slots.release()

    async def _attempt(self, batch: list[dict[str, Any]], event: bytes, trace: str | None) -> list[dict[str, Any]]:
        """Have a batch processed; the messages of it that were not."""
        try:
            result = await self._invoke(self._mapping.function_arn, event, trace)
        except InvokeError:  # throttled
            await asyncio.sleep(_PAUSE_S)
            return batch
        if result.function_error is not None:
            return batch
        failed = _failed(result.payload) if self._mapping.reports_failures else set()
        return [message for message in batch if message["MessageId"] in failed]

    async def _give_back(self, messages: list[dict[str, Any]]) -> None:
        """Messages come back after their visibility timeout; here sooner, where that is to go faster."""
        if self._speed <= 1 or not messages:
            return
        asked = {"QueueUrl": self._url, "AttributeNames": ["VisibilityTimeout"]}
        told = await self._aws.call("sqs", "AmazonSQS.GetQueueAttributes", asked)
        hidden_s = max(1, round(int(told["Attributes"]["VisibilityTimeout"]) / self._speed))
        for message in messages:
            change = {"ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": hidden_s}
            await self._aws.call("sqs", "AmazonSQS.ChangeMessageVisibility", {"QueueUrl": self._url, **change})

    async def _delete(self, messages: list[dict[str, Any]]) -> None:
        for first in range(0, len(messages), _MOST_AT_ONCE):
            entries = [
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                for number, message in enumerate(messages[first : first + _MOST_AT_ONCE])
            ]
            await self._aws.call("sqs", "AmazonSQS.DeleteMessageBatch", {"QueueUrl": self._url, "Entries": entries})
            self._count(self._mapping, "NumberOfMessagesDeleted", len(entries))

    def _record(self, message: dict[str, Any]) -> dict[str, Any]:
        """The message as Lambda hands it on ("Using Lambda with Amazon SQS", example event)."""
        attributes = {
            name: {key[0].lower() + key[1:]: value for key, value in told.items()}
            for name, told in (message.get("MessageAttributes") or {}).items()
        }
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes") or {},
            "messageAttributes": attributes,
            "md5OfBody": message.get("MD5OfBody", ""),
            "eventSource": "aws:sqs",
            "eventSourceARN": self._mapping.source_arn,
            "awsRegion": REGION,
        }


def _failed(payload: bytes) -> set[str]:
    """The ids in a partial batch response; none in anything else."""
    with contextlib.suppress(ValueError, TypeError, AttributeError, KeyError):
        return {str(item["itemIdentifier"]) for item in json.loads(payload)["batchItemFailures"]}
    return set()
