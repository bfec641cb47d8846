"""The playground's logs go out as a CloudWatch Logs subscription sends them."""

import asyncio
import gzip
import json

import pytest

from mendline_playground.host import Host
from mendline_playground.host.logs import LogEvent
from mendline_playground.subscription import MOST_WAITING, LogSubscription
from mendline_playground.wire import HttpServer, Request, Response

HANDLER = """
def handler(event, context):
    print("hello from the handler")
"""


class Subscriber:
    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.messages: list[dict[str, object]] = []

    async def receive(self, request: Request) -> Response:
        assert (request.method, request.path) == ("POST", "/aws/logs?region=us-east-1")
        self.messages.append(json.loads(gzip.decompress(request.body)))
        return Response(self.status)


async def _stop(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.anyio
async def test_lines_of_the_platform_and_of_the_function_arrive_in_order(function, call):
    subscriber = Subscriber()
    server = HttpServer(subscriber.receive)
    subscription = LogSubscription(f"http://127.0.0.1:{await server.start()}", pytest.fail)
    sending = asyncio.ensure_future(subscription.run())
    async with Host(log_sink=subscription.take) as host:
        host.deploy(function(HANDLER))
        await call(host)
    await _stop(sending)
    await server.close()
    assert {(message["logGroup"], message["messageType"]) for message in subscriber.messages} == {
        ("/aws/lambda/shown", "DATA_MESSAGE")
    }
    events = [event for message in subscriber.messages for event in message["logEvents"]]
    assert [event["message"].split()[0] for event in events] == ["INIT_START", "START", "hello", "END", "REPORT"]
    assert len({event["id"] for event in events}) == len(events)
    assert subscription.sent == {"200": len(subscriber.messages)}


@pytest.mark.anyio
async def test_what_cannot_be_sent_is_told_once_and_waits_for_nobody():
    told: list[str] = []
    subscription = LogSubscription("http://127.0.0.1:9", told.append)
    for number in range(MOST_WAITING + 5):
        subscription.take(LogEvent("shown", f"stream-{number % 2}", number, "line"))
    await subscription._send_all()
    assert len(told) == 1
    assert "logs could not be sent" in told[0]
    assert subscription.sent == {"lost": 5}
