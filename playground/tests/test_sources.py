"""Event sources do what Lambda's pollers do, on the local AWS: queues, streams, tables."""

import asyncio
import json
import textwrap

import pytest

from mendline_playground.host import Function

pytestmark = pytest.mark.anyio

ARN = "arn:aws:{}:us-east-1:000000000000:{}"
# Writes each batch down and fails as the records want: {"fail": "always"}, or the first "fail" times that it comes.
HANDLER = """
    import base64, json, os

    def bodies(event):
        for record in event["Records"]:
            if "body" in record:
                body = json.loads(record["body"])
                # a queue's messages may come back to another environment, which has not seen them
                seen[body["n"]] = int(record["attributes"]["ApproximateReceiveCount"]) - 1
                yield record["messageId"], body
            elif "kinesis" in record:
                yield record["kinesis"]["sequenceNumber"], json.loads(base64.b64decode(record["kinesis"]["data"]))
            else:
                image = record["dynamodb"]["NewImage"]
                yield record["dynamodb"]["SequenceNumber"], {"n": image["n"]["S"]}

    seen = {}

    def handler(event, context):
        batch = list(bodies(event))
        print("BATCH " + json.dumps([body["n"] for _, body in batch]))
        failed = []
        for name, body in batch:
            seen[body["n"]] = seen.get(body["n"], 0) + 1
            wanted = body.get("fail", 0)
            if wanted == "always" or seen[body["n"]] <= int(wanted):
                failed.append(name)
        if failed and os.environ.get("PARTIAL"):
            return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}
        if failed:
            raise ValueError("a record of the batch cannot be processed")
"""


@pytest.fixture
def deploy(local_aws, tmp_path):
    """A function that writes its batches down, behind a source; `batches()` are those that it was given."""

    async def deploy(name: str, source_arn: str, *, partial: bool = False, **mapping):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "app.py").write_text(textwrap.dedent(HANDLER))
        env = {"PARTIAL": "1"} if partial else {}
        await local_aws.deploy(Function(name, "app.handler", folder, env=env, timeout_s=5))
        types = {"FunctionResponseTypes": ["ReportBatchItemFailures"]} if partial else {}
        made = await local_aws.call(
            "lambda", "create_event_source_mapping", EventSourceArn=source_arn, FunctionName=name, **types, **mapping
        )

        def batches() -> list[list[str]]:
            lines = [event.message for event in local_aws.host.logs(name) if event.message.startswith("BATCH")]
            return [json.loads(line.removeprefix("BATCH ")) for line in lines]

        batches.uuid = made["UUID"]  # type: ignore[attr-defined]
        return batches

    return deploy


@pytest.fixture
async def queue(local_aws, request):
    """A queue whose messages come back a second after they failed (a thirtieth of what it says), at most twice; sends
    bodies."""
    name = request.node.name[:60].replace("[", "-").replace("]", "")
    dlq_url = (await local_aws.call("sqs", "create_queue", QueueName=f"{name}-dlq"))["QueueUrl"]
    policy = {"deadLetterTargetArn": ARN.format("sqs", f"{name}-dlq"), "maxReceiveCount": "2"}
    attributes = {"VisibilityTimeout": "30", "RedrivePolicy": json.dumps(policy)}
    url = (await local_aws.call("sqs", "create_queue", QueueName=name, Attributes=attributes))["QueueUrl"]

    async def send(*bodies) -> None:
        entries = [{"Id": str(n), "MessageBody": json.dumps(body)} for n, body in enumerate(bodies)]
        await local_aws.call("sqs", "send_message_batch", QueueUrl=url, Entries=entries)

    send.arn, send.url, send.dlq_url = ARN.format("sqs", name), url, dlq_url  # type: ignore[attr-defined]
    return send


async def left(local_aws, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = await local_aws.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=names)
    return sum(int(answer["Attributes"][name]) for name in names)


