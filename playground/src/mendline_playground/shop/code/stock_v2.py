"""Version 2 of `stock`: waits a moment for the table, then not at all, and reserves later what it could not."""

import os
import time
from collections import Counter
from typing import Any

import boto3
import flags
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from tags import tag

from mendline_agent.resilience import CircuitOpenError, buffer_to_sqs, circuit_breaker, replay

LIMITS = Config(connect_timeout=0.5, read_timeout=0.5, retries={"total_max_attempts": 1})
dynamodb = boto3.client("dynamodb", config=LIMITS)
DOWN = (BotoCoreError, ClientError)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take the items of an order from the stock; or, of its own queue, make the calls that were put aside."""
    if "Records" in event:
        return replay(event)
    tag(event)
    flags.begin(event)
    quantities: Counter[str] = Counter()
    for item in event["items"]:
        quantities[item["sku"]] += int(item["quantity"])
    answer: dict[str, Any] = reserve(event["id"], quantities)
    return answer


@buffer_to_sqs(
    os.environ["LATER_QUEUE_URL"],
    name="reserve",
    on=(*DOWN, CircuitOpenError),
    answer={"reserved": True, "later": True},  # the shop has plenty, and would rather sell
)
@circuit_breaker("stock", failures=3, open_s=5, on=DOWN)
def reserve(order_id: str, quantities: dict[str, int]) -> dict[str, Any]:
    """Take an order's items once, however often this is called for it."""
    taken = {"id": {"S": order_id}, "expires_at": {"N": str(int(time.time()) + 3600)}}
    once = {
        "TableName": os.environ["RESERVATIONS_TABLE"],
        "Item": taken,
        "ConditionExpression": "attribute_not_exists(id)",
    }
    updates = [
        {
            "TableName": os.environ["STOCK_TABLE"],
            "Key": {"sku": {"S": sku}},
            "UpdateExpression": "ADD quantity :n",
            "ExpressionAttributeValues": {":n": {"N": str(-quantity)}},
        }
        for sku, quantity in quantities.items()
    ]
    try:
        dynamodb.transact_write_items(TransactItems=[{"Put": once}, *({"Update": update} for update in updates)])
    except dynamodb.exceptions.TransactionCanceledException as error:
        if error.response["CancellationReasons"][0]["Code"] != "ConditionalCheckFailed":
            raise
    return {"reserved": True}
