"""The shop under the real runtime client and the real emulator: orders pass through all functions."""

import asyncio
import base64
import json
import time
from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError
from needed import ORDER

from mendline_playground.pictures import put_picture
from mendline_playground.playground import Playground
from mendline_playground.shop.plan import FUNCTIONS

pytestmark = pytest.mark.anyio

TEA = {"items": [{"sku": "tea", "quantity": 1}]}


async def until_item(aws, table: str, key: dict[str, Any], good) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            item = (await aws("dynamodb", "get_item", TableName=table, Key=key)).get("Item")
            if item is not None and good(item):
                return item


def reports(playground: Playground, name: str) -> list[str]:
    return [event.message for event in playground.host.logs(name) if event.message.startswith("REPORT")]


def errors(playground: Playground, name: str) -> list[str]:
    return [event.message for event in playground.host.logs(name) if event.message.startswith("[ERROR]")]


async def test_an_order_passes_through_every_function_and_ends_in_the_tables(playground, aws, since, eventually):
    before = await aws("dynamodb", "get_item", TableName="stock", Key={"sku": {"S": "tea"}})
    response = await playground.traffic.post_order({**ORDER, "id": "passes"})
    assert (response.status, json.loads(response.body)["total_cents"]) == (202, 2 * 320 + 1150)

    order = await until_item(aws, "orders", {"id": {"S": "passes"}}, lambda item: item["status"]["S"] == "paid")
    assert order["tenant"]["S"] == "birch"
    left = int(before["Item"]["quantity"]["N"]) - 2
    await until_item(aws, "stock", {"sku": {"S": "tea"}}, lambda item: item["quantity"]["N"] == str(left))
    await until_item(aws, "sales", {"tenant": {"S": "birch"}}, lambda item: int(item["cents"]["N"]) >= 2 * 320 + 1150)

    assert json.loads((await playground.traffic.get_order("passes")).body)["status"] == "paid"
    started_by_orders = {"checkout", "price", "stock", "order-writer", "payment", "notify", "analytics", "search-sync"}
    for name in started_by_orders | ({"email"} & {function.name for function in playground.shop.functions}):
        await eventually(lambda name=name: reports(playground, name))
        assert not since(name, "[ERROR]")


async def test_prices_in_another_currency_are_converted(playground):
    response = await playground.traffic.post_order({**ORDER, "currency": "USD"})
    assert json.loads(response.body)["total_cents"] == round((2 * 320 + 1150) * 1.09)


@pytest.mark.thorough
async def test_a_picture_a_schedule_and_a_state_machine_start_their_functions(playground, aws, eventually):
    if playground.shop.has("thumbnail"):
        assert await put_picture(playground.ministack.port, "products/1.png", b"picture") == 200
        await eventually(lambda: reports(playground, "thumbnail"), 20)
        small = await aws("s3", "head_object", Bucket="shop-thumbnails", Key="products/1.png")
        assert small["ContentLength"] == 32
    await playground._fire_report(b'{"id": "1"}')
    await playground._fire_nightly(b'{"id": "1"}')
    await eventually(lambda: len(reports(playground, "nightly")) == 3, 30)
    await eventually(lambda: reports(playground, "report"), 20)
    keys = (await aws("s3", "list_objects_v2", Bucket="shop-reports"))["Contents"]
    assert {row["Key"].partition("/")[0] for row in keys} == {"sales", "archive"}


async def test_a_declined_card_is_no_error_but_a_status(playground, aws):
    await playground.traffic.post_order({**ORDER, "id": "refused", "card": "tok_declined"})
    await until_item(aws, "orders", {"id": {"S": "refused"}}, lambda item: item["status"]["S"] == "refused")


async def test_a_poison_order_reaches_the_dead_letter_queue_after_its_tries(playground, aws):
    await playground.traffic.post_order({**ORDER, "id": "poison", "currency": "XTS"})
    queue = playground.shop.queue_urls["payments-dlq"]
    dead: set[str] = set()  # other tests of the same shop may have left some there
    async with asyncio.timeout(30):
        while "poison" not in dead:
            answer = await aws("sqs", "receive_message", QueueUrl=queue, WaitTimeSeconds=1, MaxNumberOfMessages=10)
            dead |= {json.loads(message["Body"])["id"] for message in answer.get("Messages", ())}
    tries = [line for line in errors(playground, "payment") if "unknown currency XTS" in line]
    assert len(tries) == 3


