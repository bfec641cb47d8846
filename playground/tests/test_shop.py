"""The shop under the real runtime client and the real emulator: orders pass through all functions."""

import asyncio
import base64
import json
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mendline_playground.emulator import ministack_python
from mendline_playground.emulator.server import MinistackError
from mendline_playground.host import Alias
from mendline_playground.playground import Options, Playground

pytestmark = pytest.mark.anyio

ORDER = {"customer": "ada", "items": [{"sku": "tea", "quantity": 2}, {"sku": "mug", "quantity": 1}]}


@pytest.fixture(scope="module")
async def playground() -> AsyncIterator[Playground]:
    try:
        ministack_python()
    except MinistackError as error:
        pytest.skip(str(error))
    async with Playground(Options(rate=0, seed=3)) as running:
        yield running


@pytest.fixture(scope="module")
def aws(playground):
    """Makes a client of the emulator and calls one of its operations off the loop."""
    session = boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
    clients: dict[str, Any] = {}

    async def call(service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        if service not in clients:
            clients[service] = session.client(service, endpoint_url=playground.ministack.url)
        return await asyncio.to_thread(getattr(clients[service], operation), **parameters)

    yield call
    for client in clients.values():
        client.close()


async def until_item(aws, table: str, key: dict[str, Any], good) -> dict[str, Any]:
    async with asyncio.timeout(15):
        while True:
            item = (await aws("dynamodb", "get_item", TableName=table, Key=key)).get("Item")
            if item is not None and good(item):
                return item


def reports(playground: Playground, name: str) -> list[str]:
    return [event.message for event in playground.host.logs(name) if event.message.startswith("REPORT")]


async def test_an_order_passes_through_every_function_and_ends_in_the_tables(playground, aws, eventually):
    before = await aws("dynamodb", "get_item", TableName="stock", Key={"sku": {"S": "tea"}})
    response = await playground.traffic.post_order({**ORDER, "id": "passes"})
    assert (response.status, json.loads(response.body)["total_cents"]) == (202, 2 * 320 + 1150)

    await until_item(aws, "orders", {"id": {"S": "passes"}}, lambda item: item["status"]["S"] == "paid")
    note = await until_item(aws, "notifications", {"order_id": {"S": "passes"}}, bool)
    assert note["message_id"]["S"].startswith("msg_")
    left = str(int(before["Item"]["quantity"]["N"]) - 2)
    await until_item(aws, "stock", {"sku": {"S": "tea"}}, lambda item: item["quantity"]["N"] == left)

    status = await playground.traffic.get_order("passes")
    assert (status.status, json.loads(status.body)["status"]) == (200, "paid")
    for function in playground.host.functions:
        await eventually(lambda name=function.name: reports(playground, name))


async def test_a_declined_card_is_no_error_but_a_status(playground, aws):
    await playground.traffic.post_order({**ORDER, "id": "declined", "card": "tok_declined"})
    await until_item(aws, "orders", {"id": {"S": "declined"}}, lambda item: item["status"]["S"] == "declined")


async def test_a_poison_order_reaches_the_dead_letter_queue_after_its_tries(playground, aws):
    await playground.traffic.post_order({**ORDER, "id": "poison", "currency": "XXX"})
    async with asyncio.timeout(30):
        while True:
            queue = playground.shop.payments_dlq_url
            answer = await aws("sqs", "receive_message", QueueUrl=queue, WaitTimeSeconds=1)
            if answer.get("Messages"):
                break

    assert json.loads(answer["Messages"][0]["Body"])["order_id"] == "poison"
    tries = [event.message for event in playground.host.logs("payment") if "unknown currency" in event.message]
    assert len([text for text in tries if text.startswith("[ERROR] ValueError")]) == 3


async def test_an_unknown_item_fails_in_price_and_in_its_caller(playground):
    response = await playground.traffic.post_order({"customer": "ada", "items": [{"sku": "no", "quantity": 1}]})

    assert response.status == 502
    errors = {
        name: [event.message for event in playground.host.logs(name) if event.message.startswith("[ERROR]")]
        for name in ("price", "checkout")
    }
    assert "UnknownItemError" in errors["price"][-1]
    assert "RuntimeError" in errors["checkout"][-1]


async def test_sdk_invoke_goes_to_the_host_with_context_trace_and_log_tail(playground, aws):
    answer = await aws("lambda", "invoke", FunctionName="price", Payload=json.dumps({"items": []}), LogType="Tail")
    tail = base64.b64decode(answer["LogResult"]).decode()

    assert json.loads(answer["Payload"].read()) == {"total_cents": 0}
    assert tail == "".join(f"{event.message}\n" for event in playground.host.logs("price"))[-len(tail) :]
    assert "REPORT RequestId" in tail


async def test_sdk_invoke_of_an_alias_runs_our_version_and_a_throttle_comes_through(playground, aws):
    version = (await aws("lambda", "publish_version", FunctionName="order-status"))["Version"]
    assert playground.host.publish("order-status") == version
    await aws("lambda", "create_alias", FunctionName="order-status", Name="live", FunctionVersion=version)
    playground.host.point_alias("order-status", Alias("live", version))
    event = json.dumps({"pathParameters": {"id": "absent"}})
    answer = await aws("lambda", "invoke", FunctionName="order-status", Qualifier="live", Payload=event)
    assert (answer["ExecutedVersion"], json.loads(answer["Payload"].read())["statusCode"]) == (version, 404)
    assert f"/[{version}]" in playground.host.logs("order-status")[-1].stream

    playground.host.reserve_concurrency("order-status", 0)
    with pytest.raises(ClientError) as refused:
        await aws("lambda", "invoke", FunctionName="order-status", Payload=b"{}")
    playground.host.reserve_concurrency("order-status", None)
    assert refused.value.response["Error"]["Code"] == "TooManyRequestsException"


async def test_sdk_event_invoke_is_retried_under_one_request_id(playground, aws, eventually):
    answer = await aws("lambda", "invoke", FunctionName="inventory", Payload=b"{}", InvocationType="Event")
    assert answer["StatusCode"] == 202

    def attempts() -> list[str]:
        starts = [e.message for e in playground.host.logs("inventory") if e.message.startswith("START")]
        most = Counter(starts).most_common(1)
        return starts if most and most[0][1] == 3 else []

    await eventually(attempts)
