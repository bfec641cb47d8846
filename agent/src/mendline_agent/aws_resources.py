"""AWS calls by the names of what they touch: tables, queues, topics, buckets, functions, streams."""

from __future__ import annotations

from .dynamodb_keys import written
from .guard import GUARD
from .paths import looks_like_id
from .spans import CLIENT, PRODUCER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PRODUCING = frozenset(
    (
        "SendMessage",
        "SendMessageBatch",
        "Publish",
        "PublishBatch",
        "PutRecord",
        "PutRecords",
        "PutRecordBatch",
        "PutEvents",
    )
)
_WRITES_ITEMS = frozenset(("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems", "GetItem"))
# Service → the parameters that name the resource, first found wins; the last part of an ARN, URL or path is the name.
_NAMED_BY: dict[str, tuple[str, ...]] = {
    "sqs": ("QueueUrl", "QueueName"),
    "sns": ("TopicArn", "TargetArn", "Name"),
    "s3": ("Bucket",),
    "kinesis": ("StreamName", "StreamARN"),
    "firehose": ("DeliveryStreamName",),
    "stepfunctions": ("stateMachineArn", "executionArn", "activityArn"),
    "secretsmanager": ("SecretId", "Name"),
    "ssm": ("Name", "Path"),
    "kms": ("KeyId",),
    "logs": ("logGroupName",),
    "cognito-idp": ("UserPoolId", "ClientId"),
    "ecs": ("cluster",),
    "athena": ("WorkGroup",),
    "bedrock-runtime": ("modelId",),
    "apigatewaymanagementapi": ("ConnectionId",),
    "sesv2": ("FromEmailAddress",),
    "batch": ("jobQueue", "jobDefinitionName"),
    "cloudwatch": ("Namespace",),
    "iot-data": ("topic", "thingName"),
    "redshift-data": ("WorkgroupName", "ClusterIdentifier"),
    "timestream-write": ("TableName", "DatabaseName"),
}
_PLAIN = (str, type(None))
_NAMING, _USERS = ("Name", "name", "Arn", "ARN", "arn"), ("UserName", "Username", "username", "userName", "DisplayName")
_MESSAGING = {"sqs": "aws_sqs", "sns": "aws.sns", "kinesis": "aws_kinesis", "events": "aws_eventbridge"}
# Service → the parameters that all we tell of a call depends on; calls are told alike where the first is there. Other
# services have more of them, or as S3's keys of too many values to keep what was told.
_ALIKE_BY = {
    "dynamodb": ("TableName", "RequestItems", "TransactItems"),
    "sqs": ("QueueUrl", "QueueName", "Entries"),
    "sns": ("TopicArn", "TargetArn", "Name", "PublishBatchRequestEntries"),
    "kinesis": ("StreamName", "StreamARN", "Records"),
    "lambda": ("FunctionName", "InvocationType"),
}
_TOLD = {
    "sqs": {"aws.sqs.queue.url": "QueueUrl"},
    "sns": {"aws.sns.topic.arn": "TopicArn"},
    "s3": {"aws.s3.bucket": "Bucket", "aws.s3.key": "Key"},
    "secretsmanager": {"aws.secretsmanager.secret.arn": "SecretId"},
    "stepfunctions": {"aws.step_functions.state_machine.arn": "stateMachineArn"},
}


class Call:
    """What a call is to: (type, name, operation), the span's kind, and the conventions' attributes."""

    __slots__ = ("attributes", "kind", "resource")

    def __init__(self, service: str, name: str, operation: str) -> None:
        self.resource = (service, name, operation)
        self.kind = CLIENT
        self.attributes: dict[str, Any] = {}


def alike(service: str, operation: str, params: Any) -> tuple[Any, ...] | None:
    """What tells a client's calls apart that are not described alike; None where each is one of its own."""
    by = _ALIKE_BY.get(service)
    if by is None or type(params) is not dict or type(params.get(by[0])) is not str:
        return None
    for name in by[1:]:
        if type(params.get(name)) not in _PLAIN:
            return None
    return (operation, *map(params.get, by))


