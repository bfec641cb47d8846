"""Events that are neither records nor HTTP: brokers, deliveries, hooks of other services, each known by its marks."""

from __future__ import annotations

import os

from .spans import from_headers, parse_traceparent
from .triggers import Trigger, dig, epoch_ns, iso_ns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_MS, _S = 1_000_000, 1_000_000_000
_MOST_PARTITIONS = 100
_MOST_KEYS = 20
_LOGS_READ = 8 * 1024  # characters of base64: more than what stands before the lines in it


def from_other(event: dict[str, Any]) -> Trigger | None:
    """The trigger of an event by the keys that only this kind has; None when it has none of them."""
    for marks, read in _MARKS:
        if all(mark in event for mark in marks):
            trigger = read(event)
            if trigger is not None:
                return trigger
    return _state_machine(event)


def _text(value: Any) -> str:
    return value if type(value) is str else ""


def _broker(event: dict[str, Any]) -> Trigger | None:
    """Kafka (Amazon's or one's own), ActiveMQ, RabbitMQ, DocumentDB."""
    kind = _BROKERS.get(_text(event.get("eventSource")))
    if kind is None:
        return None
    trigger = Trigger(kind, _text(event.get("eventSourceArn")) or _text(event.get("bootstrapServers")))
    parts = event.get("records") or event.get("rmqMessagesByQueue") or event.get("messages") or event.get("events")
    lists = list(parts.values())[:_MOST_PARTITIONS] if type(parts) is dict else [parts]
    for records in lists:
        for record in records if type(records) is list else ():
            if trigger.passes(trigger.records):
                trigger.dropped += 1
            elif type(record) is dict:
                _message(trigger, record)
            trigger.records += 1
    trigger.attributes["messaging.system"] = {"msk": "kafka"}.get(kind, kind)
    trigger.attributes["messaging.operation.type"] = "process"
    if trigger.records > 1:
        trigger.attributes["messaging.batch.message_count"] = trigger.records
    return trigger


_BROKERS = {
    "aws:kafka": "msk",
    "SelfManagedKafka": "kafka",
    "aws:SelfManagedKafka": "kafka",
    "aws:mq": "activemq",
    "aws:rmq": "rabbitmq",
    "aws:docdb": "documentdb",
}


def _message(trigger: Trigger, record: dict[str, Any]) -> None:
    topic, partition, offset = record.get("topic"), record.get("partition"), record.get("offset")
    if type(topic) is str and type(partition) is int and type(offset) is int:
        trigger.add_link("kafka", f"{topic}/{partition}/{offset}")
        trigger.attributes["messaging.destination.name"] = topic
    elif "messageID" in record:
        trigger.add_link("activemq", record.get("messageID"))
    trigger.sent(epoch_ns(record.get("timestamp"), _MS))
    headers = record.get("headers")
    for header in headers[:_MOST_KEYS] if type(headers) is list else ():
        if type(header) is dict and type(header.get("traceparent")) is list:
            trigger.add_context(_from_bytes(header["traceparent"]))


def _from_bytes(octets: list[Any]) -> Any:
    """Kafka's headers come as lists of numbers."""
    if len(octets) > 100 or not all(type(octet) is int and 0 <= octet < 128 for octet in octets):
        return None
    return parse_traceparent(bytes(octets).decode())


def _firehose(event: dict[str, Any]) -> Trigger:
    trigger = Trigger("firehose", _text(event.get("deliveryStreamArn")))
    stream = _text(event.get("sourceKinesisStreamArn")).rpartition("/")[2]
    records = event.get("records")
    for record in records if type(records) is list else ():
        trigger.records += 1
        if trigger.passes(trigger.records - 1) or type(record) is not dict:
            trigger.dropped += 1
            continue
        trigger.sent(epoch_ns(record.get("approximateArrivalTimestamp"), _MS))
        origin = record.get("kinesisRecordMetadata")
        if stream and type(origin) is dict:
            trigger.add_link("kinesis", f"{stream}/{origin.get('shardId')}/{origin.get('sequenceNumber')}")
    return trigger


def _logs(event: dict[str, Any]) -> Trigger | None:
    """A subscription's delivery: what stands at its beginning says whose lines they are."""
    data = dig(event, "awslogs", "data")
    if type(data) is not str:
        return None
    from binascii import a2b_base64
    from zlib import decompressobj, error

    try:
        head = decompressobj(31).decompress(a2b_base64(data[:_LOGS_READ]), 4096).decode("utf-8", "replace")
    except (ValueError, error):
        return Trigger("logs")
    owner, group = (head.partition(f'"{key}":')[2].partition('"')[2].partition('"')[0] for key in ("owner", "logGroup"))
    return Trigger("logs", f"arn:aws:logs:{os.environ.get('AWS_REGION', '')}:{owner}:log-group:{group}")


