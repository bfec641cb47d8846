"""The checkout API: POST /orders takes an order, GET /orders/{id} says what became of it."""

import json
import logging
import os
import uuid
from typing import Any

import boto3
import flags
from botocore.config import Config
from tags import tag

logger = logging.getLogger()
logger.setLevel(logging.INFO)

dynamodb = boto3.client("dynamodb")
lambda_client = boto3.client("lambda")
impatient: dict[float, Any] = {}
sqs = boto3.client("sqs")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request of API Gateway (HTTP API, payload format 2.0)."""
    if event["routeKey"].startswith("GET"):
        return status_of(event["pathParameters"]["id"], event.get("headers", {}))
    return place(event)


def place(event: dict[str, Any]) -> dict[str, Any]:
    """Price the order, reserve its items, and put it into the queue."""
    try:
        order = json.loads(event.get("body") or "")
        order.setdefault("id", uuid.uuid4().hex[:12])
        order.setdefault("currency", "EUR")
        order["items"][0]["sku"], order["customer"]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return answer(400, {"message": "An order needs a customer and items."})
    tag(order)
    flags.begin(order)

    order["total_cents"] = ask(os.environ["PRICE_FUNCTION"], order)["total_cents"]
    ask(os.environ["STOCK_FUNCTION"], order)
    sqs.send_message(QueueUrl=os.environ["ORDERS_QUEUE_URL"], MessageBody=json.dumps(order))
    logger.info("order %s placed by %s for %d cents", order["id"], order["customer"], order["total_cents"])
    return answer(202, {"id": order["id"], "status": "placed", "total_cents": order["total_cents"]})


def status_of(order_id: str, headers: dict[str, str]) -> dict[str, Any]:
    """What became of an order; `unknown` until it was written."""
    tag({"id": order_id, "tenant": headers.get("x-tenant")})
    key = {"id": {"S": order_id}}
    found = dynamodb.get_item(TableName=os.environ["ORDERS_TABLE"], Key=key).get("Item")
    if found is None:
        return answer(404, {"message": f"There is no order {order_id}."})
    return answer(200, {"id": order_id, "status": found["status"]["S"]})


def ask(function: str, order: dict[str, Any]) -> dict[str, Any]:
    """Invoke another function with the order and return what it answers."""
    name = function.partition(":")[0]
    flag = flags.on("give_up", order, f"lambda/{name}/Invoke")
    client = waiting_for(flag["after"]) if flag else lambda_client
    result = client.invoke(FunctionName=function, Payload=json.dumps(order).encode())
    body: dict[str, Any] = json.loads(result["Payload"].read())
    if "FunctionError" in result:
        raise RuntimeError(f"{name} failed: {body.get('errorMessage')}")
    return body


def waiting_for(seconds: float) -> Any:
    """A client that waits no longer than this for an answer, and asks once."""
    if seconds not in impatient:
        impatient[seconds] = boto3.client(
            "lambda", config=Config(read_timeout=seconds, retries={"total_max_attempts": 1})
        )
    return impatient[seconds]


def answer(status: int, body: dict[str, Any]) -> dict[str, Any]:
    """An HTTP answer with a JSON body."""
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}
