"""AWS calls through a real botocore client against a local endpoint with canned answers."""

from __future__ import annotations

import base64
import copy
import hashlib
import io
import json
import threading

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError

QUEUE = "http://queues.local/123456789012/orders"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:shipped"
MD5_HI = hashlib.md5(b"hi").hexdigest()


@pytest.fixture
def client(serve, lambda_env):
    """Makes a client of a service whose endpoint answers with what `answer` returns."""
    made = []

    def make(service, answer, retries=0, url=None):
        server = serve(answer)
        config = Config(
            retries={"max_attempts": retries, "mode": "standard"}, s3={"addressing_style": "path"}, connect_timeout=2
        )
        made.append(
            boto3.client(
                service,
                endpoint_url=url or server.url,
                region_name="eu-west-1",
                aws_access_key_id="x",
                aws_secret_access_key="y",
                config=config,
            )
        )
        return made[-1], server

    yield make
    for one in made:
        one.close()


def _one(collector):
    (span,) = collector.operations()
    return span


def test_dynamodb_call_is_one_span_with_its_table(run, collector, client, json_answer, attributes):
    table, server = client("dynamodb", lambda request: json_answer({}))
    root = run(lambda event, context: table.put_item(TableName="orders", Item={"id": {"S": "1"}}))
    span, found = _one(collector), attributes(_one(collector))
    assert (span.name, span.kind) == ("DynamoDB.PutItem", 3)
    assert (span.trace_id, span.parent_span_id) == (root.trace_id, root.span_id)
    assert span.status.code == 0
    assert found["rpc.system"] == "aws-api"
    assert found["rpc.service"] == "DynamoDB"
    assert found["rpc.method"] == "PutItem"
    assert found["cloud.region"] == "eu-west-1"
    assert found["aws.request_id"] == "REQUEST-1"
    assert found["http.response.status_code"] == 200
    assert found["aws.dynamodb.table_names"] == ["orders"]
    assert found["db.system.name"] == "aws.dynamodb"
    assert found["db.collection.name"] == "orders"
    assert found["db.operation.name"] == "PutItem"
    assert [found[f"mendline.resource.{part}"] for part in ("type", "name", "operation")] == [
        "dynamodb", "orders", "PutItem",
    ]  # fmt: skip
    assert "traceparent" not in server.requests[0].headers
    summary = json.loads(attributes(root)["mendline.operations"])
    assert [row[:5] for row in summary] == [["dynamodb", "orders", "PutItem", 1, 0]]
    assert summary[0][5] == summary[0][6] > 0


def test_an_aws_error_keeps_its_code_and_reaches_the_handler(
    traced, collector, client, json_answer, make_context, attributes
):
    error = {"__type": "com.amazonaws#ProvisionedThroughputExceededException", "message": "slow down"}
    table, _ = client("dynamodb", lambda request: json_answer(error, 400), retries=2)
    caught = []

    def handler(event, context):
        try:
            table.get_item(TableName="orders", Key={"id": {"S": "1"}})
        except ClientError as refused:
            caught.append(refused)
            raise

    with pytest.raises(ClientError) as raised:
        traced(handler)({}, make_context())
    assert raised.value is caught[0]
    collector.wait(collector.roots)
    span, found = _one(collector), attributes(_one(collector))
    assert span.status.code == 2
    assert found["error.type"] == "ProvisionedThroughputExceededException"
    assert found["mendline.retries"] == 2
    assert found["http.response.status_code"] == 400
    assert json.loads(attributes(collector.root())["mendline.operations"])[0][4] == 1


def test_an_unreachable_endpoint_is_an_error_of_its_type(
    traced, collector, client, json_answer, make_context, attributes
):
    table, _ = client("dynamodb", json_answer, url="http://127.0.0.1:1")
    with pytest.raises(EndpointConnectionError):
        traced(lambda event, context: table.list_tables())({}, make_context())
    collector.wait(collector.roots)
    assert attributes(_one(collector))["error.type"] == "botocore.exceptions.EndpointConnectionError"


