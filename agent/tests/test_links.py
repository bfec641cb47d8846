"""Producer and consumer are joined by ids that both sides know, where no header can be passed on."""

from __future__ import annotations

import copy
import json
import time
from decimal import Decimal

import boto3
import pytest
from botocore.config import Config

from mendline_agent import dynamodb_keys
from mendline_agent.aws_carriers import carrier_of
from mendline_agent.dynamodb_keys import fingerprint
from mendline_agent.operations import Record
from mendline_agent.spans import TraceContext, new_trace_id, parse_traceparent
from mendline_agent.triggers import recognise

HEADER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
KEYS = {"aws_access_key_id": "x", "aws_secret_access_key": "y", "region_name": "eu-west-1"}
STREAM = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026"


@pytest.fixture
def aws(serve, json_answer):
    """Makes a client, or a table, whose endpoint answers with what it is given."""
    made = []
    dynamodb_keys._key_names.clear()

    def make(service, answer=None, headers=None):
        status, told, body = json_answer({} if answer is None else answer)
        if service == "s3":
            told, body = {}, b""
        server = serve(lambda request: (status, {**told, **(headers or {})}, body))
        config = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 0})
        made.append(boto3.client(service, endpoint_url=server.url, config=config, **KEYS))
        return made[-1], server

    yield make
    for client in made:
        client.close()


def _change(keys, image, at_s):
    change = {"Keys": keys, "NewImage": image, "ApproximateCreationDateTime": at_s, "SequenceNumber": "1"}
    return {"Records": [{"eventSource": "aws:dynamodb", "eventID": "e1", "eventSourceARN": STREAM, "dynamodb": change}]}


KEY, ITEM = {"id": {"S": "42"}}, {"id": {"S": "42"}, "total": {"N": "12.50"}, "tags": {"SS": ["b", "a"]}}
STORED = {"id": {"S": "42"}, "total": {"N": "12.5"}, "tags": {"SS": ["a", "b"]}}
WRITES = {
    "put": lambda t: t.put_item(TableName="orders", Item=ITEM),
    "update": lambda t: t.update_item(TableName="orders", Key=KEY, UpdateExpression="SET a = b"),
    "delete": lambda t: t.delete_item(TableName="arn:aws:dynamodb:eu-west-1:1:table/orders", Key=KEY),
    "batch": lambda t: t.batch_write_item(RequestItems={"orders": [{"PutRequest": {"Item": ITEM}}]}),
    "batch delete": lambda t: t.batch_write_item(RequestItems={"orders": [{"DeleteRequest": {"Key": KEY}}]}),
    "transaction": lambda t: t.transact_write_items(TransactItems=[{"Put": {"TableName": "orders", "Item": ITEM}}]),
    "read before": lambda t: (t.get_item(TableName="orders", Key=KEY), t.put_item(TableName="orders", Item=ITEM)),
}


