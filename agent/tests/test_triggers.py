"""Events as AWS sends them: what is recognised, which trace is continued, which are linked."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from mendline_agent.spans import from_headers, parse_traceparent, parse_xray, traceparent
from mendline_agent.triggers import epoch_ns, iso_ns, recognise

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{SPAN}-01"
XRAY = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
XRAY_TRACE = "5759e988bd862e3fe1be46a994272793"
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:orders"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:shipped"


def sqs_record(message_id="m-1", parent=PARENT, body="{}", **attributes):
    carried = {"traceparent": {"stringValue": parent, "dataType": "String"}} if parent else {}
    system = {"ApproximateReceiveCount": "2", "SentTimestamp": "1795413002090", **attributes}
    return {
        "messageId": message_id,
        "body": body,
        "attributes": system,
        "messageAttributes": carried,
        "eventSource": "aws:sqs",
        "eventSourceARN": QUEUE,
    }


def sns_message(parent=PARENT):
    carried = {"traceparent": {"Type": "String", "Value": parent}} if parent else {}
    return {
        "Type": "Notification",
        "MessageId": "n-1",
        "TopicArn": TOPIC,
        "Message": "hello",
        "Timestamp": "2026-11-23T06:10:02.090Z",
        "MessageAttributes": carried,
    }


HTTP_V2 = {
    "version": "2.0",
    "routeKey": "POST /orders/{id}",
    "rawPath": "/orders/42",
    "headers": {"Traceparent": PARENT, "host": "x"},
    "requestContext": {
        "domainName": "abc.execute-api.eu-west-1.amazonaws.com",
        "http": {"method": "POST", "path": "/orders/42", "userAgent": "curl"},
        "timeEpoch": 1795413002090,
    },
}
HTTP_V1 = {
    "httpMethod": "GET",
    "resource": "/orders/{id}",
    "path": "/orders/42",
    "headers": {"X-Amzn-Trace-Id": XRAY},
    "requestContext": {"resourcePath": "/orders/{id}", "stage": "prod", "requestTimeEpoch": 1795413002090},
}
URL = {
    **HTTP_V2,
    "routeKey": "$default",
    "requestContext": {**HTTP_V2["requestContext"], "domainName": "x.lambda-url.eu-west-1.on.aws"},
}
ALB = {"requestContext": {"elb": {"targetGroupArn": "arn:x"}}, "httpMethod": "GET", "path": "/orders/42"}
KINESIS = {
    "Records": [
        {
            "eventSource": "aws:kinesis",
            "eventID": "shardId-000000000006:49590338271490256608559692538361571095921575989136588898",
            "eventSourceARN": "arn:aws:kinesis:eu-west-1:123456789012:stream/clicks",
            "kinesis": {"partitionKey": "1", "data": "eA==", "approximateArrivalTimestamp": 1795413002.09},
        }
    ]
}
DYNAMODB = {
    "Records": [
        {
            "eventSource": "aws:dynamodb",
            "eventID": "c4ca42",
            "eventSourceARN": "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026",
            "dynamodb": {"ApproximateCreationDateTime": 1795413002},
        }
    ]
}
S3 = {
    "Records": [
        {
            "eventSource": "aws:s3",
            "eventTime": "2026-11-23T06:10:02.090Z",
            "s3": {
                "bucket": {"name": "reports", "arn": "arn:aws:s3:::reports"},
                "object": {"key": "a+b%2Fc.csv", "eTag": "abc"},
            },
        }
    ]
}
SCHEDULE = {
    "source": "aws.events",
    "detail-type": "Scheduled Event",
    "time": "2026-11-23T06:10:02Z",
    "resources": ["arn:aws:events:eu-west-1:123456789012:rule/nightly"],
}
BUS = {"id": "e-1", "source": "shop.orders", "detail-type": "OrderPlaced", "detail": {}, "time": "2026-11-23T06:10:02Z"}
WEBSOCKET = {"requestContext": {"connectionId": "c", "routeKey": "$connect", "requestTimeEpoch": 1}}

TABLE = [
    # event, kind, faas.trigger, source, sent_at in ms, links in, trace
    ({"Records": [sqs_record()]}, "sqs", "pubsub", QUEUE, 1795413002090, ["sqs:m-1"], TRACE),
    ({"Records": [{"EventSource": "aws:sns", "Sns": sns_message()}]},
     "sns", "pubsub", TOPIC, 1795414202090, ["sns:n-1"], TRACE),
    (HTTP_V2, "apigateway.v2", "http", "POST /orders/{id}", 1795413002090, [], TRACE),
    (HTTP_V1, "apigateway.v1", "http", "GET /orders/{id}", 1795413002090, [], XRAY_TRACE),
    (URL, "function_url", "http", "POST /orders/{id}", 1795413002090, [], TRACE),
    (ALB, "alb", "http", "GET /orders/{id}", 0, [], None),
    (WEBSOCKET, "apigateway.websocket", "http", "$connect", 1, [], None),
    (
        KINESIS, "kinesis", "pubsub", "arn:aws:kinesis:eu-west-1:123456789012:stream/clicks", 1795413002090,
        ["kinesis:clicks/shardId-000000000006/49590338271490256608559692538361571095921575989136588898"], None,
    ),
    (
        DYNAMODB, "dynamodb", "datasource", "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026",
        1795413002000, ["dynamodb:orders/c4ca42"], None,
    ),
    (S3, "s3", "datasource", "arn:aws:s3:::reports", 1795414202090, ["s3:reports/a b/c.csv/abc"], None),
    (SCHEDULE, "schedule", "timer", SCHEDULE["resources"][0], 1795414202000, [], None),
    (BUS, "eventbridge", "pubsub", "shop.orders", 1795414202000, ["events:e-1"], None),
    ({"Execution": {"Id": "x"}, "StateMachine": {"Id": "a"}}, "stepfunctions", "other", "a", 0, ["states:x"], None),
    ({"Records": [{"eventSource": "aws:new"}]}, "unknown", "other", "aws:new", 0, [], None),
    ({"id": 1}, "direct", "other", "", 0, [], None),
    ([1], "direct", "other", "", 0, [], None),
    (None, "direct", "other", "", 0, [], None),
]  # fmt: skip


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[1])
def test_event_is_recognised(row):
    event, kind, faas_trigger, source, sent_ms, links, trace = row
    trigger = recognise(event)
    assert (trigger.kind, trigger.faas_trigger, trigger.source) == (kind, faas_trigger, source)
    assert trigger.sent_at_ns == sent_ms * 1_000_000
    assert trigger.links_in == links
    assert [context.trace_id.hex() for context in trigger.contexts] == ([trace] if trace else [])


ODD = [
    {"Records": []}, {"Records": [None]}, {"Records": [{}]}, {"Records": "x"}, {"Records": [{"eventSource": ["x"]}]},
    {"Records": [{"eventSource": "aws:sqs"}, 5]}, {"Records": [{"eventSource": "aws:sns", "Sns": 1}]},
    {"Records": [{"eventSource": "aws:s3", "s3": {"object": {"key": 1}}}]}, {"requestContext": {}},
    {"requestContext": {"http": {}}}, {"requestContext": {"elb": 1}}, {"headers": {"traceparent": 5}},
    {"source": None, "detail-type": None}, {"source": 1, "detail-type": 2, "resources": {}, "time": 5},
    {"requestContext": {"http": {"method": 5}}, "headers": {5: 6, "traceparent": ["x"]}, "rawPath": 7},
]  # fmt: skip


@pytest.mark.parametrize("event", ODD, ids=repr)
def test_odd_events_are_traced_all_the_same(run, event):
    assert run(event=event).name == "shop-orders"


def test_one_message_continues_its_trace(run, attributes):
    root = run(event={"Records": [sqs_record()]})
    assert (root.trace_id.hex(), root.parent_span_id.hex()) == (TRACE, SPAN)
    assert root.kind == 5
    found = attributes(root)
    assert found["messaging.system"] == "aws_sqs"
    assert found["messaging.destination.name"] == "orders"
    assert found["messaging.message.id"] == "m-1"
    assert found["mendline.attempt"] == 2
    assert found["mendline.trigger.sent_at"] == 1795413002090 * 1_000_000


def test_a_batch_has_its_own_trace_and_links_to_each_message(run, attributes):
    other = f"00-{'1' * 32}-{'2' * 16}-01"
    records = [sqs_record("m-1"), sqs_record("m-2", other, SentTimestamp="1795413000000"), sqs_record("m-3", other)]
    root = run(lambda event, context: {"batchItemFailures": [{"itemIdentifier": "m-2"}]}, {"Records": records})
    assert root.trace_id.hex() not in (TRACE, "1" * 32)
    assert root.parent_span_id == b""
    assert [link.trace_id.hex() for link in root.links] == [TRACE, "1" * 32]
    found = attributes(root)
    assert found["mendline.links.in"] == ["sqs:m-1", "sqs:m-2", "sqs:m-3"]
    assert json.loads(found["mendline.records"]) == {"size": 3, "failed": ["m-2"], "failing": "m-2"}
    assert found["messaging.batch.message_count"] == 3
    assert found["mendline.trigger.sent_at"] == 1795413000000 * 1_000_000
    assert root.status.code == 0


def test_a_message_without_traceparent_goes_by_its_trace_header():
    (context,) = recognise({"Records": [sqs_record(parent=None, AWSTraceHeader=XRAY)]}).contexts
    assert (context.trace_id.hex(), context.span_id.hex()) == (XRAY_TRACE, "53995c3f42cd8ad8")


def test_sns_within_sqs_continues_the_publisher_s_trace():
    trigger = recognise({"Records": [sqs_record(parent=None, body=json.dumps(sns_message()))]})
    assert trigger.contexts[0].trace_id.hex() == TRACE
    assert trigger.links_in == ["sqs:m-1", "sns:n-1"]


def test_http_event_names_method_route_and_status(run, attributes):
    root = run(lambda event, context: {"statusCode": 201}, HTTP_V2)
    found = attributes(root)
    assert root.kind == 2
    assert found["http.request.method"] == "POST"
    assert found["url.path"] == "/orders/42"
    assert found["http.route"] == "/orders/{id}"
    assert found["http.response.status_code"] == 201


@pytest.mark.parametrize(("result", "status", "failed"), [
    ({"statusCode": 500}, 500, True), ({"statusCode": "503"}, 503, True), ({"statusCode": 404}, 404, False),
    ({"ok": 1}, 200, False), ({"statusCode": None}, 200, False), ({"statusCode": True}, None, False),
])  # fmt: skip
def test_an_answer_of_5xx_fails_the_invocation(run, attributes, result, status, failed):
    root = run(lambda event, context: result, HTTP_V2)
    assert attributes(root).get("http.response.status_code") == status
    assert (root.status.code == 2) is failed
    assert attributes(root).get("error.type") == (str(status) if failed else None)


def test_the_environment_s_trace_is_the_last_resort(run, lambda_env):
    lambda_env.setenv("_X_AMZN_TRACE_ID", XRAY)
    direct = run()
    assert (direct.trace_id.hex(), direct.parent_span_id.hex()) == (XRAY_TRACE, "53995c3f42cd8ad8")
    assert run(event={"Records": [sqs_record()]}).trace_id.hex() == TRACE


@pytest.mark.parametrize("seen", [
    SimpleNamespace(client_context=SimpleNamespace(custom={"traceparent": PARENT})),
    SimpleNamespace(client_context=None, w3c=lambda: {"traceparent": PARENT}),
])  # fmt: skip
def test_an_invoker_s_trace_is_continued(traced, collector, seen):
    traced(lambda event, context: None)({}, seen)
    collector.wait(collector.roots)
    assert collector.root().trace_id.hex() == TRACE


TRACEPARENTS = [
    (PARENT, True), (PARENT.replace("00-", "cc-", 1) + "-more", True), (f" {PARENT} ", True),
    (PARENT + "-more", False), (PARENT.upper(), False), (PARENT.replace("00-", "ff-", 1), False),
    (f"00-{'0' * 32}-{SPAN}-01", False), (f"00-{TRACE}-{'0' * 16}-01", False), (PARENT[:-1], False), ("", False),
    (None, False), (5, False), ("00-" * 9000, False), (f"00-{TRACE}-{SPAN}-é1", False),
]  # fmt: skip


@pytest.mark.parametrize(("header", "valid"), TRACEPARENTS)
def test_traceparent_is_read_as_the_standard_says(header, valid):
    assert (parse_traceparent(header) is not None) is valid


def test_traceparent_is_written_as_it_was_read():
    context = parse_traceparent(PARENT, "a=b")
    assert traceparent(context, bytes.fromhex(SPAN)) == PARENT
    assert context.trace_state == "a=b"
    assert parse_traceparent(PARENT, "x" * 9000).trace_state == ""


@pytest.mark.parametrize(("header", "span", "flags"), [
    (XRAY, "53995c3f42cd8ad8", 1), (XRAY.replace("Sampled=1", "Sampled=0"), "53995c3f42cd8ad8", 0),
    ("Root=1-5759e988-bd862e3fe1be46a994272793", "", 1), ("Self=1-2-3;" + XRAY + ";Lineage=a:b", "53995c3f42cd8ad8", 1),
])  # fmt: skip
def test_xray_header_is_read(header, span, flags):
    context = parse_xray(header)
    assert (context.trace_id.hex(), context.span_id.hex(), context.flags) == (XRAY_TRACE, span, flags)


@pytest.mark.parametrize("header", [None, "", "Root=", "Root=1-2-3", "Root=1-5759e988", XRAY * 200, "=;=;="])
def test_a_broken_xray_header_is_no_context(header):
    assert parse_xray(header) is None


def test_a_broken_traceparent_falls_back_to_xray():
    context = from_headers({"TRACEPARENT": "broken", "x-amzn-trace-id": XRAY})
    assert context.trace_id.hex() == XRAY_TRACE


def test_times_are_exact():
    assert iso_ns("2026-11-23T06:10:02.090Z") == 1795414202090 * 1_000_000
    assert iso_ns("1970-01-01T00:00:00Z") == 0
    assert iso_ns("2024-02-29T23:59:59.999999999Z") == 1709251199999999999
    assert [iso_ns(value) for value in (None, "", "yesterday", 5, "2026-11-23")] == [0] * 5
    assert [epoch_ns(value, 1_000_000) for value in ("x", None, [], float("inf"))] == [0] * 4