def _parent_of(span):
    return f"00-{span.trace_id.hex()}-{span.span_id.hex()}-01"


def test_a_message_carries_the_trace_and_the_caller_s_params_stay(run, collector, client, json_answer, attributes):
    queue, server = client("sqs", lambda request: json_answer({"MessageId": "m-1", "MD5OfMessageBody": MD5_HI}))
    params = {
        "QueueUrl": QUEUE,
        "MessageBody": "hi",
        "MessageAttributes": {"a": {"DataType": "String", "StringValue": "b"}},
    }
    before = copy.deepcopy(params)
    root = run(lambda event, context: queue.send_message(**params))
    assert params == before
    sent = json.loads(server.requests[0].body)
    span = _one(collector)
    assert sent["MessageAttributes"]["traceparent"]["StringValue"] == _parent_of(span)
    assert sent["MessageAttributes"]["a"] == before["MessageAttributes"]["a"]
    found = attributes(span)
    assert span.kind == 4
    assert found["messaging.system"] == "aws_sqs"
    assert found["messaging.destination.name"] == "orders"
    assert found["messaging.message.id"] == "m-1"
    assert found["mendline.links.out"] == attributes(root)["mendline.links.out"] == ["sqs:m-1"]


def test_a_batch_carries_the_trace_in_each_message(run, collector, client, json_answer, attributes):
    done = [{"Id": str(i), "MessageId": f"m-{i}", "MD5OfMessageBody": MD5_HI} for i in range(2)]
    queue, server = client("sqs", lambda request: json_answer({"Successful": done, "Failed": []}))
    entries = [{"Id": str(i), "MessageBody": "hi"} for i in range(2)]
    before = copy.deepcopy(entries)
    run(lambda event, context: queue.send_message_batch(QueueUrl=QUEUE, Entries=entries))
    assert entries == before
    span = _one(collector)
    for entry in json.loads(server.requests[0].body)["Entries"]:
        assert entry["MessageAttributes"]["traceparent"]["StringValue"] == _parent_of(span)
    assert attributes(span)["mendline.links.out"] == ["sqs:m-0", "sqs:m-1"]
    assert attributes(span)["messaging.batch.message_count"] == 2


_TEN = {str(i): {"DataType": "String", "StringValue": "x"} for i in range(10)}
_OWN = {"traceparent": {"DataType": "String", "StringValue": "their own"}}


@pytest.mark.parametrize(
    ("body", "given"), [("hi", _TEN), ("hi", _OWN), ("x" * 260_000, {})], ids=["ten", "own", "long"]
)
def test_a_message_without_room_is_left_as_it_is(run, client, json_answer, body, given):
    md5 = hashlib.md5(body.encode()).hexdigest()
    queue, server = client("sqs", lambda request: json_answer({"MessageId": "m", "MD5OfMessageBody": md5}))
    run(lambda event, context: queue.send_message(QueueUrl=QUEUE, MessageBody=body, MessageAttributes=given))
    assert json.loads(server.requests[0].body).get("MessageAttributes", {}) == given


def test_a_notification_carries_the_trace(run, collector, client, attributes):
    answer = b"<PublishResponse><PublishResult><MessageId>n-1</MessageId></PublishResult></PublishResponse>"
    topic, server = client("sns", lambda request: (200, {"content-type": "text/xml"}, answer))
    run(lambda event, context: topic.publish(TopicArn=TOPIC, Message="hi"))
    span, found = _one(collector), attributes(_one(collector))
    assert _parent_of(span) in server.requests[0].body.decode()
    assert found["aws.sns.topic.arn"] == TOPIC
    assert found["mendline.resource.name"] == "shipped"
    assert found["mendline.links.out"] == ["sns:n-1"]


def test_a_text_message_carries_nothing(run, client):
    answer = b"<PublishResponse><PublishResult><MessageId>n-1</MessageId></PublishResult></PublishResponse>"
    topic, server = client("sns", lambda request: (200, {"content-type": "text/xml"}, answer))
    run(lambda event, context: topic.publish(PhoneNumber="+4900", Message="hi"))
    assert b"traceparent" not in server.requests[0].body


