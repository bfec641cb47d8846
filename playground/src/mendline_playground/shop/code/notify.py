"""Writes to the customer when an order was paid or refused, through the shop's own e-mail API."""

import http.client
import json
import os
from typing import Any

import flags
from tags import tag


class MailRejectedError(Exception):
    """The e-mail API did not take a message."""


def handler(event: dict[str, Any], context: Any) -> None:
    """Send one mail for each record of the topic."""
    for record in event["Records"]:
        order = json.loads(record["Sns"]["Message"])
        tag(order)
        flags.begin(order)
        send(order)


def send(order: dict[str, Any]) -> None:
    """Hand one mail to the e-mail API."""
    connection = http.client.HTTPConnection(os.environ["MAIL_HOST"], timeout=8)
    body = {"template": f"order-{order['status']}", "order": order["id"], "to": f"{order['customer']}@example.org"}
    headers = {"content-type": "application/json", "x-tenant": order.get("tenant", "")}
    try:
        connection.request("POST", "/emails", json.dumps(body), headers)
        response = connection.getresponse()
        response.read()
    finally:
        connection.close()
    if response.status != 202:
        raise MailRejectedError(f"{os.environ['MAIL_HOST']} answered {response.status}")
