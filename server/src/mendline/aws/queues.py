"""SQS queues: how long a message is invisible and kept, and where it goes when nobody could process it."""

from __future__ import annotations

import json
from typing import Any

from mendline.aws.calls import Calls, Refusal
from mendline.aws.configuration import Thing
from mendline.aws.roles import statements

_PAGE = 1000


def list_queues(calls: Calls) -> dict[str, Thing] | None:
    """Every queue of the region by its name, with its URL only; None when AWS does not allow it."""
    urls = calls.every("sqs", "ListQueues", "QueueUrls", MaxResults=_PAGE)
    if urls is None:
        return None
    names = {str(url).rpartition("/")[2]: str(url) for url in urls}
    return {name: Thing("sqs", name, {"url": url}) for name, url in names.items()}


def queue_details(calls: Calls, thing: Thing) -> dict[str, Any]:
    """The attributes of a queue as facts; nothing when AWS does not allow it or the queue is gone."""
    answer = calls.one("sqs", "GetQueueAttributes", thing.name, QueueUrl=thing.facts["url"], AttributeNames=["All"])
    if isinstance(answer, Refusal):
        return {}
    attributes: dict[str, str] = answer.get("Attributes") or {}
    redrive = json.loads(attributes.get("RedrivePolicy") or "{}")
    policy = json.loads(attributes.get("Policy") or "{}")
    return {
        "arn": attributes.get("QueueArn"),
        "dead_letter_queue": redrive.get("deadLetterTargetArn"),
        "delay_s": _number(attributes.get("DelaySeconds")),
        "encryption_key": attributes.get("KmsMasterKeyId"),
        "fifo": attributes.get("FifoQueue") == "true",
        "max_message_bytes": _number(attributes.get("MaximumMessageSize")),
        "max_receives": _number(redrive.get("maxReceiveCount")),
        "policy": statements(policy),
        "receive_wait_s": _number(attributes.get("ReceiveMessageWaitTimeSeconds")),
        "retention_s": _number(attributes.get("MessageRetentionPeriod")),
        "visibility_timeout_s": _number(attributes.get("VisibilityTimeout")),
    }


def _number(value: Any) -> int | None:
    return int(value) if value not in (None, "") else None
