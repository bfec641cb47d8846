"""Takes the money for the orders in the payments queue and tells everybody who wants to know."""

import json
import logging
import os
import time
from collections.abc import Iterator
from typing import Any

import boto3
import flags
import urllib3
from tags import tag

logger = logging.getLogger()
logger.setLevel(logging.INFO)

dynamodb = boto3.client("dynamodb")
sns = boto3.client("sns")
kinesis = boto3.client("kinesis")
http = urllib3.PoolManager(timeout=urllib3.Timeout(8.0), retries=False)
CURRENCIES = ("EUR", "USD", "GBP")


class PayfriendError(Exception):
    """The card API did not do what was asked."""


def handler(event: dict[str, Any], context: Any) -> None:
    """Charge the order of each record (the batch size is 1)."""
    for order in orders(event):
        call("/v1/risk_checks", order)
        status = "paid" if call("/v1/charges", order) == 201 else "refused"
        mark(order["id"], status)
        publish(order, status)


def orders(event: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The orders of a batch, each begun when its turn comes."""
    for record in event["Records"]:
        order = json.loads(record["body"])
        tag(order)
        flags.begin(order)
        if order["currency"] not in CURRENCIES:
            raise ValueError(f"unknown currency {order['currency']}")
        yield order


def question(path: str, order: dict[str, Any]) -> dict[str, Any]:
    """What the card API is asked, as arguments of a request."""
    return {
        "url": f"{os.environ['PAYFRIEND_URL']}{path}",
        "body": json.dumps({"amount": order["total_cents"], "source": order["card"], "reference": order["id"]}),
        "headers": {
            "content-type": "application/json",
            "x-tenant": order.get("tenant", ""),
            "idempotency-key": order["id"],
        },
    }


def call(path: str, order: dict[str, Any]) -> int:
    """Ask the card API; 201 done, 402 declined."""
    asked = question(path, order)
    for _ in range(1 + flags.tries(f"http/api.payfriend.example/POST {path}", order)):
        response = http.request("POST", **asked)
        if response.status < 500:
            break
    if response.status in (201, 402):
        return response.status
    raise PayfriendError(f"api.payfriend.example answered {response.status}")


def mark(order_id: str, status: str) -> None:
    """Write the outcome to the order."""
    dynamodb.update_item(
        TableName=os.environ["ORDERS_TABLE"],
        Key={"id": {"S": order_id}},
        UpdateExpression="SET #s = :s",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":s": {"S": status}},
    )
    logger.info("order %s is %s", order_id, status)


def publish(order: dict[str, Any], status: str) -> None:
    """Tell the other functions: a topic for those who act, a stream for those who count."""
    message = {**order, "status": status, "at": int(time.time())}
    sns.publish(
        TopicArn=os.environ["EVENTS_TOPIC_ARN"],
        Message=json.dumps(message),
        MessageAttributes={"event": {"DataType": "String", "StringValue": f"order.{status}"}},
    )
    kinesis.put_record(
        StreamName=os.environ["EVENTS_STREAM"], Data=json.dumps(message).encode(), PartitionKey=order["id"]
    )
