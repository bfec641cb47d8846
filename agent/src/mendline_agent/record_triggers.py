"""Events that are lists of records: SQS, SNS, Kinesis, DynamoDB streams, S3, SES, CloudFront."""

from __future__ import annotations

from .spans import from_headers, from_message_attributes, parse_xray
from .triggers import Trigger, dig, epoch_ns, from_sqs_record, iso_ns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MS, _S = 1_000_000, 1_000_000_000
_MAX_WRAPPED = 256 * 1024


def from_records(records: list[Any]) -> Trigger:
    """The trigger of a batch, with what every record carries."""
    first = records[0]
    origin = first.get("eventSource") or first.get("EventSource") or ("aws:cloudfront" if "cf" in first else "")
    reader = _READERS.get(origin) if type(origin) is str else None
    if reader is None:
        return Trigger("unknown", origin if type(origin) is str else "")
    kind, source, read = reader
    trigger = Trigger(kind, source(first))
    trigger.records = len(records)
    for index, record in enumerate(records):
        if trigger.passes(index):
            trigger.dropped += len(records) - index
            break
        if type(record) is dict:
            read(trigger, record)
    if kind in ("sqs", "sns", "kinesis"):
        trigger.attributes["messaging.operation.type"] = "process"
        if len(records) > 1:
            trigger.attributes["messaging.batch.message_count"] = len(records)
    return trigger


def _sqs(trigger: Trigger, record: dict[str, Any]) -> None:
    message_id = record.get("messageId")
    if not trigger.links_in:
        trigger.attributes["messaging.system"] = "aws_sqs"
        trigger.attributes["messaging.destination.name"] = trigger.source.rpartition(":")[2] or None
    if trigger.records == 1:
        trigger.attributes["messaging.message.id"] = message_id
        attempt = dig(record, "attributes", "ApproximateReceiveCount")
        if type(attempt) is str and len(attempt) < 10 and attempt.isdigit():
            trigger.attributes["mendline.attempt"] = int(attempt)
    trigger.add_link("sqs", message_id)
    trigger.sent(epoch_ns(dig(record, "attributes", "SentTimestamp"), _MS))
    context = from_sqs_record(record)
    body = record.get("body")
    if (
        type(body) is str
        and body[:1] == "{"
        and ('"TopicArn"' in body or '"detail-type"' in body or '"aws:s3"' in body)
    ):
        context = _wrapped(trigger, body) or context
    trigger.add_context(context)


def _wrapped(trigger: Trigger, body: str) -> Any:
    """A notification, an event or a record that came through the queue: its own id, and its trace if it has one."""
    from json import loads

    trigger.wrapped += len(body)
    if trigger.wrapped > _MAX_WRAPPED:
        return None
    try:
        inner = loads(body)
    except (ValueError, RecursionError):
        return None
    if dig(inner, "Type") == "Notification":
        trigger.add_link("sns", inner.get("MessageId"))
        return from_message_attributes(inner.get("MessageAttributes"))
    if dig(inner, "detail-type"):
        trigger.add_link("events", inner.get("id"))
        return from_headers(inner.get("detail"))
    records = dig(inner, "Records")
    for record in records[:10] if type(records) is list else ():
        if dig(record, "eventSource") == "aws:s3":
            _s3_links(trigger, record)
    return None


def _sns(trigger: Trigger, record: dict[str, Any]) -> None:
    message = record.get("Sns")
    trigger.attributes["messaging.system"] = "aws.sns"
    trigger.attributes["messaging.destination.name"] = trigger.source.rpartition(":")[2] or None
    if trigger.records == 1:
        trigger.attributes["messaging.message.id"] = dig(message, "MessageId") or None
    trigger.add_link("sns", dig(message, "MessageId"))
    trigger.sent(iso_ns(dig(message, "Timestamp")))
    attributes = dig(message, "MessageAttributes")
    context = from_message_attributes(attributes) or parse_xray(dig(attributes, "AWSTraceHeader", "Value"))
    trigger.add_context(context)


def _kinesis(trigger: Trigger, record: dict[str, Any]) -> None:
    stream = trigger.source.rpartition("/")[2]
    if not trigger.links_in:
        trigger.attributes["messaging.system"] = "aws_kinesis"
        trigger.attributes["messaging.destination.name"] = stream or None
    event_id = record.get("eventID")
    if type(event_id) is str:
        shard, _, sequence = event_id.partition(":")
        if sequence:
            trigger.add_link("kinesis", f"{stream}/{shard}/{sequence}")
    arrived = dig(record, "kinesis", "approximateArrivalTimestamp") or record.get("approximateArrivalTimestamp")
    trigger.sent(epoch_ns(arrived, _S))


