"""Takes the items of paid orders from the stock (a queue that is subscribed to the topic)."""

import json
import os
from typing import Any

import boto3

stock = boto3.resource("dynamodb").Table(os.environ["STOCK_TABLE"])


def handler(event: dict[str, Any], context: Any) -> None:
    """Decrement the stock for each record; the queue carries the topic's envelope."""
    for record in event["Records"]:
        order = json.loads(json.loads(record["body"])["Message"])
        if order["status"] != "paid":
            continue
        for item in order["items"]:
            stock.update_item(
                Key={"sku": item["sku"]},
                UpdateExpression="ADD quantity :n",
                ExpressionAttributeValues={":n": -int(item["quantity"])},
            )
