"""Reserves the items of an order."""

import os
from typing import Any

import boto3
import flags
from tags import tag

dynamodb = boto3.client("dynamodb")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take each item from the stock."""
    tag(event)
    flags.begin(event)
    for item in event["items"]:
        dynamodb.update_item(
            TableName=os.environ["STOCK_TABLE"],
            Key={"sku": {"S": item["sku"]}},
            UpdateExpression="ADD quantity :n",
            ExpressionAttributeValues={":n": {"N": str(-int(item["quantity"]))}},
        )
    return {"reserved": True}