async def until(what, wanted, within_s: float = 20.0):
    async with asyncio.timeout(within_s):  # each look takes some milliseconds
        while await what() != wanted:
            pass


async def test_messages_come_in_batches_and_leave_the_queue(local_aws, deploy, queue, eventually):
    await queue(*({"n": str(number)} for number in range(7)))
    batches = await deploy("batched", queue.arn, BatchSize=5)
    await eventually(lambda: sum(map(len, batches())) == 7)
    assert max(map(len, batches())) <= 5
    assert sorted(name for batch in batches() for name in batch) == [str(number) for number in range(7)]
    await until(lambda: left(local_aws, queue.url), 0)


async def test_a_window_waits_for_more_messages(local_aws, deploy, queue, eventually):
    batches = await deploy("windowed", queue.arn, BatchSize=10, MaximumBatchingWindowInSeconds=2)
    await queue({"n": "first"})
    await queue({"n": "second"})
    await eventually(lambda: sum(map(len, batches())) == 2)
    assert batches() == [["first", "second"]]


async def test_a_failed_batch_comes_back_and_ends_in_the_dead_letter_queue(local_aws, deploy, queue, eventually):
    batches = await deploy("failing", queue.arn, BatchSize=1)
    await queue({"n": "good"}, {"n": "flaky", "fail": 1}, {"n": "poison", "fail": "always"})
    await until(lambda: left(local_aws, queue.dlq_url), 1)
    await until(lambda: left(local_aws, queue.url), 0)
    tries = [name for batch in batches() for name in batch]
    assert {name: tries.count(name) for name in set(tries)} == {"good": 1, "flaky": 2, "poison": 2}


async def test_only_the_failed_records_of_a_partial_response_come_back(local_aws, deploy, queue, eventually):
    await queue({"n": "a"}, {"n": "b", "fail": 1}, {"n": "c"})
    batches = await deploy("partial", queue.arn, partial=True, BatchSize=10)
    await until(lambda: left(local_aws, queue.url), 0)
    tries = [name for batch in batches() for name in batch]
    assert {name: tries.count(name) for name in "abc"} == {"a": 1, "b": 2, "c": 1}


async def test_a_mapping_that_is_off_takes_nothing_until_it_is_on(local_aws, deploy, queue, eventually):
    batches = await deploy("switched", queue.arn, BatchSize=1)
    await local_aws.call("lambda", "update_event_source_mapping", UUID=batches.uuid, Enabled=False)
    await eventually(lambda: batches.uuid not in [mapping.uuid for mapping in local_aws.mappings.active])
    await queue({"n": "waits"})
    assert await left(local_aws, queue.url) == 1
    await local_aws.call("lambda", "update_event_source_mapping", UUID=batches.uuid, Enabled=True)
    await eventually(batches)
    await until(lambda: left(local_aws, queue.url), 0)


async def test_a_throttled_function_gets_its_messages_later(local_aws, deploy, queue, eventually):
    batches = await deploy("throttled", queue.arn, BatchSize=1)
    local_aws.host.reserve_concurrency("throttled", 0)
    await queue({"n": "patient"})
    await until(lambda: _received(local_aws, queue.url), True)
    local_aws.host.reserve_concurrency("throttled", None)
    await eventually(batches)


async def _received(local_aws, url: str) -> bool:
    names = ["ApproximateNumberOfMessagesNotVisible"]
    answer = await local_aws.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=names)
    return answer["Attributes"][names[0]] == "1"


@pytest.fixture
async def stream(local_aws, request):
    """A stream of one shard; puts bodies, all into its order."""
    name = request.node.name[:60].replace("[", "-").replace("]", "")
    await local_aws.call("kinesis", "create_stream", StreamName=name, ShardCount=1)

    async def put(*bodies) -> None:
        records = [{"Data": json.dumps(body).encode(), "PartitionKey": "k"} for body in bodies]
        await local_aws.call("kinesis", "put_records", StreamName=name, Records=records)

    put.arn = ARN.format("kinesis", f"stream/{name}")  # type: ignore[attr-defined]
    return put


