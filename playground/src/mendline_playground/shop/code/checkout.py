"""POST /orders: price the order, keep it, and ask for the payment."""

import json
import logging
import os
import time
import uuid
from typing import Any

import boto3

logger = logging.getLogger()
logger.setLevel(logging.INFO)

lambda_client = boto3.client("lambda")
orders = boto3.resource("dynamodb").Table(os.environ["ORDERS_TABLE"])
sqs = boto3.client("sqs")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Accept one order over HTTP (API Gateway, payload format 2.0)."""
    try:
        order = json.loads(event.get("body") or "")
        items = order["items"]
        customer = order["customer"]
    except (ValueError, KeyError, TypeError):
        return answer(400, {"message": "An order needs a customer and items."})

    price = ask_price(items)
    order_id = order.get("id") or uuid.uuid4().hex[:12]
    orders.put_item(
        Item={
            "id": order_id,
            "customer": customer,
            "email": order.get("email", ""),
            "items": items,
            "total_cents": price["total_cents"],
            "status": "placed",
            "expires_at": int(time.time()) + 3600,
        }
    )
    payment = {
        "order_id": order_id,
        "amount_cents": price["total_cents"],
        "card": order.get("card", "tok_visa"),
        "currency": order.get("currency", "EUR"),
        "items": items,
    }
    sqs.send_message(QueueUrl=os.environ["PAYMENTS_QUEUE_URL"], MessageBody=json.dumps(payment))
    logger.info("order %s placed by %s for %d cents", order_id, customer, price["total_cents"])
    return answer(202, {"id": order_id, "status": "placed", "total_cents": price["total_cents"]})


def ask_price(items: list[dict[str, Any]]) -> dict[str, Any]:
    """Let the price function add the items up."""
    result = lambda_client.invoke(
        FunctionName=os.environ["PRICE_FUNCTION"], Payload=json.dumps({"items": items}).encode()
    )
    body: dict[str, Any] = json.loads(result["Payload"].read())
    if "FunctionError" in result:
        raise RuntimeError(f"price failed: {body.get('errorMessage')}")
    return body


def answer(status: int, body: dict[str, Any]) -> dict[str, Any]:
    """An HTTP answer with a JSON body."""
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}
