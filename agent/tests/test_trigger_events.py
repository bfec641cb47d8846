"""Every kind of event that AWS documents, whole: kind, source, when it was sent, records, links, trace."""

from __future__ import annotations

import base64
import gzip
import json
import time
from pathlib import Path

import pytest

from mendline_agent.triggers import recognise

TRACE = "0af7651916cd43dd8448eb211c80319c"
EVENTS = json.loads((Path(__file__).parent / "aws_events.json").read_text())
_LINES = {
    "messageType": "DATA_MESSAGE", "owner": "123456789012", "logGroup": "/aws/lambda/checkout", "logStream": "[1]a",
    "subscriptionFilters": ["all"], "logEvents": [{"id": "1", "timestamp": 1, "message": f"{i}"} for i in range(9000)],
}  # fmt: skip
EVENTS["LOGS"] = {"awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(_LINES).encode())).decode()}}
SQS, SNS, KINESIS, DYNAMODB, S3 = (EVENTS[name] for name in ("SQS", "SNS", "KINESIS", "DYNAMODB", "S3"))
API_V1, API_V2, EVENT, SCHEDULED = (EVENTS[name] for name in ("API_V1", "API_V2", "EVENT", "SCHEDULED"))
STATE, MSK, FIREHOSE = (EVENTS[name] for name in ("STATE", "MSK", "FIREHOSE"))
QUEUE = "arn:aws:sqs:us-east-2:123456789012:my-queue"
TOPIC = "arn:aws:sns:us-east-1:123456789012:sns-lambda"
STREAM = "arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream"
TABLE_STREAM = "arn:aws:dynamodb:us-east-1:123456789012:table/ExampleTableWithStream/stream/2015-06-27T00:48:05.899"
RULE = "arn:aws:events:us-east-2:123456789012:rule/my-schedule"
SCHEDULE = "arn:aws:scheduler:us-east-1:123456789012:schedule/default/nightly"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:checkout"
EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:checkout:2f1c0d3e"
CLUSTER = "arn:aws:kafka:us-east-1:123456789012:cluster/vpc/751d2973-a626-431c-9d4e-d7975eb44dd7-2"
BROKERS = "abc.xyz.com:9092,xyz.abc.com:9092"
DELIVERY = "arn:aws:firehose:us-east-1:123456789012:deliverystream/EXAMPLE"


def _ms(number):
    return number * 1_000_000


_SHARD = "lambda-stream/shardId-000000000006/49590338271490256608559692538361571095921575989136588898"
_ORDER = [
    "s3:D82B88E5F771F645",
    "s3:amzn-s3-demo-bucket/b21b84d653bb07b05b1e6b33684dc11b/b21b84d653bb07b05b1e6b33684dc11b",
]
_ITEM = [
    "dynamodb:ExampleTableWithStream/c4ca4238a0b923820dcc509a6f75849b",
    "dynamodb:ExampleTableWithStream/k:2452cc45@1428537600",
    "dynamodb:ExampleTableWithStream/i:6721e434@1428537600",
]
TABLE = [
    # event, kind, faas.trigger, source, sent at (ns), records, links in, whether it carries a trace
    ("API_V1", "apigateway.v1", "http", "GET /orders/{id}", _ms(1428582896000), 0, [], True),
    ("API_V2", "apigateway.v2", "http", "POST /orders/{id}", _ms(1583348638390), 0, [], True),
    ("URL", "function_url", "http", "POST /orders/{id}", _ms(1583348638390), 0, [], True),
    ("WEBSOCKET", "apigateway.websocket", "http", "$connect", _ms(1707502303420), 0, [], True),
    ("AUTHORIZER", "apigateway.authorizer", "other",
     "arn:aws:execute-api:us-east-1:123456789012:abcdef123/test/GET/request", 0, 0, [], False),
    ("TOKEN_AUTHORIZER", "apigateway.authorizer", "other",
     "arn:aws:execute-api:us-east-1:123456789012:ymy8tbxw7b/*/GET/", 0, 0, [], False),
    ("ALB", "alb", "http", "GET /lambda", 0, 0, [], True),
    ("LATTICE", "vpclattice", "http", "GET /orders/{id}", 1690497599177430 * 1000, 0, [], True),
    ("SQS", "sqs", "pubsub", QUEUE, _ms(1545082649183), 1, ["sqs:059f36b4-87a3-44ab-83d2-661975830a7d"], True),
    ("SNS", "sns", "pubsub", TOPIC, _ms(1546433107000), 1, ["sns:95df01b4-ee98-5cb9-9903-4c221d41eb5e"], True),
    ("KINESIS", "kinesis", "pubsub", STREAM, _ms(1545084650987), 1, [f"kinesis:{_SHARD}"], False),
    ("DYNAMODB", "dynamodb", "datasource", TABLE_STREAM, _ms(1428537600000), 1, _ITEM, False),
    ("S3", "s3", "datasource", "arn:aws:s3:::amzn-s3-demo-bucket", _ms(1567539447192), 1, _ORDER, False),
    ("SES", "ses", "pubsub", "arn:aws:lambda:us-east-1:111122223333:function:Example", _ms(123), 1,
     ["ses:o3vrnil0e2ic28tr"], False),
    ("CODECOMMIT", "codecommit", "other", "arn:aws:codecommit:us-east-2:123456789012:my-repo", _ms(1520275181000), 1,
     ["codecommit:31ade2c7-f889-47c5-a937-1cf99e2790e9"], False),
    ("CLOUDFRONT", "cloudfront", "other", "EDFDVBD6EXAMPLE viewer-request", 0, 1,
     ["cloudfront:4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ=="], True),
    ("EVENT", "eventbridge", "pubsub", "aws.ec2", _ms(1513968228000), 0,
     ["events:6a7e8feb-b491-4cf7-a9f1-bf3703467718"], True),
    ("S3_EVENT", "eventbridge", "pubsub", "aws.s3", _ms(1636675200000), 0,
     ["events:17793124-05d4-b198-2fde-7ededc63b103", "s3:N4N7GDK58NMKJ12R"], False),
    ("SCHEDULED", "schedule", "timer", RULE, _ms(1551403425000), 0, [], False),
    ("SCHEDULER", "schedule", "timer", SCHEDULE, _ms(1668110460000), 0, [], False),
    ("STATE", "stepfunctions", "other", MACHINE, _ms(1553631253192), 0, [f"states:{EXECUTION}"], False),
    ("COGNITO", "cognito", "other", "PreSignUp_SignUp us-east-1_uPoolId", 0, 0, [], False),
    ("MSK", "msk", "pubsub", CLUSTER, _ms(1545084650987), 1, ["kafka:mytopic/0/15"], True),
    ("KAFKA", "kafka", "pubsub", BROKERS, _ms(1545084650987), 1, ["kafka:mytopic/0/15"], True),
    ("MQ", "activemq", "pubsub", "arn:aws:mq:us-east-2:111122223333:broker:test:b-9bcfa592-423a-4942-879d",
     _ms(1598827811958), 1, ["activemq:ID:b-9bcfa592-1.mq.us-west-2.amazonaws.com-37557-1234520418293-4:1:1:1:1"],
     False),
    ("RABBIT", "rabbitmq", "pubsub", "arn:aws:mq:us-east-2:111122223333:broker:pizzaBroker:b-9bcfa592", 0, 1, [],
     False),
    ("DOCDB", "documentdb", "datasource", "arn:aws:rds:us-east-1:123456789012:cluster:docdb", 0, 1, [], False),
    ("FIREHOSE", "firehose", "datasource", DELIVERY, _ms(1510772160000), 1,
     ["kinesis:lambda-stream/shardId-000000000000/4957"], False),
    ("LOGS", "logs", "datasource", "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/checkout", 0, 0, [],
     False),
    ("IOT_BUTTON", "iot", "pubsub", "G030JF055364XVRB", 0, 0, [], False),
    ("IOT_RULE", "iot", "pubsub", "dt/plant/42", 0, 0, [], False),
    ("PIPELINE", "codepipeline", "other", "my-function", 0, 0,
     ["codepipeline:c0d76431-b0e7-xmpl-97e3-e8ee786eb6f6"], False),
    ("CONFIG", "config", "other", "arn:aws:config:us-east-2:123456789012:config-rule/config-rule-0123456", 0, 0, [],
     False),
    ("LEX", "lex", "other", "OrderFlowers Order", 0, 0, [], False),
    ("LEX_V1", "lex", "other", "BookTrip BookHotel", 0, 0, [], False),
    ("APPSYNC", "appsync", "other", "Query.getOrder", 0, 0, [], True),
    ("CUSTOM_RESOURCE", "cloudformation", "other", "arn:aws:cloudformation:us-east-2:123456789012:stack/mystack/1",
     0, 0, ["cloudformation:unique-id-1"], False),
    ("ROTATION", "secretsmanager", "other", "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf", 0, 0, [],
     False),
]  # fmt: skip


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[0])
def test_an_event_is_recognised_with_all_it_says(lambda_env, row):
    name, kind, faas_trigger, source, sent_ns, records, links, traced = row
    trigger = recognise(EVENTS[name])
    assert (trigger.kind, trigger.faas_trigger, trigger.source) == (kind, faas_trigger, source)
    assert (trigger.sent_at_ns, trigger.records, trigger.links_in) == (sent_ns, records, links)
    assert [context.trace_id.hex() for context in trigger.contexts] == ([TRACE] if traced else [])
    assert trigger.dropped == 0


