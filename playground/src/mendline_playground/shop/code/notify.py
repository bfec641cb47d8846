"""Writes to the customer when an order was paid or declined."""

import http.client
import json
import os
import time
from typing import Any

import boto3

notifications = boto3.client("dynamodb")


class MailRejectedError(Exception):
    """The mail service refused a message."""


def handler(event: dict[str, Any], context: Any) -> None:
    """Send one mail for each record of the topic."""
    for record in event["Records"]:
        order = json.loads(record["Sns"]["Message"])
        message_id = send_mail(order["order_id"], order["status"])
        notifications.put_item(
            TableName=os.environ["NOTIFICATIONS_TABLE"],
            Item={
                "order_id": {"S": order["order_id"]},
                "message_id": {"S": message_id},
                "sent_at": {"N": str(int(time.time()))},
                "expires_at": {"N": str(int(time.time()) + 3600)},
            },
        )


def send_mail(order_id: str, status: str) -> str:
    """Hand the mail to the mail service and return its message id."""
    connection = http.client.HTTPConnection(os.environ["POSTBOX_HOST"], timeout=2)
    try:
        body = json.dumps({"template": f"order-{status}", "order": order_id})
        connection.request("POST", "/v1/messages", body, {"content-type": "application/json"})
        response = connection.getresponse()
        answer = json.loads(response.read())
    finally:
        connection.close()
    if response.status != 202:
        raise MailRejectedError(f"postbox answered {response.status} for order {order_id}")
    return str(answer["id"])