def describe_call(service: str, operation: str, params: Any, required: Any = ()) -> Call:
    """Name the resource of a call from its parameters, which are only read.

    Where it is not known by which, it is the first of the `required` ones that is a name or an ARN, but no user's.
    """
    params = params if isinstance(params, dict) else {}
    if service == "dynamodb":
        return _dynamodb(operation, params)
    if service == "lambda":
        return _lambda(operation, params)
    if service == "events":
        name = _event_bus(params)
    else:
        name = next((last_part(params[key]) for key in _NAMED_BY.get(service, ()) if params.get(key)), "")
    if not name:
        names = [last_part(params[key]) for key in required if key.endswith(_NAMING) and key not in _USERS]
        name = next((one for one in names if one and not looks_like_id(one)), service)
    if service == "apigatewaymanagementapi":
        name = service
    call = Call(service, name, operation)
    if operation in _PRODUCING:
        call.kind = PRODUCER
    _conventions(call, service, params)
    return call


def _conventions(call: Call, service: str, params: dict[str, Any]) -> None:
    attributes = call.attributes
    if service in _MESSAGING:
        attributes["messaging.system"] = _MESSAGING[service]
        attributes["messaging.destination.name"] = call.resource[1] or None
    if service == "kinesis":
        attributes["aws.kinesis.stream_name"] = call.resource[1]
    for name, parameter in _TOLD.get(service, {}).items():
        attributes[name] = params.get(parameter)
    if call.kind == PRODUCER:
        attributes["messaging.operation.type"] = "send"
        entries = params.get("Entries") or params.get("PublishBatchRequestEntries") or params.get("Records")
        if isinstance(entries, (list, tuple)):
            attributes["messaging.batch.message_count"] = len(entries)


def _dynamodb(operation: str, params: dict[str, Any]) -> Call:
    tables = _tables(params)
    call = Call("dynamodb", ",".join(tables[:5]) or "dynamodb", operation)
    call.attributes["db.system.name"] = "aws.dynamodb"
    call.attributes["db.operation.name"] = operation
    if tables:
        call.attributes["aws.dynamodb.table_names"] = tuple(tables)
        call.attributes["db.collection.name"] = tables[0] if len(tables) == 1 else None
    return call


def written_by(operation: str, params: Any) -> list[str]:
    """What a call to DynamoDB will write, as links without their second; nothing where that cannot be told."""
    if operation in _WRITES_ITEMS and isinstance(params, dict):
        try:
            return written(operation, _tables(params), params)
        except Exception as error:
            GUARD.failed("DynamoDB keys", error)
    return []


def _tables(params: dict[str, Any]) -> list[str]:
    if params.get("TableName"):
        return [last_part(params["TableName"])]
    requested = params.get("RequestItems")
    if isinstance(requested, dict):
        return sorted(last_part(name) for name in requested)
    items = params.get("TransactItems")
    if isinstance(items, (list, tuple)):
        actions = [action for item in items if isinstance(item, dict) for action in item.values()]
        named = {last_part(action.get("TableName", "")) for action in actions if isinstance(action, dict)}
        return sorted(named - {""})
    return []


def _lambda(operation: str, params: dict[str, Any]) -> Call:
    name = str(params.get("FunctionName") or "lambda")
    if name.startswith("arn:"):
        name = name.split(":")[6] if name.count(":") >= 6 else name
    elif ":function:" in name:
        name = name.partition(":function:")[2].partition(":")[0]
    else:
        name = name.partition(":")[0]
    call = Call("lambda", name, operation)
    if operation.startswith("Invoke"):
        call.attributes["faas.invoked_name"] = name
        call.attributes["faas.invoked_provider"] = "aws"
        call.attributes["aws.lambda.invocation_type"] = params.get("InvocationType")
    return call


def _event_bus(params: dict[str, Any]) -> str:
    entries = params.get("Entries")
    first = entries[0] if isinstance(entries, (list, tuple)) and entries else params
    name = first.get("EventBusName") if isinstance(first, dict) else None
    return last_part(name or "default")


def last_part(identifier: Any) -> str:
    """The name at the end of an ARN, URL or path; `table/NAME/index/…` is NAME."""
    text = str(identifier)
    if ":table/" in text:
        return text.partition(":table/")[2].partition("/")[0]
    if text.startswith("arn:"):
        text = text.split(":", 5)[-1]
        return text.rpartition(":")[2].rpartition("/")[2] or text
    if "://" in text:
        return text.rstrip("/").rpartition("/")[2]
    return text
