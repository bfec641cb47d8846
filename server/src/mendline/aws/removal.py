"""Takes one message out of a queue, with a copy that is kept first, and puts it back; lets a stream pass over a record:
the only thing that writes to AWS.

SQS hands out messages by chance, so that a message is looked for among those that are visible; each that is seen on
the way counts one receive more, and is visible again afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mendline.aws.passing_over import changed, find_mapping, settings_of
from mendline.aws.sessions import Sessions
from mendline.aws.sources import Source
from mendline.clock import Clock
from mendline.errors import AwsRefusedError, NotFoundError, UsageError
from mendline.model.removal import Removed

LOOKED_FOR_S = 25.0
_MOST_SEEN = 2000
_HIDDEN_S = 60
_SENT_AGAIN = ("StringValue", "BinaryValue", "DataType")
_NUMBER = re.compile(r"[0-9]{1,12}")
Message = Mapping[str, Any]


class Removals:
    """Of the queues that some sources reach. Copies lie in `folder`, each a file that its owner alone may read."""

    def __init__(self, folder: Path, sources: Sequence[Source], clock: Clock) -> None:
        self._folder, self._clock, self._one_by_one = folder, clock, threading.Lock()
        self._sources = [(source, Sessions(source, clock)) for source in sources]

    def look(self, queue: str, message_id: str) -> Removed:
        """The message as it would be taken out: nothing is changed but that it was received once more. Raises
        NotFoundError where it is not to be seen, AwsRefusedError where AWS says no."""
        client, url, region = self._reach(queue)
        with _refusals():
            found = _find(client, url, message_id, self._clock)
            client.change_message_visibility(QueueUrl=url, ReceiptHandle=found["ReceiptHandle"], VisibilityTimeout=0)
        return self._kept(found, queue, region, 0, "")

    def take_out(self, queue: str, message_id: str, by: str, *, move: bool = False) -> Removed:
        """Keep a copy, then delete the message; with `move`, send it to the queue's dead-letter queue in between.
        Raises as look does, and UsageError where there is no such queue to move it to."""
        client, url, region = self._reach(queue)
        with self._one_by_one, _refusals():
            dead = _dead_letter_queue(client, url, queue) if move else ""
            found = _find(client, url, message_id, self._clock)
            kept = self._kept(found, queue, region, self._next(), by)
            self._write(kept)
            if dead:
                dead_url = client.get_queue_url(QueueName=dead)["QueueUrl"]
                kept = replace(kept, moved_to=dead, moved_id=_send(client, dead_url, kept))
                self._write(kept)
            client.delete_message(QueueUrl=url, ReceiptHandle=found["ReceiptHandle"])
        return kept

    def pass_over(self, stream: str, function: str, record: str, action: str, by: str, *, dry: bool = False) -> Removed:
        """Change the mapping of a function and a stream so that it passes a record, by one of STREAM_ACTIONS; what was
        set is kept first. `dry` only tells what would be changed. Raises NotFoundError, AwsRefusedError, and UsageError
        where it is set so already."""
        with self._one_by_one, _refusals():
            client, region, mapping = find_mapping(self._sources, function, stream)
            before = settings_of(mapping)
            kept = Removed(
                number=0 if dry else self._next(),
                queue=stream,
                region=region,
                message_id=record,
                body="",
                attributes={},
                system={},
                receives=0,
                removed_at=self._clock.now().isoformat(),
                by=by,
                how=action,
                function=function,
                mapping=mapping["UUID"],
                before=before,
                after=changed(action, before, record, mapping["EventSourceArn"]),
            )
            if not dry:
                self._write(kept)
                client.update_event_source_mapping(UUID=kept.mapping, **kept.after)
        return kept

    def put_back(self, number: int) -> Removed:
        """Send it again to the queue that it was taken from; where it was moved, it is taken out there. Raises
        NotFoundError for what was never taken out, UsageError for what was put back already."""
        kept = self._read(number)
        if kept.put_back_at:
            raise UsageError(f"Message {kept.message_id} was put back already, as {kept.put_back_id}.")
        if kept.how:
            return self._set_back(kept)
        client, url, _ = self._reach(kept.queue)
        with _refusals():
            kept = replace(kept, put_back_at=self._clock.now().isoformat(), put_back_id=_send(client, url, kept))
            self._write(kept)
            if kept.moved_to:
                dead_url = client.get_queue_url(QueueName=kept.moved_to)["QueueUrl"]
                found = _find(client, dead_url, kept.moved_id, self._clock)
                client.delete_message(QueueUrl=dead_url, ReceiptHandle=found["ReceiptHandle"])
        return kept

    def _set_back(self, kept: Removed) -> Removed:
        """Set the mapping as it was."""
        client, _, __ = find_mapping(self._sources, kept.function, kept.queue)
        with _refusals():
            client.update_event_source_mapping(UUID=kept.mapping, **{name: kept.before[name] for name in kept.after})
            kept = replace(kept, put_back_at=self._clock.now().isoformat(), put_back_id=kept.mapping)
            self._write(kept)
        return kept

    def removed(self) -> tuple[Removed, ...]:
        """What was taken out, the newest first."""
        numbers = sorted(int(path.stem) for path in self._folder.glob("*.json") if _NUMBER.fullmatch(path.stem))
        return tuple(self._read(number) for number in reversed(numbers))

    def _reach(self, queue: str) -> tuple[Any, str, str]:
        """A client that reaches a queue (its name, or ARN), its URL, and the region."""
        arn = queue.split(":")
        wanted, name = (arn[3], arn[5]) if len(arn) == 6 and arn[2] == "sqs" else ("", queue)
        tried = []
        for source, sessions in self._sources:
            for region in source.regions:
                if wanted not in ("", region):
                    continue
                try:
                    client = sessions.client("sqs", region)
                    url = client.get_queue_url(QueueName=name)["QueueUrl"]
                except (ClientError, BotoCoreError) as error:
                    tried.append(f"{source.name} in {region}: {error}"[:200])
                    continue
                return client, url, region
        if not self._sources:
            raise UsageError("No AWS account is named. The setting aws_sources says which may be reached.")
        raise NotFoundError(f"No queue '{name[:80]}' can be reached ({'; '.join(tried)[:600] or 'no region fits'}).")

    def _kept(self, found: Message, queue: str, region: str, number: int, by: str) -> Removed:
        told = found.get("Attributes") or {}
        attributes = {
            key: {part: _text(value[part]) for part in _SENT_AGAIN if part in value}
            for key, value in (found.get("MessageAttributes") or {}).items()
        }
        return Removed(
            number=number,
            queue=queue.rpartition(":")[2],
            region=region,
            message_id=found["MessageId"],
            body=found["Body"],
            attributes=attributes,
            system={
                name: told[name]
                for name in ("AWSTraceHeader", "MessageGroupId", "MessageDeduplicationId")
                if name in told
            },
            receives=int(told.get("ApproximateReceiveCount") or 0),
            removed_at=self._clock.now().isoformat(),
            by=by,
        )

    def _next(self) -> int:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        taken = [int(path.stem) for path in self._folder.glob("*.json") if _NUMBER.fullmatch(path.stem)]
        return max(taken, default=0) + 1

    def _write(self, kept: Removed) -> None:
        """Durable before anything is taken away."""
        path = self._folder / f"{kept.number}.json"
        fresh = path.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(asdict(kept), file, indent=2, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)

    def _read(self, number: int) -> Removed:
        try:
            return Removed(**json.loads((self._folder / f"{number}.json").read_text("utf-8")))
        except FileNotFoundError:
            raise NotFoundError(f"Nothing was taken out under number {number}.") from None


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    """What AWS refuses, in a sentence."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise AwsRefusedError(
            f"AWS does not do it: {error}. The role needs what deploy/aws/removal-policy.json allows, on this queue."
        ) from error