@pytest.mark.parametrize("event", [
    {"input": {"order": 1}, "execution": EXECUTION}, {"order": 1, "context": STATE}, {"Payload": {**STATE}},
], ids=str)  # fmt: skip
def test_an_execution_is_known_wherever_its_machine_put_it(event):
    trigger = recognise(event)
    assert (trigger.kind, trigger.source, trigger.links_in) == ("stepfunctions", MACHINE, [f"states:{EXECUTION}"])


def test_a_batch_of_appsync_is_a_list():
    trigger = recognise([EVENTS["APPSYNC"], EVENTS["APPSYNC"]])
    assert (trigger.kind, trigger.source, trigger.records) == ("appsync", "Query.getOrder", 2)


@pytest.mark.parametrize(("name", "kind"), [("SQS", "sqs"), ("KINESIS", "kinesis"), ("DYNAMODB", "dynamodb")])
def test_records_through_a_pipe_come_as_a_list(run, attributes, name, kind):
    records = EVENTS[name]["Records"]
    piped, direct = recognise(records), recognise(EVENTS[name])
    assert (piped.kind, piped.source, piped.sent_at_ns) == (kind, direct.source, direct.sent_at_ns)
    assert piped.links_in == direct.links_in
    assert json.loads(attributes(run(event=records))["mendline.records"]) == {"size": 1, "failed": []}