async def test_a_stream_is_read_in_order_and_waits_for_a_batch_that_fails(local_aws, deploy, stream, eventually):
    batches = await deploy("in-order", stream.arn, BatchSize=2, StartingPosition="TRIM_HORIZON")
    await stream({"n": "1"}, {"n": "2", "fail": 2}, {"n": "3"}, {"n": "4"})
    await eventually(lambda: ["3", "4"] in batches(), 20)
    *tries, last = batches()
    assert (tries, last) == ([["1", "2"]] * max(3, len(tries)), ["3", "4"])  # a busy machine may need another try
    ages = [key for key in local_aws.metrics._sums if key[1] in ("IteratorAge", "GetRecords.IteratorAgeMilliseconds")]
    assert {key[0] for key in ages} == {"AWS/Lambda", "AWS/Kinesis"}


async def test_bisecting_finds_the_poison_record_and_gives_only_that_up(local_aws, deploy, stream, eventually):
    local_aws.delivered.clear()
    await stream(*({"n": str(number), **({"fail": "always"} if number == 3 else {})} for number in range(8)))
    batches = await deploy(
        "bisecting",
        stream.arn,
        BatchSize=8,
        StartingPosition="TRIM_HORIZON",
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": ARN.format("sqs", "given-up")}},
    )
    await eventually(lambda: local_aws.delivered, 20)
    await eventually(lambda: ["4", "5", "6", "7"] in batches(), 20)
    (told,) = [json.loads(delivery.body) for delivery in local_aws.delivered]
    assert (told["KinesisBatchInfo"]["batchSize"], told["requestContext"]["condition"]) == (1, "RetryAttemptsExhausted")
    assert batches().count(["3"]) == 2
    done = {name for batch in batches() if "3" not in batch for name in batch}
    assert done == {"0", "1", "2", "4", "5", "6", "7"}


async def test_a_stream_goes_on_behind_the_first_failed_record_of_a_partial_response(deploy, stream, eventually):
    await stream({"n": "1"}, {"n": "2", "fail": 1}, {"n": "3"})
    batches = await deploy("resumed", stream.arn, partial=True, BatchSize=10, StartingPosition="TRIM_HORIZON")
    await eventually(lambda: len(batches()) == 2, 20)
    assert batches() == [["1", "2", "3"], ["2", "3"]]


async def test_records_that_are_too_old_are_given_up(local_aws, deploy, stream, eventually):
    local_aws.delivered.clear()
    await stream({"n": "stuck", "fail": "always"})
    batches = await deploy(
        "aging",
        stream.arn,
        BatchSize=1,
        StartingPosition="TRIM_HORIZON",
        MaximumRecordAgeInSeconds=60,  # two seconds here
        DestinationConfig={"OnFailure": {"Destination": ARN.format("sqs", "given-up")}},
    )
    await eventually(lambda: local_aws.delivered, 20)
    await stream({"n": "next"})
    await eventually(lambda: ["next"] in batches(), 20)
    assert json.loads(local_aws.delivered[0].body)["requestContext"]["condition"] == "RecordAgeExceeded"


async def test_changes_of_a_table_are_records(local_aws, deploy, eventually):
    await local_aws.call(
        "dynamodb",
        "create_table",
        TableName="changing",
        KeySchema=[{"AttributeName": "n", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "n", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    arn = (await local_aws.call("dynamodb", "describe_table", TableName="changing"))["Table"]["LatestStreamArn"]
    batches = await deploy("changed", arn, BatchSize=10, StartingPosition="TRIM_HORIZON")
    for name in ("x", "y"):
        await local_aws.call("dynamodb", "put_item", TableName="changing", Item={"n": {"S": name}})
    await eventually(lambda: [name for batch in batches() for name in batch] == ["x", "y"], 20)
