"""Events that are lists of records: SQS, SNS, Kinesis, DynamoDB streams, S3."""

from __future__ import annotations

from .propagation import from_message_attributes
from .triggers import Trigger, dig, epoch_ns, from_sqs_record, iso_ns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MS, _S = 1_000_000, 1_000_000_000
_MAX_LOOK = 1000
_MAX_WRAPPED = 256 * 1024


def from_records(records: list[Any]) -> Trigger:
    """The trigger of a batch; every record is looked at, up to a thousand."""
    first = records[0]
    origin = first.get("eventSource") or first.get("EventSource") or ""
    reader = _READERS.get(origin)
    if reader is None:
        return Trigger("unknown", origin if isinstance(origin, str) else "")
    trigger = Trigger(reader[0], reader[1](first))
    trigger.records = len(records)
    for record in records[:_MAX_LOOK]:
        if isinstance(record, dict):
            reader[2](trigger, record)
    if reader[0] in ("sqs", "sns", "kinesis"):
        trigger.attributes["messaging.operation.type"] = "process"
        if len(records) > 1:
            trigger.attributes["messaging.batch.message_count"] = len(records)
    return trigger


def _sqs(trigger: Trigger, record: dict[str, Any]) -> None:
    message_id = record.get("messageId")
    trigger.attributes["messaging.system"] = "aws_sqs"
    trigger.attributes["messaging.destination.name"] = trigger.source.rpartition(":")[2]
    if trigger.records == 1:
        trigger.attributes["messaging.message.id"] = message_id
        attempt = dig(record, "attributes", "ApproximateReceiveCount")
        if isinstance(attempt, str) and attempt.isdigit():
            trigger.attributes["mendline.attempt"] = int(attempt)
    trigger.add_link("sqs", message_id)
    trigger.sent(epoch_ns(dig(record, "attributes", "SentTimestamp"), _MS))
    context = from_sqs_record(record)
    body = record.get("body")
    if isinstance(body, str) and '"TopicArn"' in body and len(body) <= _MAX_WRAPPED:
        notice = _notification(body)
        trigger.add_link("sns", notice.get("MessageId"))
        context = from_message_attributes(notice.get("MessageAttributes")) or context
    trigger.add_context(context)


def _notification(body: str) -> dict[str, Any]:
    """An SNS notification delivered, not raw, through SQS."""
    from json import loads

    try:
        notice = loads(body)
    except ValueError:
        return {}
    return notice if isinstance(notice, dict) and notice.get("Type") == "Notification" else {}


def _sns(trigger: Trigger, record: dict[str, Any]) -> None:
    message = record.get("Sns")
    trigger.attributes["messaging.system"] = "aws.sns"
    trigger.attributes["messaging.destination.name"] = trigger.source.rpartition(":")[2]
    if trigger.records == 1:
        trigger.attributes["messaging.message.id"] = dig(message, "MessageId") or None
    trigger.add_link("sns", dig(message, "MessageId"))
    trigger.sent(iso_ns(dig(message, "Timestamp")))
    trigger.add_context(from_message_attributes(dig(message, "MessageAttributes")))


def _kinesis(trigger: Trigger, record: dict[str, Any]) -> None:
    stream = trigger.source.rpartition("/")[2]
    trigger.attributes["messaging.system"] = "aws_kinesis"
    trigger.attributes["messaging.destination.name"] = stream
    shard, _, sequence = str(record.get("eventID", "")).partition(":")
    if sequence:
        trigger.add_link("kinesis", f"{stream}/{shard}/{sequence}")
    trigger.sent(epoch_ns(dig(record, "kinesis", "approximateArrivalTimestamp"), _S))


def _dynamodb(trigger: Trigger, record: dict[str, Any]) -> None:
    table = _table(trigger.source)
    trigger.attributes["aws.dynamodb.table_names"] = [table]
    trigger.add_link("dynamodb", f"{table}/{record.get('eventID', '')}")
    trigger.sent(epoch_ns(dig(record, "dynamodb", "ApproximateCreationDateTime"), _S))


def _table(stream_arn: str) -> str:
    parts = stream_arn.split("/")
    return parts[1] if len(parts) > 1 else stream_arn


def _s3(trigger: Trigger, record: dict[str, Any]) -> None:
    bucket, key = dig(record, "s3", "bucket", "name"), dig(record, "s3", "object", "key")
    etag = dig(record, "s3", "object", "eTag")
    if isinstance(key, str):
        from .settings import unquote

        key = unquote(key.replace("+", " "))
    if trigger.records == 1:
        trigger.attributes["aws.s3.bucket"] = bucket
        trigger.attributes["aws.s3.key"] = key
    trigger.add_link("s3", f"{bucket}/{key}/{etag}")
    trigger.sent(iso_ns(record.get("eventTime")))


def _arn(record: dict[str, Any]) -> str:
    arn = record.get("eventSourceARN", "")
    return arn if isinstance(arn, str) else ""


def _topic(record: dict[str, Any]) -> str:
    topic = dig(record, "Sns", "TopicArn")
    return topic if isinstance(topic, str) else ""


def _bucket(record: dict[str, Any]) -> str:
    arn = dig(record, "s3", "bucket", "arn")
    return arn if isinstance(arn, str) else ""


_READERS: dict[str, Any] = {
    "aws:sqs": ("sqs", _arn, _sqs),
    "aws:sns": ("sns", _topic, _sns),
    "aws:kinesis": ("kinesis", _arn, _kinesis),
    "aws:dynamodb": ("dynamodb", _arn, _dynamodb),
    "aws:s3": ("s3", _bucket, _s3),
}
