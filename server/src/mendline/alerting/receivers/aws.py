"""AWS: a message to a topic of SNS, or an event on a bus of EventBridge, with the credentials of the server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mendline.alerting.receivers.addresses import checked_url, place_of
from mendline.alerting.receivers.outcome import Delivered, Outcome
from mendline.model.message import Message
from mendline.model.policy import Receiver

_MOST_SUBJECT, _MOST_BYTES = 100, 200_000  # both take 256 KB
_NEVER = ("AccessDenied", "AuthorizationError", "InvalidParameter", "NotFound", "InvalidClientTokenId", "Validation")


def publish(receiver: Receiver, options: Mapping[str, str], message: Message, at_s: int) -> Outcome:
    """Publish it. What AWS refuses is told by its code."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - it takes long to load

    try:
        if receiver.type == "sns":
            return _to_topic(_client("sns", receiver, options), options["topic_arn"], message)
        return _to_bus(_client("events", receiver, options), options.get("bus", "default"), message, at_s)
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "an error"))[:80]
        return Outcome(Delivered.NEVER if code.startswith(_NEVER) else Delivered.NO, f"AWS answered {code}.")
    except BotoCoreError as error:
        return Outcome(Delivered.NO, f"AWS cannot be asked: {type(error).__name__}.")


def _to_topic(client: Any, topic: str, message: Message) -> Outcome:
    attributes = {
        name: {"DataType": "String", "StringValue": value}
        for name, value in (("severity", message.severity), ("kind", message.kind), ("key", message.key))
    }
    more: dict[str, str] = {}
    if topic.endswith(".fifo"):
        more = {"MessageDeduplicationId": message.key, "MessageGroupId": message.thread}
    subject = "".join(letter for letter in message.title if letter.isascii() and letter.isprintable())
    client.publish(
        TopicArn=topic,
        Subject=subject[:_MOST_SUBJECT] or "Mendline",
        Message=f"{message.text[:_MOST_BYTES]}\n\n{message.url}",
        MessageAttributes=attributes,
        **more,
    )
    return Outcome(Delivered.YES)


def _to_bus(client: Any, bus: str, message: Message, at_s: int) -> Outcome:
    detail = json.dumps({"key": message.key, **message.content})
    if len(detail) > _MOST_BYTES:
        detail = json.dumps({"key": message.key, "title": message.title, "text": message.text, "url": message.url})
    entry = {
        "Time": datetime.fromtimestamp(at_s, UTC),
        "Source": "mendline",
        "DetailType": f"Mendline incident {message.kind}",
        "Detail": detail,
        "EventBusName": bus,
    }
    told = client.put_events(Entries=[entry])
    if told.get("FailedEntryCount"):
        code = str(told["Entries"][0].get("ErrorCode", "an error"))[:80]
        return Outcome(Delivered.NO, f"EventBridge answered {code}.")
    return Outcome(Delivered.YES)


def _client(service: str, receiver: Receiver, options: Mapping[str, str]) -> Any:
    import boto3  # noqa: PLC0415 - it takes long to load
    from botocore.config import Config  # noqa: PLC0415 - likewise

    endpoint = options.get("endpoint_url")
    if endpoint:
        parts = checked_url(endpoint, allow_private=receiver.allow_private)
        place_of(parts.hostname or "", parts.port or 443, allow_private=receiver.allow_private)
    arn = options.get("topic_arn", "").split(":")
    region = options.get("region") or (arn[3] if len(arn) > 3 else None)
    make: Any = boto3.client
    config = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 1})
    return make(service, region_name=region, endpoint_url=endpoint, config=config)
