"""Counts sales by tenant, from the stream of events."""

import base64
import json
import os
from collections import Counter
from typing import Any

import boto3
import flags

dynamodb = boto3.client("dynamodb")


def handler(event: dict[str, Any], context: Any) -> None:
    """Add the orders of a batch to the sums of their tenants."""
    sums: Counter[str] = Counter()
    for record in event["Records"]:
        order = json.loads(base64.b64decode(record["kinesis"]["data"]))
        if flags.on("swallow", order):
            continue
        flags.begin(order)
        if order.get("status") == "paid":
            sums[order.get("tenant") or "none"] += order["total_cents"]
    for tenant, cents in sums.items():
        dynamodb.update_item(
            TableName=os.environ["SALES_TABLE"],
            Key={"tenant": {"S": tenant}},
            UpdateExpression="ADD cents :c, orders :o",
            ExpressionAttributeValues={":c": {"N": str(cents)}, ":o": {"N": "1"}},
        )