def _dynamodb(trigger: Trigger, record: dict[str, Any]) -> None:
    from .dynamodb_keys import read

    table = _table(trigger.source)
    trigger.attributes["aws.dynamodb.table_names"] = [table]
    event_id, change = record.get("eventID"), record.get("dynamodb")
    if type(event_id) is str:
        trigger.add_link("dynamodb", f"{table}/{event_id}")
    created_ns = epoch_ns(dig(change, "ApproximateCreationDateTime"), _S)
    trigger.sent(created_ns)
    if type(change) is dict and created_ns:
        for link in read(table, change, created_ns // _S):
            trigger.add_link("dynamodb", link)


def _table(stream_arn: str) -> str:
    parts = stream_arn.split("/")
    return parts[1] if len(parts) > 1 else stream_arn


def _s3(trigger: Trigger, record: dict[str, Any]) -> None:
    bucket, key = _s3_links(trigger, record)
    if trigger.records == 1:
        trigger.attributes["aws.s3.bucket"] = bucket
        trigger.attributes["aws.s3.key"] = key
    trigger.sent(iso_ns(record.get("eventTime")))


def _s3_links(trigger: Trigger, record: dict[str, Any]) -> tuple[Any, Any]:
    """The request that made the object, and the object itself, since not every S3 tells of the request."""
    bucket, key = dig(record, "s3", "bucket", "name"), dig(record, "s3", "object", "key")
    etag = dig(record, "s3", "object", "eTag")
    if type(key) is str:
        from .settings import unquote

        key = unquote(key[:4096].replace("+", " "))
    trigger.add_link("s3", dig(record, "responseElements", "x-amz-request-id"))
    if type(key) is str and type(bucket) is str and type(etag) is str:
        trigger.add_link("s3", f"{bucket}/{key}/{etag}")
    return bucket, key


def _codecommit(trigger: Trigger, record: dict[str, Any]) -> None:
    trigger.add_link("codecommit", record.get("eventId"))
    trigger.sent(iso_ns(record.get("eventTime")))


def _ses(trigger: Trigger, record: dict[str, Any]) -> None:
    mail = dig(record, "ses", "mail")
    trigger.add_link("ses", dig(mail, "messageId"))
    trigger.sent(iso_ns(dig(mail, "timestamp")))


def _cloudfront(trigger: Trigger, record: dict[str, Any]) -> None:
    request = dig(record, "cf", "request")
    trigger.add_link("cloudfront", dig(record, "cf", "config", "requestId"))
    trigger.attributes["http.request.method"] = dig(request, "method") or None
    trigger.attributes["url.path"] = dig(request, "uri") or None
    headers = dig(request, "headers")
    lists = {name: dig(headers, name) for name in ("traceparent", "tracestate", "x-amzn-trace-id")}
    told = {name: dig(found[0], "value") for name, found in lists.items() if type(found) is list and found}
    trigger.add_context(from_headers(told))


def _at(*path: str) -> Any:
    def source(record: dict[str, Any]) -> str:
        found = dig(record, *path)
        return found if type(found) is str else ""

    return source


def _distribution(record: dict[str, Any]) -> str:
    return f"{dig(record, 'cf', 'config', 'distributionId')} {dig(record, 'cf', 'config', 'eventType')}"


_READERS: dict[str, Any] = {
    "aws:sqs": ("sqs", _at("eventSourceARN"), _sqs),
    "aws:sns": ("sns", _at("Sns", "TopicArn"), _sns),
    "aws:kinesis": ("kinesis", _at("eventSourceARN"), _kinesis),
    "aws:dynamodb": ("dynamodb", _at("eventSourceARN"), _dynamodb),
    "aws:s3": ("s3", _at("s3", "bucket", "arn"), _s3),
    "aws:codecommit": ("codecommit", _at("eventSourceARN"), _codecommit),
    "aws:ses": ("ses", _at("ses", "receipt", "action", "functionArn"), _ses),
    "aws:cloudfront": ("cloudfront", _distribution, _cloudfront),
}
