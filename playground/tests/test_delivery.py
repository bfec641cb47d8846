"""Records of failed and successful events reach queues, topics and event buses of the local AWS."""

import asyncio
import json
from typing import Any

import boto3
import pytest
from needed import emulator_python

from mendline_playground.emulator import Ministack
from mendline_playground.emulator.delivery import AwsDelivery, UndeliverableError
from mendline_playground.host import Delivery, EventInvokeConfig, Host, InvokeFront

pytestmark = pytest.mark.anyio

CODE = """
    def handler(event, context):
        if event.get("fails"):
            raise ValueError("as asked")
"""


@pytest.fixture
async def running(function):
    """A host with the function `shown` that delivers to a running emulator, and a way to call that."""
    emulator_python()
    delivery = AwsDelivery()
    code = function(CODE, dead_letter_arn="arn:aws:sqs:us-east-1:000000000000:dead")
    async with Host([code], speed=10_000, deliver=delivery) as host:
        front = InvokeFront(host)
        async with Ministack(invoke_port=await front.start()) as emulator:
            delivery.connect(emulator.url)
            session = boto3.session.Session("test", "test", region_name="us-east-1")
            clients = {name: session.client(name, endpoint_url=emulator.url) for name in ("sqs", "sns", "events")}

            async def aws(service: str, operation: str, **parameters: Any) -> dict[str, Any]:
                return await asyncio.to_thread(getattr(clients[service], operation), **parameters)

            yield host, aws
            for client in clients.values():
                client.close()
        await front.close()
        delivery.close()


async def test_each_kind_of_destination_gets_the_record_and_the_dead_letters_the_event(running):
    host, aws = running
    urls = {}
    for name in ("dead", "of-topic", "of-bus", "direct"):
        urls[name] = (await aws("sqs", "create_queue", QueueName=name))["QueueUrl"]
    topic = (await aws("sns", "create_topic", Name="done"))["TopicArn"]
    queue_arn = "arn:aws:sqs:us-east-1:000000000000"
    await aws("sns", "subscribe", TopicArn=topic, Protocol="sqs", Endpoint=f"{queue_arn}:of-topic")
    await aws("events", "put_rule", Name="all", EventPattern=json.dumps({"source": ["lambda"]}))
    await aws("events", "put_targets", Rule="all", Targets=[{"Id": "1", "Arn": f"{queue_arn}:of-bus"}])

    async def received(name: str) -> dict[str, Any]:
        async with asyncio.timeout(15):
            while True:
                answer = await aws(
                    "sqs", "receive_message", QueueUrl=urls[name], WaitTimeSeconds=1, MessageAttributeNames=["All"]
                )
                if answer.get("Messages"):
                    return answer["Messages"][0]

    bus = "arn:aws:events:us-east-1:000000000000:event-bus/default"
    ends = [(topic, b'{"n": 1}'), (bus, b'{"n": 2}'), (f"{queue_arn}:direct", b'{"fails": 3}')]
    for arn, payload in ends:
        host.configure_events("shown", EventInvokeConfig(on_success=arn, on_failure=arn))
        await host.invoke("shown", payload, invocation_type="Event")
        async with asyncio.timeout(15):
            while host.waiting_events("shown"):
                await asyncio.sleep(0.01)

    of_topic = json.loads(json.loads((await received("of-topic"))["Body"])["Message"])
    of_bus = json.loads((await received("of-bus"))["Body"])
    direct = json.loads((await received("direct"))["Body"])
    dead = await received("dead")
    assert (of_topic["requestPayload"], of_topic["requestContext"]["condition"]) == ({"n": 1}, "Success")
    assert (of_bus["source"], of_bus["detail-type"]) == ("lambda", "Lambda Function Invocation Result - Success")
    assert of_bus["detail"]["requestPayload"] == {"n": 2}
    assert (direct["requestPayload"], direct["requestContext"]["condition"]) == ({"fails": 3}, "RetriesExhausted")
    assert json.loads(dead["Body"]) == {"fails": 3}
    assert dead["MessageAttributes"]["ErrorMessage"]["StringValue"] == "as asked"
    assert dead["MessageAttributes"]["ErrorCode"] == {"StringValue": "200", "DataType": "Number"}


async def test_what_no_service_takes_is_refused():
    delivery = AwsDelivery()
    with pytest.raises(UndeliverableError, match="before the emulator"):
        await delivery(Delivery("arn:aws:sqs:us-east-1:000000000000:queue", "{}"))
    with pytest.raises(UndeliverableError, match="no queue"):
        await delivery(Delivery("arn:aws:kinesis:us-east-1:000000000000:stream/s", "{}"))
