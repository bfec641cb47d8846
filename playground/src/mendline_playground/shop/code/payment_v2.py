"""Version 2 of `payment`: waits a second for the card API, then not at all, and charges later what it could not."""

import os
from typing import Any

import urllib3
from payment import PayfriendError, dynamodb, mark, orders, publish, question
from urllib3.exceptions import HTTPError

from mendline_agent.resilience import (
    CircuitOpenError,
    OutOfTimeError,
    buffer_to_sqs,
    circuit_breaker,
    fallback,
    replay,
    timeout_budget,
)

http = urllib3.PoolManager(retries=False)
UNCHECKED_CENTS = 5000
FAILED = (PayfriendError, HTTPError)
DOWN = (*FAILED, CircuitOpenError, OutOfTimeError)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any] | None:
    """Charge the order of each record; or, of its own queue, make the calls that were put aside."""
    if event["Records"][0]["eventSourceARN"].endswith("-later"):
        return replay(event)
    for order in orders(event):
        settle(order)
    return None


@buffer_to_sqs(os.environ["LATER_QUEUE_URL"], name="settle", on=DOWN)
def settle(order: dict[str, Any]) -> None:
    """Charge an order and tell everybody, once, however often this is called for it."""
    key = {"id": {"S": order["id"]}}
    kept = dynamodb.get_item(TableName=os.environ["ORDERS_TABLE"], Key=key, ConsistentRead=True)
    if kept["Item"]["status"]["S"] != "placed":
        return
    if not is_safe(order):
        raise PayfriendError("nobody checked the risk, and it is too much to go without")
    status = "paid" if charge(order) == 201 else "refused"
    publish(order, status)
    mark(order["id"], status)


@fallback(lambda order: order["total_cents"] <= UNCHECKED_CENTS, on=DOWN)
@circuit_breaker("risk checks", failures=3, open_s=5, on=FAILED)
def is_safe(order: dict[str, Any]) -> bool:
    """Whether the card may be charged; a small amount where nobody says."""
    return ask("/v1/risk_checks", order) == 201


@circuit_breaker("charges", failures=3, open_s=5, on=FAILED)
def charge(order: dict[str, Any]) -> int:
    """Take the money; 201 done, 402 declined. The API does it once for the same key."""
    return ask("/v1/charges", order)


def ask(path: str, order: dict[str, Any]) -> int:
    """One question to the card API, a second at most."""
    response = http.request("POST", **question(path, order), timeout=timeout_budget(1.0))
    if response.status not in (201, 402):
        raise PayfriendError(f"api.payfriend.example answered {response.status}")
    return response.status
