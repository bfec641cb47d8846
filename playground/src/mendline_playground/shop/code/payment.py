"""Takes the money for the orders in the payments queue and tells everybody who wants to know."""

import json
import logging
import os
import time
from typing import Any

import boto3
import urllib3

logger = logging.getLogger()
logger.setLevel(logging.INFO)

orders = boto3.resource("dynamodb").Table(os.environ["ORDERS_TABLE"])
sns = boto3.client("sns")
http = urllib3.PoolManager(timeout=urllib3.Timeout(2.0), retries=False)


class PaymentUnavailableError(Exception):
    """The payment provider did not answer usefully, several times."""


def handler(event: dict[str, Any], context: Any) -> None:
    """Charge each order of the batch (the batch size is 1)."""
    for record in event["Records"]:
        payment = json.loads(record["body"])
        amount = convert(payment["amount_cents"], payment["currency"])
        status = charge(payment["order_id"], amount, payment["card"])
        mark(payment["order_id"], status)
        publish(payment, status)


def convert(cents: int, currency: str) -> int:
    """The amount in euro cents."""
    if currency != "EUR":
        raise ValueError(f"unknown currency: {currency!r}")
    return cents


def charge(order_id: str, cents: int, card: str) -> str:
    """Charge the card; `paid` or `declined`. A busy provider is asked three times."""
    body = json.dumps({"amount": cents, "currency": "eur", "source": card, "reference": order_id})
    for attempt in range(3):
        response = http.request(
            "POST",
            f"{os.environ['PAYFRIEND_URL']}/v1/charges",
            body=body,
            headers={"content-type": "application/json", "idempotency-key": order_id},
        )
        if response.status == 201:
            return "paid"
        if response.status == 402:
            logger.warning("card of order %s was declined", order_id)
            return "declined"
        logger.warning("payfriend answered %d to order %s", response.status, order_id)
        time.sleep(0.05 * 2**attempt)
    raise PaymentUnavailableError(f"payfriend did not take order {order_id} in 3 attempts")


def mark(order_id: str, status: str) -> None:
    """Write the outcome to the order."""
    orders.update_item(
        Key={"id": order_id},
        UpdateExpression="SET #s = :s",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":s": status},
    )


def publish(payment: dict[str, Any], status: str) -> None:
    """Tell the other functions."""
    message = {"order_id": payment["order_id"], "status": status, "items": payment["items"]}
    sns.publish(
        TopicArn=os.environ["EVENTS_TOPIC_ARN"],
        Message=json.dumps(message),
        MessageAttributes={"event": {"DataType": "String", "StringValue": f"order.{status}"}},
    )
