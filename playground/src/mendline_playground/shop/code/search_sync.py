"""Tells the search service what is in stock, from the stream of the stock table."""

import http.client
import json
import os
from typing import Any

import flags


class SearchError(Exception):
    """The search service did not take the changes."""


def handler(event: dict[str, Any], context: Any) -> None:
    """Send the newest quantity of each item of a batch."""
    flags.begin({})
    newest = {}
    for record in event["Records"]:
        image = record["dynamodb"].get("NewImage", {})
        newest[record["dynamodb"]["Keys"]["sku"]["S"]] = int(image.get("quantity", {}).get("N", "0"))
    connection = http.client.HTTPConnection(os.environ["SEARCH_HOST"], timeout=8)
    try:
        connection.request("POST", "/bulk", json.dumps(newest), {"content-type": "application/json"})
        response = connection.getresponse()
        response.read()
    finally:
        connection.close()
    if response.status != 201:
        raise SearchError(f"{os.environ['SEARCH_HOST']} answered {response.status}")
