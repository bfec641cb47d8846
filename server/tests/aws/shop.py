"""A small shop in a local AWS: a function with its role, a queue with its dead-letter queue, a stream, a table."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

Clients = Callable[[str], Any]

_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def zipped(text: str = "def handler(event, context): return 1") -> bytes:
    """A deployment package with one module."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("app.py", text)
    return buffer.getvalue()


def policy(*actions: str) -> str:
    """A policy document that allows actions on everything."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def role(clients: Clients, name: str = "worker") -> str:
    """A role that may write to a table; answers its ARN."""
    iam = clients("iam")
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(_TRUST))
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy("dynamodb:PutItem", "sqs:SendMessage"))
    return str(made["Role"]["Arn"])


def function(clients: Clients, name: str = "checkout", role_arn: str = "", **more: Any) -> str:
    """A function with 256 MB, 5 s, and a variable with a secret in it; answers its ARN."""
    made = clients("lambda").create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=role_arn or role(clients, f"role-of-{name}"),
        Handler="app.handler",
        Code={"ZipFile": zipped()},
        Environment={"Variables": {"DB_PASSWORD": "hunter2-hunter2"}},
        Tags={"team": "pay"},
        **{"MemorySize": 256, "Timeout": 5} | more,
    )
    return str(made["FunctionArn"])


def queue(clients: Clients, name: str, **attributes: str) -> str:
    """A queue; answers its ARN."""
    sqs = clients("sqs")
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return str(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])


def redrive(target: str, receives: int = 3) -> str:
    """The text of a redrive policy."""
    return json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": str(receives)})


def table(clients: Clients, name: str) -> str:
    """A table with a stream; answers the ARN of the stream."""
    made = clients("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    return str(made["TableDescription"]["LatestStreamArn"])


def whole_shop(clients: Clients) -> None:
    """One of everything."""
    function(clients)
    orders = queue(clients, "orders", RedrivePolicy=redrive(queue(clients, "orders-dlq")))
    clients("lambda").create_event_source_mapping(
        FunctionName="checkout", EventSourceArn=orders, BatchSize=5, Enabled=False
    )
    clients("kinesis").create_stream(StreamName="clicks", ShardCount=1)
    table(clients, "orders-table")
