"""Log subscription payloads: every wrapping is read, each log event ends in one record."""

from __future__ import annotations

import base64
import gzip
import json

import pytest
from aws_payloads import attributes_of, log_records, message_of, resource_of

from mendline.errors import IngestError
from mendline.ingest.cloudwatch.convert import MOST_IN_EXPORT, from_events, from_subscription
from mendline.ingest.cloudwatch.subscription import writer_of
from mendline.model.signal import Signal

A = "3f8b0c1e-5a52-4d3c-9f5e-0a1b2c3d4e5f"


def _wrapped(data):
    return json.dumps({"awslogs": {"data": base64.b64encode(gzip.compress(data)).decode()}}).encode()


@pytest.mark.parametrize(
    "wrap",
    [
        lambda data: data,
        gzip.compress,
        lambda data: base64.b64encode(gzip.compress(data)),
        lambda data: base64.b64encode(gzip.compress(data)) + b"\n",
        _wrapped,
        lambda data: gzip.compress(_wrapped(data)),
        lambda data: b"\xef\xbb\xbf" + data,
    ],
    ids=["json", "gzip", "base64", "base64 with line end", "event of a function", "gzip of an event", "with a mark"],
)
def test_a_payload_is_read_in_every_wrapping(wrap):
    converted = from_subscription(wrap(message_of("hello")), region="eu-west-1")
    (record,) = log_records(converted)
    assert record.body.string_value == "hello"
    assert (converted.log_records, converted.left_out, converted.undecoded) == (1, (), 0)


def test_several_messages_in_one_payload_are_all_read():
    payload = gzip.compress(message_of("one") + message_of("two", stream="other") + b"\n" + message_of("three"))
    assert [record.body.string_value for record in log_records(from_subscription(payload, region=""))] == [
        "one", "two", "three",
    ]  # fmt: skip


def test_a_control_message_gives_nothing():
    payload = gzip.compress(
        json.dumps(
            {
                "messageType": "CONTROL_MESSAGE", "owner": "CloudwatchLogs", "logGroup": "", "logStream": "",
                "subscriptionFilters": [],
                "logEvents": [{"id": "", "timestamp": 1, "message": "CWL CONTROL MESSAGE: Checking health"}],
            }
        ).encode()
    )  # fmt: skip
    converted = from_subscription(payload, region="eu-west-1")
    assert (converted.exports, converted.left_out) == ((), ())


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", "malformed"),
        (b"not base64!", "malformed"),
        (b"{}", "malformed"),
        (b"[]", "malformed"),
        (b'{"messageType": "DATA_MESSAGE", "logEvents": 3}', "malformed"),
        (b'{"messageType": "OTHER", "logEvents": []}', "malformed"),
        (b'{"awslogs": {"data": "!"}}', "malformed"),
        (b'{"awslogs": {}}', "malformed"),
        (gzip.compress(message_of("x"))[:-4], "bad_encoding"),
        (gzip.compress(b"\0" * 40_000_000), "too_large"),
        (base64.b64encode(gzip.compress(b"\0" * 40_000_000)), "too_large"),
        (gzip.compress(b'{"a": [' + b"{}," * 1_100_000), "too_many_records"),
    ],
)
def test_what_is_no_payload_is_refused_with_its_reason(payload, code):
    with pytest.raises(IngestError) as refused:
        from_subscription(payload, region="")
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("most_bytes", "named"), [(2**26, "no setting"), (2**24, "max_inflated_bytes"), (2**20, "max_inflated_bytes")]
)
@pytest.mark.parametrize("wrap", [lambda data: data, gzip.compress, _wrapped], ids=["json", "gzip", "awslogs"])
def test_a_payload_that_is_too_large_names_the_limit_that_it_broke(wrap, most_bytes, named):
    with pytest.raises(IngestError, match=named) as refused:
        from_subscription(wrap(message_of("x" * 2**24)), region="", most_bytes=most_bytes)
    assert refused.value.code == "too_large"


def test_a_cut_payload_keeps_what_came_whole():
    converted = from_subscription(message_of("kept") + b'{"messageType": "DATA_', region="")
    assert [record.body.string_value for record in log_records(converted)] == ["kept"]
    assert converted.left_out == (("bad_json", 1),)