@pytest.mark.parametrize("given", [None, {"custom": {"a": "b"}, "env": {"c": "d"}}, {"x": 1}])
def test_an_invoked_function_is_told_through_the_client_context(run, collector, client, attributes, given):
    functions, server = client("lambda", lambda request: (200, {}, b'{"ok":1}'))
    params = {"FunctionName": "arn:aws:lambda:eu-west-1:123456789012:function:price:live", "Payload": b"{}"}
    if given is not None:
        params["ClientContext"] = base64.b64encode(json.dumps(given).encode()).decode()
    payload = []
    run(lambda event, context: payload.append(functions.invoke(**params)["Payload"].read()))
    assert payload == [b'{"ok":1}']
    span, found = _one(collector), attributes(_one(collector))
    told = json.loads(base64.b64decode(server.requests[0].headers["x-amz-client-context"]))
    assert told.pop("custom") == {**(given or {}).get("custom", {}), "traceparent": _parent_of(span)}
    assert told == {key: value for key, value in (given or {}).items() if key != "custom"}
    assert found["faas.invoked_name"] == "price"
    assert found["mendline.resource.name"] == "price"


@pytest.mark.parametrize(
    "given", ["bm90IGpzb24=", base64.b64encode(b"[1]").decode(), base64.b64encode(b'{"custom":5}').decode()]
)
def test_a_client_context_of_another_kind_is_left_alone(run, client, given):
    functions, server = client("lambda", lambda request: (200, {}, b"{}"))
    run(lambda event, context: functions.invoke(FunctionName="price", ClientContext=given)["Payload"].read())
    assert server.requests[0].headers["x-amz-client-context"] == given


def test_a_streamed_body_is_left_for_the_handler(run, collector, client, attributes):
    bucket, _ = client("s3", lambda request: (200, {"etag": '"e1"'}, b"content" if request.method == "GET" else b""))
    bodies = []

    def handler(event, context):
        bodies.append(bucket.get_object(Bucket="reports", Key="a/b.csv")["Body"].read())
        bucket.put_object(Bucket="reports", Key="a/b.csv", Body=io.BytesIO(b"new"))

    run(handler)
    assert bodies == [b"content"]
    get, put = sorted(collector.operations(), key=lambda span: span.name)
    assert (get.name, put.name) == ("S3.GetObject", "S3.PutObject")
    assert attributes(get)["aws.s3.bucket"] == "reports"
    assert attributes(get)["aws.s3.key"] == "a/b.csv"
    assert attributes(put)["mendline.links.out"] == ["s3:reports/a/b.csv/e1"]


