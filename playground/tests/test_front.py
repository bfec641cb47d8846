"""boto3's own Lambda client works against the host's Invoke."""

import asyncio
import base64
import json

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from mendline_playground import wire
from mendline_playground.host import Alias, Host, InvokeFront

pytestmark = pytest.mark.anyio

CODE = """
    def handler(event, context):
        if event.get("fails"):
            raise ValueError("as asked")
        custom = context.client_context.custom if context.client_context else None
        return {"event": event, "arn": context.invoked_function_arn, "custom": custom}
"""


@pytest.fixture
async def front(function):
    """A host with the function `shown`, a client of it that calls off the loop, and the port."""
    async with Host([function(CODE)], max_environments=1) as host:
        server = InvokeFront(host)
        port = await server.start()
        client = boto3.session.Session("test", "test", region_name="us-east-1").client(
            "lambda", endpoint_url=f"http://127.0.0.1:{port}", config=Config(retries={"total_max_attempts": 1})
        )

        async def invoke(**parameters):
            return await asyncio.to_thread(client.invoke, **{"FunctionName": "shown", **parameters})

        yield host, invoke, port
        await server.close()
        client.close()


async def test_every_way_to_invoke_answers_as_aws_does(front):
    host, invoke, _ = front
    host.publish("shown")
    host.point_alias("shown", Alias("live", "1"))

    context = base64.b64encode(b'{"custom": {"k": "v"}}').decode()
    answer = await invoke(Payload=b'{"n": 1}', Qualifier="live", LogType="Tail", ClientContext=context)
    body = json.loads(answer["Payload"].read())
    assert (answer["StatusCode"], answer["ExecutedVersion"], answer.get("FunctionError")) == (200, "1", None)
    assert (body["event"], body["arn"].rpartition(":")[2], body["custom"]) == ({"n": 1}, "live", {"k": "v"})
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert f"REPORT RequestId: {answer['ResponseMetadata']['RequestId']}" in tail

    failed = await invoke(Payload=b'{"fails": 1}')
    assert (failed["StatusCode"], failed["FunctionError"]) == (200, "Unhandled")
    assert json.loads(failed["Payload"].read())["errorType"] == "ValueError"
    assert "LogResult" not in failed

    assert json.loads((await invoke())["Payload"].read())["event"] == {}
    assert (await invoke(InvocationType="DryRun"))["StatusCode"] == 204
    later = await invoke(InvocationType="Event", Payload=b"{}")
    assert (later["StatusCode"], later["Payload"].read()) == (202, b"")


REFUSALS = [
    ({"FunctionName": "absent"}, 404, "ResourceNotFoundException"),
    ({"Qualifier": "7"}, 404, "ResourceNotFoundException"),
    ({"FunctionName": "shown:1", "Qualifier": "2"}, 400, "InvalidParameterValueException"),
    ({"Payload": b"{no json"}, 400, "InvalidRequestContentException"),
    ({"Payload": b'"%s"' % (b"x" * 6_291_456)}, 413, "RequestTooLargeException"),
    ({"Payload": b'"%s"' % (b"x" * 1_048_576), "InvocationType": "Event"}, 413, "RequestTooLargeException"),
]


async def test_what_cannot_be_invoked_is_refused_with_awss_error(front):
    _, invoke, port = front
    for parameters, status, code in REFUSALS:
        with pytest.raises(ClientError) as refused:
            await invoke(**parameters)
        assert refused.value.response["Error"]["Code"] == code
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    path = "/2015-03-31/functions/shown/invocations"
    odd = await wire.request(port, "POST", path, headers={"X-Amz-Client-Context": "%%%"})
    assert (odd.status, odd.headers["x-amzn-errortype"]) == (400, "InvalidRequestContentException")


async def test_a_throttle_is_429_with_its_reason(front):
    host, invoke, _ = front
    host.reserve_concurrency("shown", 0)
    with pytest.raises(ClientError) as refused:
        await invoke()
    answer = refused.value.response
    assert answer["Error"]["Code"] == "TooManyRequestsException"
    assert answer["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert answer["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "1"
