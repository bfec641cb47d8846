"""The shop's accounts: what became of every order that was placed, from its own table and dead-letter queues."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mendline_playground.shop.deploy import Deployment, Shop
from mendline_playground.shop.plan import QUEUES, SECOND_VERSIONS


@dataclass(frozen=True, slots=True)
class Accounts:
    """Ids of orders; every one that was placed is in exactly one of the other four."""

    placed: frozenset[str]
    paid: frozenset[str]
    refused: frozenset[str]
    poisoned: frozenset[str]
    in_flight: frozenset[str]


def read_accounts(deployment: Deployment, shop: Shop, accepted: Iterable[str]) -> Accounts:
    """The accounts now; `accepted` are the ids that customers were promised. Blocks, and leaves every queue as it is.

    Orders are kept for an hour after they were written, which bounds how long a run can be accounted for.
    """
    rows, dead = read_outcomes(deployment, shop)
    paid = frozenset(name for name, status in rows.items() if status == "paid")
    refused = frozenset(name for name, status in rows.items() if status == "refused")
    poisoned = dead - paid - refused
    placed = frozenset(accepted) | frozenset(rows) | dead
    return Accounts(placed, paid, refused, poisoned, placed - paid - refused - poisoned)


def read_outcomes(deployment: Deployment, shop: Shop) -> tuple[dict[str, str], frozenset[str]]:
    """The status of each order by its id, and the orders in dead-letter queues. Blocks."""
    rows = _rows(deployment)
    dead = frozenset(
        str(json.loads(message["Body"])["id"])
        for queue in QUEUES
        for message in _messages(deployment, shop.queue_urls[f"{queue}-dlq"])
    )
    return rows, dead


def read_later(deployment: Deployment, shop: Shop) -> dict[str, int]:
    """How many calls version 2 of each function has put aside that were not made yet. Blocks."""
    sqs, waiting = deployment.client("sqs"), ("", "NotVisible", "Delayed")
    asked = [f"ApproximateNumberOfMessages{state}" for state in waiting]
    found = {}
    for name, second in SECOND_VERSIONS.items():
        told = sqs.get_queue_attributes(QueueUrl=shop.queue_urls[second.queue], AttributeNames=asked)
        found[name] = sum(int(told["Attributes"].get(attribute, 0)) for attribute in asked)
    return found


def _rows(deployment: Deployment) -> dict[str, str]:
    pages = deployment.client("dynamodb").get_paginator("scan").paginate(TableName="orders")
    return {item["id"]["S"]: item["status"]["S"] for page in pages for item in page["Items"]}


def _messages(deployment: Deployment, url: str) -> list[dict[str, Any]]:
    """All messages of a queue, which nobody else reads; they are visible again afterwards."""
    sqs = deployment.client("sqs")
    found: list[dict[str, Any]] = []
    while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=30).get("Messages"):
        found += batch
    for message in found:
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    return found
