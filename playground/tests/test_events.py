"""Asynchronous invocations: retried under one request id, within their age, and their end told to whoever asked."""

import json

import pytest

from mendline_playground.host import Delivery, EventInvokeConfig, Host

pytestmark = pytest.mark.anyio

CODE = """
    def handler(event, context):
        if event.get("fails"):
            raise ValueError("as asked")
        return {"got": event}
"""
QUEUE, TOPIC = "arn:aws:sqs:us-east-1:000000000000:failed", "arn:aws:sns:us-east-1:000000000000:done"
ARN = "arn:aws:lambda:us-east-1:000000000000:function:shown"


class Post:
    """Takes deliveries, or refuses them."""

    def __init__(self) -> None:
        self.came: list[Delivery] = []
        self.open = True

    async def __call__(self, delivery: Delivery) -> None:
        if not self.open:
            raise ConnectionError("nobody is there")
        self.came.append(delivery)


def starts(host: Host) -> list[str]:
    return [event.message.split()[2] for event in host.logs("shown") if event.message.startswith("START")]


async def finished(host, eventually):
    await eventually(lambda: host.waiting_events("shown") == 0)


async def test_success_and_failure_go_to_their_destinations_as_records(function, eventually):
    post = Post()
    async with Host([function(CODE)], speed=10_000, deliver=post) as host:
        host.configure_events("shown", EventInvokeConfig(on_success=TOPIC, on_failure=QUEUE))
        good = await host.invoke("shown", b'{"n": 1}', invocation_type="Event")
        assert (good.status, good.payload, good.executed_version) == (202, b"", None)
        await finished(host, eventually)
        bad = await host.invoke("shown", b'{"fails": 1}', invocation_type="Event")
        await finished(host, eventually)
        assert starts(host) == [good.request_id, *[bad.request_id] * 3]

    success, failure = (json.loads(delivery.body) for delivery in post.came)
    assert [delivery.arn for delivery in post.came] == [TOPIC, QUEUE]
    assert success["version"] == "1.0"
    assert success["requestContext"] == {
        "requestId": good.request_id,
        "functionArn": f"{ARN}:$LATEST",
        "condition": "Success",
        "approximateInvokeCount": 1,
    }
    assert success["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST"}
    assert success["responsePayload"] == {"got": {"n": 1}}
    assert (failure["requestContext"]["condition"], failure["requestContext"]["approximateInvokeCount"]) == (
        "RetriesExhausted",
        3,
    )
    assert failure["requestPayload"] == {"fails": 1}
    assert failure["responseContext"]["functionError"] == "Unhandled"
    assert failure["responsePayload"]["errorType"] == "ValueError"
    assert post.came[1].detail_type == "Lambda Function Invocation Result - Failure"


@pytest.mark.parametrize("attempts", [0, 1])
async def test_attempts_are_as_configured_for_the_very_qualifier(function, eventually, attempts):
    async with Host([function(CODE)], speed=10_000) as host:
        host.configure_events("shown", EventInvokeConfig(attempts), host.publish("shown"))
        await host.invoke("shown:1", b'{"fails": 1}', invocation_type="Event")
        await finished(host, eventually)
        assert len(starts(host)) == attempts + 1
        await host.invoke("shown", b'{"fails": 1}', invocation_type="Event")
        await finished(host, eventually)
        assert len(starts(host)) == attempts + 1 + 3


async def test_a_dead_letter_is_the_event_itself_with_what_is_known_of_its_end(function, eventually):
    post = Post()
    async with Host([function(CODE, dead_letter_arn=QUEUE)], speed=10_000, deliver=post) as host:
        result = await host.invoke("shown", b'{"fails": 1}', invocation_type="Event")
        await finished(host, eventually)
    (letter,) = post.came
    assert (letter.arn, letter.body) == (QUEUE, '{"fails": 1}')
    assert letter.attributes == {"RequestID": result.request_id, "ErrorCode": 200, "ErrorMessage": "as asked"}


async def test_throttled_events_come_again_until_they_are_too_old(function, eventually):
    post, metrics = Post(), []
    async with Host([function(CODE)], speed=100, account_concurrency=0, deliver=post, metric_sink=metrics.append) as h:
        h.configure_events("shown", EventInvokeConfig(maximum_event_age_s=60, on_failure=QUEUE))
        await h.invoke("shown", b"{}", invocation_type="Event")
        await finished(h, eventually)
        assert starts(h) == []
    record = json.loads(post.came[0].body)
    assert (record["requestContext"]["condition"], record["requestContext"]["approximateInvokeCount"]) == (
        "EventAgeExceeded",
        0,
    )
    assert "responseContext" not in record
    names = [metric.name for metric in metrics]
    assert names.count("Throttles") >= 4, "after 1, 2, 4, 8, 16 seconds"
    assert names.count("AsyncEventsReceived") == names.count("AsyncEventsDropped") == 1
    ages = [metric.value for metric in metrics if metric.name == "AsyncEventAge"]
    assert ages == sorted(ages)
    assert ages[-1] <= 60_000


async def test_a_function_that_is_stopped_gets_nothing_and_its_events_go_to_the_dead_letters_at_once(
    function, eventually
):
    post = Post()
    async with Host([function(CODE, dead_letter_arn=QUEUE)], deliver=post) as host:
        host.reserve_concurrency("shown", 0)
        await host.invoke("shown", b"{}", invocation_type="Event")
        await finished(host, eventually)
        assert starts(host) == []
    assert post.came[0].attributes["ErrorCode"] == 429
    assert "zero reserved" in str(post.came[0].attributes["ErrorMessage"])


async def test_a_destination_can_be_a_function_and_one_that_fails_is_counted(function, call, eventually):
    metrics, post = [], Post()
    post.open = False
    other = function(CODE, name="other")
    broken = function(CODE, dead_letter_arn=QUEUE)
    async with Host([broken, other], speed=10_000, deliver=post, metric_sink=metrics.append) as host:
        host.configure_events("shown", EventInvokeConfig(on_success=ARN.replace("shown", "other"), on_failure=TOPIC))
        await host.invoke("shown", b'{"n": 1}', invocation_type="Event")
        await finished(host, eventually)
        await eventually(lambda: host.waiting_events("other") == 0 and host.logs("other"))
        await host.invoke("shown", b'{"fails": 1}', invocation_type="Event")
        await finished(host, eventually)
    names = [metric.name for metric in metrics if metric.function == "shown"]
    assert names.count("DestinationDeliveryFailures") == names.count("DeadLetterErrors") == 1