def test_a_flat_record_of_a_stream_through_a_pipe_tells_when_it_arrived():
    flat = {**KINESIS["Records"][0], **KINESIS["Records"][0]["kinesis"]}
    del flat["kinesis"]
    assert recognise([flat]).sent_at_ns == _ms(1545084650987)


def test_a_retried_state_is_another_attempt(run, attributes):
    assert attributes(run(event=STATE))["mendline.attempt"] == 4


WRAPPED = [
    (SNS["Records"][0]["Sns"], ["sns:95df01b4-ee98-5cb9-9903-4c221d41eb5e"], True),
    (EVENT, ["events:6a7e8feb-b491-4cf7-a9f1-bf3703467718"], True),
    (S3, _ORDER, False),
]


@pytest.mark.parametrize(("inner", "links", "traced"), WRAPPED)
def test_what_came_through_a_queue_is_linked_by_its_own_id(inner, links, traced):
    record = {**SQS["Records"][0], "messageAttributes": {}, "body": json.dumps(inner)}
    trigger = recognise({"Records": [record]})
    assert trigger.links_in[1:] == links
    assert bool(trigger.contexts) is traced


# made when they are tried: a million of anything is held by no other test's process
HOSTILE = {
    "a million records": lambda: {"Records": [SQS["Records"][0]] * 1_000_000},
    "a million stream records": lambda: {"Records": [KINESIS["Records"][0]] * 1_000_000},
    "a million changes": lambda: {"Records": [DYNAMODB["Records"][0]] * 1_000_000},
    "a million of nothing": lambda: {"Records": [{"eventSource": "aws:sqs"}, *[None] * 1_000_000]},
    "a million from Kafka": lambda: {**MSK, "records": {"t-0": MSK["records"]["mytopic-0"] * 1_000_000}},
    "a million delivered": lambda: {**FIREHOSE, "records": [None] * 1_000_000},
    "a million headers": lambda: {**API_V2, "headers": {f"h{i}": "x" for i in range(1_000_000)}},
    "a million keys": lambda: {f"k{i}": "x" for i in range(1_000_000)},
    "queued envelopes": lambda: {"Records": [{**SQS["Records"][0], "body": '{"TopicArn":' + "[" * 5_000}] * 1_000},
    "a long id": lambda: {"Records": [{**SQS["Records"][0], "messageId": "x" * 6_000_000}]},
    "a long path": lambda: {**API_V2, "rawPath": "/" * 3_000_000, "routeKey": "x" * 3_000_000},
    "a long time": lambda: {**SCHEDULED, "time": "1" * 6_000_000},
    "a long source": lambda: {**EVENT, "source": "x" * 6_000_000},
    "a method that is a list": lambda: {**API_V1, "httpMethod": [1] * 1_000_000},
    "an item of a million": lambda: {"Records": [{**DYNAMODB["Records"][0], "dynamodb": {
        **DYNAMODB["Records"][0]["dynamodb"], "NewImage": {f"a{i}": {"S": "x"} for i in range(200_000)}}}]},
    "logs that inflate": lambda: {"awslogs": {"data": base64.b64encode(gzip.compress(bytes(50_000_000))).decode()}},
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_event_costs_little_and_is_told_in_bounds(run, attributes, name):
    event = HOSTILE[name]()
    used = time.thread_time()
    trigger = recognise(event)
    assert time.thread_time() - used < 10  # a tenth of a second; what is quadratic takes minutes
    assert sum(map(len, trigger.links_in)) < 7_000_000
    assert sum(len(str(value)) for value in trigger.plain_attributes().values()) < 20_000
    assert len(trigger.source) <= 2048
    if name.startswith("a million ") and ("records" in name or "changes" in name):
        assert len(trigger.links_in) + trigger.dropped >= 1_000_000
        assert trigger.records == 1_000_000


def _odd(value):
    """The event with one value after another replaced by one of another type."""
    others = [None, 5, "x", [], {}, [None], -1e308]
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from ({**value, key: other} for other in others)
            yield from ({**value, key: odd} for odd in _odd(inner))
    elif isinstance(value, list) and value:
        yield from ([odd] for odd in _odd(value[0]))


@pytest.mark.parametrize("name", [row[0] for row in TABLE])
def test_no_wrong_type_anywhere_in_an_event_breaks_the_trigger(lambda_env, name):
    for event in _odd(EVENTS[name]):
        trigger = recognise(event)
        assert type(trigger.kind) is type(trigger.source) is str
        assert all(type(link) is str for link in trigger.links_in)
        assert trigger.sent_at_ns >= 0


BATCHES = {
    "sqs": lambda i: {**SQS["Records"][0], "messageId": f"059f36b4-87a3-44ab-83d2-{i:012}", "messageAttributes": {
        "traceparent": {"stringValue": f"00-{i + 1:032x}-{i + 1:016x}-01", "dataType": "String"}}},
    "kinesis": lambda i: {**KINESIS["Records"][0], "eventID": f"shardId-000000000000:{i:056}"},
    "dynamodb": lambda i: {**DYNAMODB["Records"][0], "eventID": f"{i:032x}"},
}  # fmt: skip


@pytest.mark.parametrize("kind", BATCHES)
def test_every_record_of_the_largest_batch_is_linked(run, attributes, kind):
    root = run(event={"Records": [BATCHES[kind](i) for i in range(10_000)]})
    found = attributes(root)
    assert len({link for link in found["mendline.links.in"] if f"{9_999:012}" in link or f"{9_999:032x}" in link}) >= 1
    assert len(found["mendline.links.in"]) >= 10_000
    assert "mendline.links.dropped" not in found
    assert len(root.links) == (10_000 if kind == "sqs" else 0)


def test_records_beyond_any_that_aws_delivers_are_counted(lambda_env):
    lambda_env.setattr("mendline_agent.triggers._LOOK_S", 0.0)
    trigger = recognise({"Records": [BATCHES["sqs"](i) for i in range(10_100)]})
    assert len(trigger.links_in) + trigger.dropped == 10_100
    assert len(trigger.links_in) >= 10_000
    assert trigger.dropped


def test_ids_that_are_none_are_counted(run, attributes):
    records = [{**SQS["Records"][0], "messageId": "x" * 3_000}] * 3
    assert attributes(run(event={"Records": records}))["mendline.links.dropped"] == 3
