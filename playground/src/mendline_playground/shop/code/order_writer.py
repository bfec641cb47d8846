"""Keeps orders and asks for their payment. Answers which records of a batch failed, so that the others are done."""

import json
import logging
import os
import time
from typing import Any

import boto3
import flags
from tags import tag

logger = logging.getLogger()
logger.setLevel(logging.INFO)

dynamodb = boto3.client("dynamodb")
sqs = boto3.client("sqs")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Write the orders of a batch; a batch of one fails as a whole."""
    records = event["Records"]
    failed = []
    for record in records:
        order = json.loads(record["body"])
        if flags.on("swallow", order):
            continue
        if len(records) == 1:
            tag(order)
            write(order)
            continue
        try:
            write(order)
        except Exception:
            logger.exception("order %s could not be written", order.get("id"))
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def write(order: dict[str, Any]) -> None:
    """Keep one order, and hand it on; one that comes round again is only passed on."""
    flags.begin(order)
    again(order)
    if order.get("rounds"):
        return
    dynamodb.put_item(
        TableName=os.environ["ORDERS_TABLE"],
        Item={
            "id": {"S": order["id"]},
            "tenant": {"S": order.get("tenant", "")},
            "customer": {"S": order["customer"]},
            "total_cents": {"N": str(order["total_cents"])},
            "status": {"S": "placed"},
            "expires_at": {"N": str(int(time.time()) + 3600)},
        },
    )
    sqs.send_message(QueueUrl=os.environ["PAYMENTS_QUEUE_URL"], MessageBody=json.dumps(order))


def again(order: dict[str, Any]) -> None:
    """Where this is switched on: put an order back into the queue that it came from."""
    flag = flags.on("loop", order)
    rounds = order.get("rounds", 0)
    if flag and rounds < flag["times"]:
        body = json.dumps({**order, "rounds": rounds + 1})
        sqs.send_message(QueueUrl=os.environ["ORDERS_QUEUE_URL"], MessageBody=body, DelaySeconds=round(flag["every"]))