def _find(client: Any, url: str, message_id: str, clock: Clock) -> Message:
    """The message, received; all others that were seen are visible again."""
    others: list[Message] = []
    try:
        for batch in _batches(client, url, clock):
            others += [message for message in batch if message["MessageId"] != message_id]
            found = next((message for message in batch if message["MessageId"] == message_id), None)
            if found is not None:
                return found
    finally:
        for first in range(0, len(others), 10):
            entries = [
                {"Id": str(at), "ReceiptHandle": it["ReceiptHandle"], "VisibilityTimeout": 0}
                for at, it in enumerate(others[first : first + 10])
            ]
            client.change_message_visibility_batch(QueueUrl=url, Entries=entries)
    raise NotFoundError(
        f"Message {message_id[:80]} is not to be seen in {url.rpartition('/')[2]}: it is being worked on just now (try"
        " again,"
        " its visibility timeout ends it), it was moved to the dead-letter queue, or it is gone."
    )


def _batches(client: Any, url: str, clock: Clock) -> Iterator[Sequence[Message]]:
    until, seen, empty = clock.monotonic() + LOOKED_FOR_S, 0, 0
    while clock.monotonic() < until and seen < _MOST_SEEN and empty < 3:
        answer = client.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=_HIDDEN_S, WaitTimeSeconds=1,
            AttributeNames=["All"], MessageAttributeNames=["All"],
        )  # fmt: skip
        found = answer.get("Messages") or ()
        empty = 0 if found else empty + 1
        seen += len(found)
        yield found


def _dead_letter_queue(client: Any, url: str, queue: str) -> str:
    told = client.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"]).get("Attributes") or {}
    arn = json.loads(told.get("RedrivePolicy") or "{}").get("deadLetterTargetArn", "")
    if not arn:
        raise UsageError(
            f"The queue {queue[:80]} has no dead-letter queue to move it to; take it out without moving it."
        )
    return str(arn).rpartition(":")[2]


def _send(client: Any, url: str, kept: Removed) -> str:
    more: dict[str, Any] = {
        name: kept.system[name] for name in ("MessageGroupId", "MessageDeduplicationId") if name in kept.system
    }
    if "AWSTraceHeader" in kept.system:
        header = {"DataType": "String", "StringValue": kept.system["AWSTraceHeader"]}
        more["MessageSystemAttributes"] = {"AWSTraceHeader": header}
    answer = client.send_message(
        QueueUrl=url, MessageBody=kept.body, MessageAttributes=_sendable(kept.attributes), **more
    )
    return str(answer["MessageId"])


def _text(value: object) -> object:
    return {"hex": value.hex()} if isinstance(value, bytes) else value


def _sendable(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {part: bytes.fromhex(value["hex"]) if isinstance(value, dict) else value for part, value in parts.items()}
        for name, parts in attributes.items()
    }
