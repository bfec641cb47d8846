"""Which resource an operation calls, as the agents of the field describe it."""

from __future__ import annotations

import pytest

from mendline.insight.traces import get_trace


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({}, ("", "", "")),
        (
            {
                "mendline.resource.type": "dynamodb",
                "mendline.resource.name": "orders",
                "mendline.resource.operation": "PutItem",
            },
            ("dynamodb", "orders", "PutItem"),
        ),
        (
            {"db.system": "dynamodb", "rpc.method": "GetItem", "aws.dynamodb.table_names": '["orders"]'},
            ("dynamodb", "orders", "GetItem"),
        ),
        ({"db.system.name": "aws.dynamodb", "aws.dynamodb.table_names": "orders"}, ("dynamodb", "orders", "")),
        ({"db.system": "dynamodb", "aws.dynamodb.table_names": "[broken"}, ("dynamodb", "[broken", "")),
        (
            {"db.system.name": "postgresql", "db.namespace": "shop", "db.operation.name": "SELECT"},
            ("postgresql", "shop", "SELECT"),
        ),
        (
            {
                "messaging.system": "aws_sqs",
                "messaging.destination.name": "payments",
                "messaging.operation.type": "send",
            },
            ("sqs", "payments", "send"),
        ),
        (
            {"messaging.system": "aws.sqs", "messaging.destination": "payments", "messaging.operation": "publish"},
            ("sqs", "payments", "publish"),
        ),
        (
            {
                "rpc.system": "aws-api",
                "rpc.service": "SNS",
                "rpc.method": "Publish",
                "aws.sns.topic.arn": "arn:aws:sns:r:1:news",
            },
            ("sns", "news", "Publish"),
        ),
        (
            {"rpc.system": "aws-api", "rpc.service": "S3", "rpc.method": "GetObject", "aws.s3.bucket": "pics"},
            ("s3", "pics", "GetObject"),
        ),
        (
            {"http.request.method": "POST", "server.address": "api.stripe.com", "url.template": "/v1/charges"},
            ("http", "api.stripe.com", "POST /v1/charges"),
        ),
        ({"http.method": "GET", "net.peer.name": "example.com"}, ("http", "example.com", "GET")),
        ({"http.request.method": "GET"}, ("", "", "")),
    ],
)
def test_resource_is_told_from_attributes(store, send_spans, attributes, expected):
    send_spans({"kind": 3, "trace_id": b"t" * 16, "attributes": attributes}, resource={"service.name": "s"})
    (span,) = get_trace(store, (b"t" * 16).hex()).spans
    assert (span.resource_type, span.resource_name, span.operation) == expected


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("/v1/charges", "GET /v1/charges"),
        ("/orders/12345?x=1", "GET /orders/{id}"),
        ("/orders/0f8fad5b-d9cb-469f-a165-70867728950e/items", "GET /orders/{id}/items"),
        ("/", "GET /"),
    ],
)
def test_ids_in_a_path_make_no_resources(store, send_spans, path, operation):
    send_spans(
        {"kind": 3, "attributes": {"http.request.method": "GET", "server.address": "api", "url.path": path}},
        resource={"service.name": "s"},
    )
    (span,) = get_trace(store, (b"t" * 16).hex()).spans
    assert span.operation == operation


@pytest.mark.parametrize("key", ["url.full", "http.url"])
def test_a_client_that_tells_the_whole_url_calls_its_path(store, send_spans, key):
    attributes = {
        "http.request.method": "POST",
        "server.address": "api",
        key: "https://api:8443/v1/orders/12345?x=/y#z",
    }
    send_spans({"kind": 3, "attributes": attributes}, resource={"service.name": "s"})
    (span,) = get_trace(store, (b"t" * 16).hex()).spans
    assert (span.resource_type, span.resource_name, span.operation) == ("http", "api", "POST /v1/orders/{id}")


@pytest.mark.parametrize("kind", [0, 1, 2])
def test_span_that_calls_nothing_has_no_resource(store, send_spans, kind):
    send_spans({"kind": kind, "attributes": {"db.system": "redis"}}, resource={"service.name": "s"})
    assert get_trace(store, (b"t" * 16).hex()).spans[0].resource_type == ""


def test_rollups_of_resources_are_equal_to_raw(store, send_spans):
    for number in range(1, 7):
        failed = {"status": 2, "message": "slow down"} if number % 2 else {}
        attributes = {"mendline.resource.type": "dynamodb", "mendline.resource.name": f"table-{number % 3}"}
        if failed:
            attributes["error.type"] = "ThrottlingException"
        send_spans(
            {"kind": 3, "duration": number * 10**7, "attributes": attributes, **failed}, resource={"service.name": "s"}
        )
    raw = """SELECT resource_name, count(), countIf(status = 2), countIf(error_kind = 'throttled'), sum(duration_ns),
            count()
        FROM operations GROUP BY resource_name ORDER BY resource_name"""
    for table in ("resource_minutes", "resource_days"):
        rolled = f"""SELECT resource_name, sum(calls), sum(errors), sum(throttled), sum(total_duration_ns),
            arraySum(sumMap(durationMap.bucket, durationMap.count).2)
            FROM {table} GROUP BY resource_name ORDER BY resource_name"""
        assert store._rows(rolled) == store._rows(raw)
    assert sum(row[3] for row in store._rows(raw)) == 3


def test_an_error_has_the_same_kind_wherever_it_is_told(store, send_spans):
    """What says it may stand in the status, or in the event alone; one span is an invocation, one a call."""
    of_event = [("exception", {"exception.type": "Fault", "exception.message": "Task timed out after 3.00 seconds"})]
    for attributes in ({"faas.invocation_id": "a"}, {"mendline.resource.type": "http"}):
        send_spans({"kind": 3, "status": 2, "attributes": attributes, "events": of_event}, resource={"faas.name": "f"})
    kinds = {
        table: store._rows(f"SELECT DISTINCT {column} FROM {table}")
        for table, column in (("spans", "error_kind"), ("errors", "kind"), ("execution_halves", "error_kind"))
    }
    assert all(told == [("timeout",)] for told in kinds.values()), kinds