@pytest.mark.parametrize("write", WRITES)
def test_a_change_in_a_stream_is_joined_to_its_writer(run, attributes, aws, write):
    table, _ = aws("dynamodb")
    root = run(lambda event, context: WRITES[write](table) and None)
    told = attributes(root)["mendline.links.out"]
    started_s = root.start_time_unix_nano // 10**9
    stored = set(recognise(_change(KEY, STORED, started_s)).links_in)
    stored |= set(recognise(_change(KEY, STORED, root.end_time_unix_nano // 10**9)).links_in)
    assert stored & set(told)
    other = recognise(_change({"id": {"S": "43"}}, {**STORED, "id": {"S": "43"}}, started_s)).links_in
    assert not set(other) & set(told)


def test_a_table_s_resource_is_joined_like_its_client(run, attributes, aws):
    _, server = aws("dynamodb")
    table = boto3.resource("dynamodb", endpoint_url=server.url, **KEYS).Table("orders")
    item = {"id": "42", "total": Decimal("12.50"), "tags": {"b", "a"}}
    root = run(lambda event, context: table.put_item(Item=item) and None)
    seconds = {root.start_time_unix_nano // 10**9, root.end_time_unix_nano // 10**9}
    expected = {link for s in seconds for link in recognise(_change(KEY, STORED, s)).links_in}
    assert expected & set(attributes(root)["mendline.links.out"])
    table.meta.client.close()


def test_a_refused_write_is_no_link(traced, collector, make_context, attributes, serve, json_answer):
    refused = {"__type": "com.amazonaws#ConditionalCheckFailedException", "message": "no"}
    server = serve(lambda request: json_answer(refused, 400))
    table = boto3.client("dynamodb", endpoint_url=server.url, **KEYS)
    with pytest.raises(table.exceptions.ConditionalCheckFailedException):
        traced(lambda event, context: table.put_item(TableName="orders", Item=ITEM))({}, make_context())
    collector.wait(collector.roots)
    assert "mendline.links.out" not in attributes(collector.root())
    table.close()


SAME = [
    ({"a": "x", "b": 1}, {"b": {"N": "1"}, "a": {"S": "x"}}),
    ({"a": Decimal("1.0")}, {"a": {"N": "1"}}),
    ({"a": b"hi"}, {"a": {"B": "aGk="}}),
    ({"a": True, "b": None}, {"a": {"BOOL": True}, "b": {"NULL": True}}),
    ({"a": [1, "x"], "b": {"c": "d"}}, {"a": {"L": [{"N": "1"}, {"S": "x"}]}, "b": {"M": {"c": {"S": "d"}}}}),
    ({"a": {1, 2}, "b": {b"x"}}, {"a": {"NS": ["2", "1"]}, "b": {"BS": ["eA=="]}}),
]


@pytest.mark.parametrize(("plain", "typed"), SAME)
def test_an_item_has_one_fingerprint_plain_and_typed(plain, typed):
    assert fingerprint(plain) == fingerprint(typed) != ""


@pytest.mark.parametrize("item", [
    None, {}, 5, [], {"a": object()}, {"a": {"S": "x" * 10_000}}, {f"a{i}": {"S": "x"} for i in range(1_000)},
    {"L": {"L": [[[[[[[[[[[[]]]]]]]]]]]]}}, {"a": {"M": 5}}, {1: {"S": "x"}, "a": {"S": "y"}},
])  # fmt: skip
def test_what_is_too_large_or_no_item_has_no_fingerprint(item):
    assert fingerprint(item) == ""


def test_an_object_is_joined_by_request_and_by_content(run, attributes, aws):
    storage, _ = aws("s3", headers={"etag": '"e1"', "x-amz-request-id": "D82B88E5F771F645"})
    root = run(lambda event, context: storage.put_object(Bucket="reports", Key="a/b.csv", Body=b"x") and None)
    told = attributes(root)["mendline.links.out"]
    assert told == ["s3:D82B88E5F771F645", "s3:reports/a/b.csv/e1"]
    made = {"bucket": {"name": "reports"}, "object": {"key": "a/b.csv", "eTag": "e1"}}
    for elements, joined in (({"x-amz-request-id": "D82B88E5F771F645"}, told), ({}, told[1:])):
        record = {"eventSource": "aws:s3", "s3": made, "responseElements": elements}
        assert recognise({"Records": [record]}).links_in == joined


def test_a_described_execution_is_not_a_started_one(run, attributes, aws):
    arn = "arn:aws:states:eu-west-1:1:execution:flow:1"
    machine, _ = aws("stepfunctions", {"executionArn": arn})
    root = run(lambda event, context: machine.describe_execution(executionArn=arn) and None)
    assert "mendline.links.out" not in attributes(root)


@pytest.mark.parametrize(("status", "told"), [(202, ["lambda:REQUEST-1"]), (200, None)])
def test_a_function_that_is_invoked_later_is_joined_by_its_request(run, attributes, json_answer, serve, status, told):
    server = serve(lambda request: json_answer({}, status))
    client = boto3.client("lambda", endpoint_url=server.url, **KEYS)
    root = run(lambda event, context: client.invoke(FunctionName="mail", InvocationType="Event") and None)
    assert attributes(root).get("mendline.links.out") == told


def test_each_record_put_is_linked_on_the_invocation(run, collector, attributes, aws):
    answers = [{"ShardId": "shardId-000000000000", "SequenceNumber": f"{i:056}"} for i in range(500)]
    stream, _ = aws("kinesis", {"FailedRecordCount": 0, "Records": answers})
    records = [{"Data": b"x", "PartitionKey": "1"}] * 500
    root = run(lambda event, context: stream.put_records(StreamName="clicks", Records=records) and None)
    assert len(attributes(root)["mendline.links.out"]) == 500
    (call,) = collector.operations()
    assert len(attributes(call)["mendline.links.out"]) == 100


def test_links_out_are_bounded_in_bytes_and_counted():
    record = Record(TraceContext(new_trace_id()), lambda span: None, "")
    record.link_out([f"kinesis:{i:0120}" for i in range(10_000)] + ["x" * 5_000])
    assert 1_000_000 < sum(map(len, record.links_out)) <= 1_050_000
    assert len(record.links_out) + record.links_dropped == 10_001


DETAILS = [
    ('{"a": 1}', f'{{"traceparent":"{HEADER}","a": 1}}'),
    (" { } ", f'{{"traceparent":"{HEADER}"}}'),
    ('{"traceparent": "own"}', '{"traceparent": "own"}'),
    ("[1]", "[1]"), ("", ""), ("{", "{"),
]  # fmt: skip


@pytest.mark.parametrize(("detail", "sent"), DETAILS)
def test_an_event_s_detail_carries_the_trace_only_on_request(lambda_env, detail, sent):
    params = {"Entries": [{"Source": "a", "DetailType": "b", "Detail": detail}, {"Source": "c"}, None]}
    before = copy.deepcopy(params)
    assert carrier_of("events", "PutEvents")(params, HEADER) is params
    lambda_env.setenv("MENDLINE_EVENTBRIDGE_DETAIL", "1")
    told = carrier_of("events", "PutEvents")(params, HEADER)
    assert told["Entries"][0]["Detail"] == sent
    assert params == before
    if sent != detail:
        event = {"detail-type": "b", "source": "a", "detail": json.loads(sent)}
        assert recognise(event).contexts[0].trace_id == parse_traceparent(HEADER).trace_id


def test_large_details_are_left_alone(lambda_env):
    lambda_env.setenv("MENDLINE_EVENTBRIDGE_DETAIL", "1")
    params = {"Entries": [{"Detail": '{"a": "' + "x" * 260_000 + '"}'}]}
    assert carrier_of("events", "PutEvents")(params, HEADER) is params


def test_attributes_count_into_the_size_of_a_message():
    attributes = {f"a{i}": {"DataType": "String", "StringValue": "x" * 40_000} for i in range(6)}
    params = {"QueueUrl": "q", "MessageBody": "y" * 20_000, "MessageAttributes": attributes}
    assert carrier_of("sqs", "SendMessage")(params, HEADER) is params


def test_a_pending_aws_call_names_its_endpoint(run, collector, attributes, aws):
    table, _ = aws("dynamodb")
    run(lambda event, context: table.list_tables() and time.time())
    (call,) = collector.operations()
    assert attributes(call)["server.address"] == "127.0.0.1"
