"""GET /orders/{id}: what became of an order."""

import json
import os
from typing import Any

import boto3

dynamodb = boto3.client("dynamodb")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The status of one order, 404 when there is none."""
    order_id = event["pathParameters"]["id"]
    found = dynamodb.get_item(TableName=os.environ["ORDERS_TABLE"], Key={"id": {"S": order_id}}).get("Item")
    if found is None:
        return answer(404, {"message": f"There is no order {order_id}."})
    return answer(200, {"id": order_id, "status": found["status"]["S"]})


def answer(status: int, body: dict[str, Any]) -> dict[str, Any]:
    """An HTTP answer with a JSON body."""
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}