CALLS = [
    ("dynamodb", "batch_get_item",
     {"RequestItems": {"b": {"Keys": [{"i": {"S": "1"}}]}, "a": {"Keys": [{"i": {"S": "1"}}]}}},
     {}, "a,b", []),
    ("dynamodb", "transact_write_items", {"TransactItems": [{"Delete": {"TableName": "a", "Key": {"i": {"S": "1"}}}}]},
     {}, "a", []),
    ("dynamodb", "query", {"TableName": "arn:aws:dynamodb:eu-west-1:1:table/orders", "KeyConditionExpression": "x"},
     {}, "orders", []),
    ("kinesis", "put_record", {"StreamName": "clicks", "Data": b"x", "PartitionKey": "1"},
     {"ShardId": "s-1", "SequenceNumber": "9"}, "clicks", ["kinesis:clicks/s-1/9"]),
    ("kinesis", "put_records", {"StreamARN": "arn:aws:kinesis:eu-west-1:1:stream/clicks",
     "Records": [{"Data": b"x", "PartitionKey": "1"}]},
     {"FailedRecordCount": 0, "Records": [{"ShardId": "s", "SequenceNumber": "8"}, {"ErrorCode": "x"}]},
     "clicks", ["kinesis:clicks/s/8"]),
    ("events", "put_events", {"Entries": [{"Source": "a", "DetailType": "b", "Detail": "{}", "EventBusName": "shop"}]},
     {"Entries": [{"EventId": "e-1"}], "FailedEntryCount": 0}, "shop", ["events:e-1"]),
    ("stepfunctions", "start_execution", {"stateMachineArn": "arn:aws:states:eu-west-1:1:stateMachine:flow"},
     {"executionArn": "arn:aws:states:eu-west-1:1:execution:flow:1", "startDate": 1}, "flow",
     ["states:arn:aws:states:eu-west-1:1:execution:flow:1"]),
    ("secretsmanager", "get_secret_value", {"SecretId": "arn:aws:secretsmanager:eu-west-1:1:secret:db-AbC"},
     {"Name": "db", "SecretString": "x"}, "db-AbC", []),
    ("ssm", "get_parameter", {"Name": "/app/db"}, {}, "/app/db", []),
    ("kms", "list_keys", {}, {"Keys": []}, "kms", []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("service", "method", "params", "answer", "name", "links"), CALLS, ids=lambda value: str(value)[:20]
)
def test_resources_are_named(
    run, collector, client, json_answer, attributes, service, method, params, answer, name, links
):
    one, _ = client(service, lambda request: json_answer(answer))
    run(lambda event, context: getattr(one, method)(**params))
    found = attributes(_one(collector))
    assert found["mendline.resource.type"] == service
    assert found["mendline.resource.name"] == name
    if method != "transact_write_items":  # what it writes is told by fingerprints with their second
        assert found.get("mendline.links.out", []) == links


def test_what_is_told_of_a_call_is_its_own_whatever_was_told_of_others(run, collector, client, json_answer, attributes):
    table, _ = client("dynamodb", lambda request: json_answer({}))

    def handler(event, context):
        for name in ("a", "b", "a"):
            table.put_item(TableName=name, Item={"id": {"S": name}})
        table.get_item(TableName="a", Key={"id": {"S": "a"}})
        for names in (("a", "b"), ("b",)):
            table.batch_get_item(RequestItems={name: {"Keys": [{"id": {"S": "1"}}]} for name in names})

    run(handler)
    told = [attributes(span) for span in collector.operations()]
    assert [(one["mendline.resource.name"], one["rpc.method"]) for one in told] == [
        ("a", "PutItem"), ("b", "PutItem"), ("a", "PutItem"), ("a", "GetItem"),
        ("a,b", "BatchGetItem"), ("b", "BatchGetItem"),
    ]  # fmt: skip
    links = [one["mendline.links.out"][0].partition("@")[0] for one in told[:3]]
    assert links[0] == links[2] != links[1]


def test_calls_in_threads_belong_to_the_invocation(run, collector, client, json_answer):
    table, _ = client("dynamodb", lambda request: json_answer({}))

    def handler(event, context):
        threads = [threading.Thread(target=table.get_item, kwargs={"TableName": "t", "Key": {}}) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    root = run(handler)
    assert [span.parent_span_id for span in collector.operations()] == [root.span_id] * 4


def test_calls_outside_an_invocation_are_left_alone(traced, collector, client, json_answer, make_context):
    queue, server = client("sqs", lambda request: json_answer({"MessageId": "m", "MD5OfMessageBody": MD5_HI}))
    handler = traced(lambda event, context: None)
    queue.send_message(QueueUrl=QUEUE, MessageBody="hi")
    handler({}, make_context())
    queue.send_message(QueueUrl=QUEUE, MessageBody="hi")
    collector.wait(collector.roots)
    assert collector.operations() == []
    assert not any(b"traceparent" in request.body for request in server.requests)


def test_many_calls_are_counted_exactly_though_not_all_are_kept(
    run, collector, client, json_answer, attributes, monkeypatch
):
    monkeypatch.setattr("mendline_agent.operations.MAX_SPANS", 5)
    table, _ = client("dynamodb", lambda request: json_answer({}))
    root = run(lambda event, context: [table.get_item(TableName="t", Key={}) for _ in range(12)])
    assert len(collector.operations()) == 5
    (row,) = json.loads(attributes(root)["mendline.operations"])
    assert row[:5] == ["dynamodb", "t", "GetItem", 12, 0]
    assert row[5] > row[6] > 0
