"""Adds an order up, in the customer's currency."""

import http.client
import json
import os
from typing import Any

import boto3
import flags
from tags import tag

dynamodb = boto3.client("dynamodb")


class UnknownItemError(Exception):
    """The shop does not sell this."""


class RatesError(Exception):
    """The exchange rates could not be had."""


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The total of an order."""
    tag(event)
    flags.begin(event)
    table = os.environ["PRICES_TABLE"]
    skus = sorted({item["sku"] for item in event["items"]})
    for _ in range(flags.times("dynamodb/prices/BatchGetItem", event)):
        keys = [{"sku": {"S": sku}} for sku in skus[:100]]
        found = dynamodb.batch_get_item(RequestItems={table: {"Keys": keys}})["Responses"].get(table, [])
    prices = {item["sku"]["S"]: int(item["cents"]["N"]) for item in found}
    for item in event["items"]:
        if item["sku"] not in prices:
            raise UnknownItemError(f"there is no item {item['sku']}")
    cents = sum(prices[item["sku"]] * int(item["quantity"]) for item in event["items"])
    if event.get("currency", "EUR") != "EUR":
        cents = round(cents * rates().get(event["currency"], 1.0))
    return {"total_cents": cents, "currency": event.get("currency", "EUR")}


def rates() -> dict[str, float]:
    """How much of each currency a euro is."""
    connection = http.client.HTTPConnection(os.environ["RATES_HOST"], timeout=2)
    try:
        connection.request("GET", "/latest")
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    if response.status != 200:
        raise RatesError(f"rates answered {response.status}")
    found: dict[str, float] = json.loads(body)["rates"]
    return found
