"""Adds up the prices of an order's items."""

import os
from typing import Any

import boto3

prices = boto3.resource("dynamodb").Table(os.environ["PRICES_TABLE"])


class UnknownItemError(Exception):
    """Somebody ordered what we do not sell."""


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The total of `items`, each with `sku` and `quantity`, in cents."""
    total = 0
    for item in event["items"]:
        found = prices.get_item(Key={"sku": item["sku"]}).get("Item")
        if found is None:
            raise UnknownItemError(f"there is no price for {item['sku']}")
        total += int(str(found["cents"])) * int(item["quantity"])
    return {"total_cents": total}