@pytest.mark.parametrize(
    ("group", "stream", "function", "version"),
    [
        ("/aws/lambda/shop", "2026/11/23/[$LATEST]0af7651916cd43dd", "shop", "$LATEST"),
        ("/aws/lambda/shop", "2026/11/23/[42]0af7651916cd43dd", "shop", "42"),
        ("/aws/lambda/us-east-1.edge", "2026/11/23/[3]0af7651916cd43dd", "edge", "3"),
        ("/aws/lambda/shop", "odd", "shop", ""),
        ("team-logs", "2026/11/23/shop[$LATEST][0af7651916cd43dd]", "shop", "$LATEST"),
        ("team-logs", "2026/11/23/shop[42]0af7651916cd43dd", "shop", "42"),
        ("team-logs", "2026/11/23/[shop[42]]0af7651916cd43dd", "shop", "42"),
        ("shop-logs", "2026/11/23/[42]0af7651916cd43dd", "shop-logs", "42"),
        ("/ecs/web", "web/app/0af7651916cd43dd", "", ""),
        ("API-Gateway-Execution-Logs_ab12/prod", "0af7651916cd43dd", "", ""),
        ("", "", "", ""),
    ],
)
def test_names_of_group_and_stream_tell_the_function(group, stream, function, version):
    writer = writer_of(group, stream)
    assert (writer.function, writer.version) == (function, version)


def test_the_resource_is_the_environment_that_wrote():
    converted = from_subscription(message_of("x"), region="eu-west-1")
    assert resource_of(converted) == {
        "service.name": "shop", "faas.name": "shop", "faas.version": "$LATEST",
        "faas.instance": "2026/11/23/[$LATEST]0af7", "cloud.provider": "aws", "cloud.platform": "aws_lambda",
        "cloud.account.id": "123456789012", "cloud.region": "eu-west-1",
        "aws.log.group.names": ["/aws/lambda/shop"], "aws.log.stream.names": ["2026/11/23/[$LATEST]0af7"],
    }  # fmt: skip


def test_logs_of_something_else_become_no_function():
    told = resource_of(from_subscription(message_of("x", group="/ecs/web", stream="web/1"), region=""))
    assert told["service.name"] == "/ecs/web"
    assert not {"faas.name", "cloud.platform"} & told.keys()


def test_a_custom_group_gets_its_function_from_what_the_platform_says():
    started = json.dumps({"type": "platform.initStart", "record": {"functionName": "shop", "functionVersion": "7"}})
    told = resource_of(from_subscription(message_of(started, group="team", stream="odd"), region=""))
    assert (told["faas.name"], told["faas.version"]) == ("shop", "7")
    told = resource_of(from_subscription(message_of(f"START RequestId: {A}", group="team", stream="odd"), region=""))
    assert told["faas.name"] == "team"


def test_many_events_are_several_export_requests():
    events = tuple({"id": str(number), "timestamp": 1, "message": "x"} for number in range(MOST_IN_EXPORT * 2 + 1))
    converted = from_events("1", "eu-west-1", "/aws/lambda/shop", "s", events)
    assert [export.signal for export in converted.exports] == [Signal.LOGS] * 3
    assert [attributes_of(record)["log.record.uid"] for record in log_records(converted)] == [
        event["id"] for event in events
    ]


def test_the_same_payload_gives_the_same_bytes():
    texts = [json.dumps({"b": 1, "a": {"y": 1, "x": [1, "2", None]}, "message": "m"}), "x", "    at y"]
    first, second = (from_subscription(message_of(*texts), region="eu-west-1") for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("event", "time_ns", "uid", "body", "odd"),
    [
        ({"id": "1", "timestamp": 1795414202090, "message": "x"}, 1795414202090 * 10**6, "1", "x", ""),
        ({"id": "1", "timestamp": -5, "message": "x"}, 0, "1", "x", "no_time"),
        ({"id": "1", "timestamp": 10**30, "message": "x"}, 0, "1", "x", "no_time"),
        ({"id": "1", "timestamp": "soon", "message": "x"}, 0, "1", "x", "no_time"),
        ({"id": "1", "timestamp": True, "message": "x"}, 0, "1", "x", "no_time"),
        ({"id": "1", "timestamp": None, "message": "x"}, 0, "1", "x", "no_time"),
        ({"message": "x"}, 0, None, "x", "no_time"),
        ({"id": 7, "message": {"a": 1}}, 0, "7", '{"a": 1}', "no_message no_time"),
        ({"id": "1"}, 0, "1", '{"id": "1"}', "no_message no_time"),
        ({"timestamp": 3, "message": None}, 3 * 10**6, None, '{"timestamp": 3, "message": null}', "no_message"),
        ("just text", 0, None, "just text", "no_event"),
        (17, 0, None, "17", "no_event"),
        (None, 0, None, "", "no_event"),
    ],
)
def test_odd_events_are_kept_as_well_and_counted_by_what_is_odd(event, time_ns, uid, body, odd):
    message = json.loads(message_of()) | {"logEvents": [event]}
    converted = from_subscription(json.dumps(message).encode(), region="")
    assert converted.odd == tuple((reason, 1) for reason in odd.split())
    (record,) = log_records(converted)
    assert (record.time_unix_nano, attributes_of(record).get("log.record.uid")) == (time_ns, uid)
    assert record.body.string_value == body
