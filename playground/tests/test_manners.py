"""Calls of the shop's functions take as long as on AWS, and fail as AWS makes them fail; other calls do not."""

import json
import time

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from mendline_playground import wire

pytestmark = pytest.mark.anyio

QUEUES = "http://localhost/000000000000"
SERVICES = {
    "dynamodb/things/PutItem": ("dynamodb", "put_item", {"TableName": "things", "Item": {"n": {"S": "1"}}}),
    "dynamodb/things/GetItem": ("dynamodb", "get_item", {"TableName": "things", "Key": {"n": {"S": "1"}}}),
    "sqs/calls/SendMessage": ("sqs", "send_message", {"QueueUrl": f"{QUEUES}/calls", "MessageBody": "x"}),
    "kinesis/lines/PutRecord": ("kinesis", "put_record", {"StreamName": "lines", "Data": b"x", "PartitionKey": "k"}),
    "sns/news/Publish": ("sns", "publish", {"TopicArn": "arn:aws:sns:us-east-1:000000000000:news", "Message": "x"}),
    "s3/pictures/PutObject": ("s3", "put_object", {"Bucket": "pictures", "Key": "a", "Body": b"x"}),
}  # fmt: skip


@pytest.fixture(scope="module")
async def things(local_aws):
    """What the calls are made to."""
    await local_aws.call(
        "dynamodb",
        "create_table",
        TableName="things",
        KeySchema=[{"AttributeName": "n", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "n", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    await local_aws.call("sqs", "create_queue", QueueName="calls")
    await local_aws.call("kinesis", "create_stream", StreamName="lines", ShardCount=1)
    await local_aws.call("sns", "create_topic", Name="news")
    await local_aws.call("s3", "create_bucket", Bucket="pictures")


@pytest.fixture
async def meet(local_aws, things):
    """Sets the manners, and makes calls as a function of the shop does."""

    async def behave(*faults, **latencies_ms) -> None:
        body = json.dumps({"faults": faults, "latencies_ms": latencies_ms}).encode()
        assert (await wire.request(local_aws.port, "PUT", "/_playground/manners", body=body)).status == 200

    async def meet(resource: str, *faults, caller: str = "shown", tries: int = 1, **latencies_ms):
        await behave(*faults, **latencies_ms)
        service, operation, parameters = SERVICES[resource]
        key = f"{service}/{caller}/{tries}"
        if key not in local_aws.clients:
            session = boto3.session.Session("test", "test", region_name="us-east-1")
            retries = {"total_max_attempts": tries}
            config = Config(retries=retries, user_agent_appid=caller, s3={"addressing_style": "path"})
            local_aws.clients[key] = session.client(service, endpoint_url=local_aws.url, config=config)
        return await local_aws.call(key, operation, **parameters)

    yield meet
    await behave()


@pytest.mark.parametrize("resource", SERVICES)
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"fault": "throttle"}, "Thrott|Provisioned"),
        ({"fault": "deny"}, "AccessDenied"),
        ({"fault": "fail", "status": 500}, "InternalServerError"),
        ({"fault": "fail", "status": 503, "error": "SlowDown"}, "SlowDown"),
    ],
    ids=["throttle", "deny", "fail", "fail-as"],
)
async def test_every_service_refuses_as_its_sdk_expects(meet, resource, fault, code):
    with pytest.raises(ClientError, match=code):
        await meet(resource, fault | {"resource": resource})
    await meet(resource)


@pytest.mark.parametrize(
    ("where", "meets"),
    [
        ({"resource": "dynamodb/things"}, True),
        ({"resource": "dynamodb/things/PutItem"}, True),
        ({"resource": "dynamodb/things/GetItem"}, False),
        ({"resource": "dynamodb/thing"}, False),
        ({"resource": "dynamodb/things", "function": "shown"}, True),
        ({"resource": "dynamodb/things", "function": "other"}, False),
        ({"resource": "dynamodb/things", "share": 0.0}, False),
    ],
)
async def test_a_fault_meets_those_calls_that_are_meant(meet, where, meets):
    fault = {"fault": "deny", **where}
    if not meets:
        await meet("dynamodb/things/PutItem", fault)
        return
    with pytest.raises(ClientError):
        await meet("dynamodb/things/PutItem", fault)


async def test_a_failure_that_is_healed_fails_the_first_try_only(meet):
    fault = {"fault": "fail", "resource": "dynamodb/things", "status": 500, "healed": 1.0}
    with pytest.raises(ClientError, match="InternalServerError"):
        await meet("dynamodb/things/GetItem", fault)
    await meet("dynamodb/things/GetItem", fault, tries=2)
    with pytest.raises(ClientError, match="InternalServerError"):
        await meet("dynamodb/things/GetItem", {**fault, "healed": 0.0}, tries=2)


async def test_who_is_no_function_of_the_shop_meets_nothing(local_aws, meet):
    await meet("dynamodb/things/GetItem", {"fault": "deny", "resource": "dynamodb/things/PutItem"})
    await local_aws.call("dynamodb", "put_item", TableName="things", Item={"n": {"S": "2"}})


async def test_calls_take_as_long_as_they_are_told(meet):
    async def took_ms(*faults, **latencies_ms) -> float:
        began = time.perf_counter()
        await meet("dynamodb/things/GetItem", *faults, **latencies_ms)
        return (time.perf_counter() - began) * 1000

    slow = {"fault": "slow", "resource": "dynamodb/things", "add": 0.2}
    assert await took_ms(**{"dynamodb/things/GetItem": 150}) > 50
    assert await took_ms(slow) > 180
