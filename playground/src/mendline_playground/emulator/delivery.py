"""Sends what the Lambda host has for destinations and dead-letter queues to the services of the emulator."""

import asyncio
import json
from typing import Any

from mendline_playground.host import Delivery
from mendline_playground.host.function import REGION


class UndeliverableError(ValueError):
    """No service takes messages under this ARN."""


class AwsDelivery:
    """Use it as `Host(deliver=...)`; it delivers from the moment on that it is told of an endpoint."""

    def __init__(self) -> None:
        self._endpoint: str | None = None
        self._clients: dict[str, Any] = {}

    def connect(self, endpoint: str) -> None:
        """Deliver to the services at this URL."""
        self._endpoint = endpoint

    async def __call__(self, delivery: Delivery) -> None:
        """Send one message; raises what the service says."""
        await asyncio.to_thread(self._send, delivery)

    def close(self) -> None:
        """Let go of the connections."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    def _send(self, delivery: Delivery) -> None:
        _, _, service, _, account, resource = delivery.arn.split(":", 5)
        match service:
            case "sqs":
                self._client("sqs").send_message(
                    QueueUrl=f"{self._endpoint}/{account}/{resource}",
                    MessageBody=delivery.body,
                    MessageAttributes=_attributes(delivery),
                )
            case "sns":
                self._client("sns").publish(
                    TopicArn=delivery.arn, Message=delivery.body, MessageAttributes=_attributes(delivery)
                )
            case "events":
                self._put_event(delivery, resource.removeprefix("event-bus/"))
            case _:
                raise UndeliverableError(f"{delivery.arn} is no queue, topic or event bus.")

    def _put_event(self, delivery: Delivery, bus: str) -> None:
        entry = {
            "EventBusName": bus,
            "Source": "lambda",
            "DetailType": delivery.detail_type,
            "Detail": delivery.body,
            "Resources": list(delivery.resources),
        }
        answer = self._client("events").put_events(Entries=[entry])
        if answer.get("FailedEntryCount"):
            raise UndeliverableError(f"{delivery.arn} refused the event: {json.dumps(answer['Entries'])}")

    def _client(self, service: str) -> Any:
        import boto3  # noqa: PLC0415 - 200 ms that only a delivery needs

        if service not in self._clients:
            if self._endpoint is None:
                raise UndeliverableError("Nothing can be delivered before the emulator runs.")
            session = boto3.session.Session("test", "test", region_name=REGION)
            self._clients[service] = session.client(service, endpoint_url=self._endpoint)  # type: ignore[call-overload]
        return self._clients[service]


def _attributes(delivery: Delivery) -> dict[str, dict[str, str]]:
    return {
        name: {"DataType": "Number" if isinstance(value, int) else "String", "StringValue": str(value)}
        for name, value in delivery.attributes.items()
    }
