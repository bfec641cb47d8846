"""AWS: a message to a topic of SNS, or an event on a bus of EventBridge, with the credentials of the server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mendline.alerting.receivers.addresses import checked_url, place_of
from mendline.alerting.receivers.outcome import Delivered, Outcome
from mendline.errors import UsageError
from mendline.model.message import Message
from mendline.model.policy import Receiver

_MOST_SUBJECT, _MOST_BYTES = 100, 200_000  # both take 256 KB
_NEVER = ("AccessDenied", "AuthorizationError", "InvalidParameter", "NotFound", "InvalidClientTokenId", "Validation")


def publish(
    receiver: Receiver, options: Mapping[str, str], message: Message, at_s: int, *, timeout_s: float
) -> Outcome:
    """Publish it. What AWS refuses is told by its code; an answer without the id of what was taken is none."""
    from botocore.exceptions import ClientError, NoCredentialsError  # noqa: PLC0415 - it takes long to load

    try:
        if receiver.type == "sns":
            return _to_topic(_client("sns", receiver, options, timeout_s), options["topic_arn"], message)
        client = _client("events", receiver, options, timeout_s)
        return _to_bus(client, options.get("bus", "default"), message, at_s)
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "an error"))[:80]
        return Outcome(Delivered.NEVER if code.startswith(_NEVER) else Delivered.NO, f"AWS answered {code}.")
    except NoCredentialsError:
        return Outcome(
            Delivered.NO, "The server has no credentials of AWS: give it a role, or AWS_ACCESS_KEY_ID and its like."
        )
    except UsageError:  # its address
        raise
    except Exception as error:  # botocore's parsers raise all kinds of an answer that is not AWS's: a proxy's page
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
    told = client.publish(
        TopicArn=topic,
        Subject=subject[:_MOST_SUBJECT] or "Mendline",
        Message=f"{message.text[:_MOST_BYTES]}\n\n{message.url}",
        MessageAttributes=attributes,
        **more,
    )
    return _taken(told.get("MessageId"), "SNS")


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
    told: Mapping[str, str] = next(iter(client.put_events(Entries=[entry]).get("Entries") or ()), {})
    if told.get("ErrorCode"):
        return Outcome(Delivered.NO, f"EventBridge answered {str(told['ErrorCode'])[:80]}.")
    return _taken(told.get("EventId"), "EventBridge")


def _taken(number: str | None, service: str) -> Outcome:
    if number:
        return Outcome(Delivered.YES)
    return Outcome(Delivered.NO, f"{service} did not say that it took the message.")


def _client(service: str, receiver: Receiver, options: Mapping[str, str], timeout_s: float) -> Any:
    import boto3  # noqa: PLC0415 - it takes long to load
    from botocore.config import Config  # noqa: PLC0415 - likewise

    endpoint = options.get("endpoint_url")
    if endpoint:
        parts = checked_url(endpoint, allow_private=receiver.allow_private)
        place_of(parts.hostname or "", parts.port or 443, allow_private=receiver.allow_private)
    arn = options.get("topic_arn", "").split(":")
    region = options.get("region") or (arn[3] if len(arn) > 3 else None)
    make: Any = boto3.Session().client  # the session that boto3 shares is not for several threads, and keeps its keys
    config = Config(connect_timeout=min(5, timeout_s), read_timeout=timeout_s, retries={"total_max_attempts": 1})
    return make(service, region_name=region, endpoint_url=endpoint, config=config)
