"""Which resource an operation calls, as the agents of the field describe it."""

from __future__ import annotations

import pytest

from mendline.insight.resource import resource_of


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
def test_resource_is_told_from_attributes(attributes, expected):
    assert resource_of(attributes) == expected