async def test_an_unknown_item_fails_in_price_and_in_its_caller(playground):
    response = await playground.traffic.post_order({**ORDER, "items": [{"sku": "no", "quantity": 1}]})

    assert response.status == 502
    assert "UnknownItemError" in errors(playground, "price")[-1]
    assert "RuntimeError: price failed" in errors(playground, "checkout")[-1]


async def test_functions_run_the_version_behind_their_alias(playground):
    await playground.traffic.post_order(ORDER)
    assert {event.stream.partition("]")[0].rpartition("[")[2] for event in playground.host.logs("checkout")} == {"1"}


async def test_sdk_invoke_goes_to_the_host_with_context_trace_and_log_tail(playground, aws):
    answer = await aws("lambda", "invoke", FunctionName="price", Payload=json.dumps(TEA), LogType="Tail")
    tail = base64.b64decode(answer["LogResult"]).decode()

    assert json.loads(answer["Payload"].read()) == {"total_cents": 320, "currency": "EUR"}
    assert "REPORT RequestId" in tail


async def test_sdk_invoke_of_an_alias_runs_our_version_and_a_throttle_comes_through(playground, aws):
    event = json.dumps(TEA)
    answer = await aws("lambda", "invoke", FunctionName="price", Qualifier="live", Payload=event)
    assert (answer["ExecutedVersion"], json.loads(answer["Payload"].read())["total_cents"]) == ("1", 320)

    playground.host.reserve_concurrency("price", 0)
    with pytest.raises(ClientError) as refused:
        await aws("lambda", "invoke", FunctionName="price", Payload=b"{}")
    playground.host.reserve_concurrency("price", None)
    assert refused.value.response["Error"]["Code"] == "TooManyRequestsException"


@pytest.mark.thorough
async def test_sdk_event_invoke_is_retried_under_one_request_id(playground, aws, eventually):
    answer = await aws("lambda", "invoke", FunctionName="search-sync", Payload=b"{}", InvocationType="Event")
    assert answer["StatusCode"] == 202

    def attempts() -> list[str]:
        starts = [e.message for e in playground.host.logs("search-sync") if e.message.startswith("START")]
        most = Counter(starts).most_common(1)
        return starts if most and most[0][1] == 3 else []

    await eventually(attempts, 30)


METRICS = {
    ("AWS/Lambda", "Invocations", "FunctionName", "payment"),
    ("AWS/Lambda", "Duration", "FunctionName", "payment"),
    ("AWS/Lambda", "ConcurrentExecutions", "FunctionName", "payment"),
    ("AWS/Lambda", "IteratorAge", "FunctionName", "analytics"),
    ("AWS/Kinesis", "GetRecords.IteratorAgeMilliseconds", "StreamName", "shop-events"),
    ("AWS/Kinesis", "IncomingRecords", "StreamName", "shop-events"),
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", "payments"),
    ("AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", "payments"),
    ("AWS/SQS", "NumberOfMessagesSent", "QueueName", "payments"),
    ("AWS/SQS", "NumberOfMessagesReceived", "QueueName", "payments"),
    ("AWS/SQS", "NumberOfMessagesDeleted", "QueueName", "payments"),
}


async def test_cloudwatch_has_metrics_under_the_names_of_aws(playground, aws):
    await playground.traffic.post_order(ORDER)
    missing = set(METRICS)
    async with asyncio.timeout(40):  # they are summed up for ten seconds
        while missing:
            missing -= {metric for metric in missing if await _values(aws, *metric)}


async def _values(aws, namespace: str, name: str, dimension: str, value: str) -> list[float]:
    metric = {"Namespace": namespace, "MetricName": name, "Dimensions": [{"Name": dimension, "Value": value}]}
    query = {"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Maximum"}}
    now = time.time()
    answer = await aws(
        "cloudwatch", "get_metric_data", MetricDataQueries=[query], StartTime=now - 600, EndTime=now + 60
    )
    return answer["MetricDataResults"][0]["Values"]


def test_every_function_of_the_plan_is_deployed_or_was_said_to_be_missing(playground):
    deployed = {function.name for function in playground.shop.functions}
    missing = set(FUNCTIONS) - deployed
    assert missing in (set(), {"email", "thumbnail"})