def _appsync(event: dict[str, Any]) -> Trigger | None:
    info = event.get("info")
    if type(info) is not dict or "fieldName" not in info:
        return None
    trigger = Trigger("appsync", f"{info.get('parentTypeName')}.{info.get('fieldName')}")
    trigger.add_context(from_headers(dig(event, "request", "headers")))
    return trigger


def _config(event: dict[str, Any]) -> Trigger:
    return Trigger("config", _text(event.get("configRuleArn")) or _text(event.get("configRuleName")))


def _lex(event: dict[str, Any]) -> Trigger | None:
    bot = event.get("bot")
    if type(bot) is not dict:
        return None
    intent = dig(event, "sessionState", "intent", "name") or dig(event, "currentIntent", "name")
    return Trigger("lex", f"{bot.get('name')} {intent}".rstrip())


def _cognito(event: dict[str, Any]) -> Trigger:
    return Trigger("cognito", f"{event.get('triggerSource')} {event.get('userPoolId')}")


def _custom_resource(event: dict[str, Any]) -> Trigger:
    trigger = Trigger("cloudformation", _text(event.get("StackId")))
    trigger.add_link("cloudformation", event.get("RequestId"))
    return trigger


def _pipeline(event: dict[str, Any]) -> Trigger:
    job = event["CodePipeline.job"]
    name = dig(job, "data", "actionConfiguration", "configuration", "FunctionName")
    trigger = Trigger("codepipeline", _text(name))
    trigger.add_link("codepipeline", dig(job, "id"))
    return trigger


def _state_machine(event: dict[str, Any]) -> Trigger | None:
    """An execution's context object, whole or under one key, or an execution's ARN as a value."""
    for candidate in (event, *list(event.values())[:_MOST_KEYS]):
        if type(candidate) is dict:
            execution = candidate.get("Execution")
            identity = dig(execution, "Id") if type(execution) is dict else execution
            if type(identity) is str and ("StateMachine" in candidate or ":states:" in identity):
                return _execution(candidate, identity)
        elif type(candidate) is str and _is_execution(candidate[:200]):
            return _execution({}, candidate)
    return None


def _is_execution(text: str) -> bool:
    return text[:4] == "arn:" and ":states:" in text and (":execution:" in text or ":express:" in text)


def _execution(context: dict[str, Any], identity: str) -> Trigger:
    machine = _text(dig(context, "StateMachine", "Id"))
    if not machine and identity.count(":") >= 7:
        parts = identity.split(":")
        machine = ":".join([*parts[:5], "stateMachine", parts[6]])
    trigger = Trigger("stepfunctions", machine)
    trigger.add_link("states", identity)
    trigger.sent(iso_ns(dig(context, "State", "EnteredTime")))
    retries = dig(context, "State", "RetryCount")
    if type(retries) is int and 0 <= retries < 1000:
        trigger.attributes["mendline.attempt"] = retries + 1
    return trigger


def _named(kind: str, *path: str) -> Callable[[dict[str, Any]], Trigger]:
    return lambda event: Trigger(kind, _text(dig(event, *path)))


_MARKS: tuple[tuple[tuple[str, ...], Callable[[dict[str, Any]], Trigger | None]], ...] = (
    (("eventSource",), _broker),
    (("deliveryStreamArn", "records"), _firehose),
    (("awslogs",), _logs),
    (("authorizationToken", "methodArn"), _named("apigateway.authorizer", "methodArn")),
    (("triggerSource", "userPoolId"), _cognito),
    (("identityPoolId", "datasetRecords"), _named("cognito", "identityPoolId")),
    (("CodePipeline.job",), _pipeline),
    (("invokingEvent", "resultToken"), _config),
    (("bot", "invocationSource"), _lex),
    (("info", "arguments"), _appsync),
    (("RequestType", "ResponseURL", "StackId"), _custom_resource),
    (("SecretId", "ClientRequestToken", "Step"), _named("secretsmanager", "SecretId")),
    (("invocationSchemaVersion", "tasks", "job"), _named("s3batch", "job", "id")),
    (("getObjectContext", "xAmzRequestId"), _named("s3object", "configuration", "accessPointArn")),
    (("serialNumber", "clickType"), _named("iot", "serialNumber")),
    (("deviceEvent", "deviceInfo"), _named("iot", "deviceInfo", "deviceId")),
    (("clientId", "principalIdentifier", "eventType"), _named("iot", "clientId")),
    (("claimCertificateId", "templateArn"), _named("iot", "templateArn")),
    (("protocolData", "connectionMetadata"), _named("iot", "protocolData", "mqtt", "clientId")),
    (("clientid", "topic"), _named("iot", "topic")),
    (("clientId", "topic"), _named("iot", "topic")),
)
