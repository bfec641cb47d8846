"""The Telemetry API: what a subscriber is sent, in which order and when; and who may not subscribe."""

import json
import stat
import sys
import textwrap

import pytest

from mendline_playground.host import Host
from mendline_playground.host.function import Function
from mendline_playground.host.journal import Journal
from mendline_playground.host.logs import LogRing, Written
from mendline_playground.host.platform_events import PlatformEvent
from mendline_playground.host.telemetry import Sender, TelemetryError, parse_subscription
from mendline_playground.wire import HttpServer, Request, Response

pytestmark = pytest.mark.anyio

CODE = """
    import os
    from time import sleep

    print("module")

    def handler(event, context):
        print("handler")
        if event == "die":
            os._exit(3)
        if event == "sleep":
            sleep(60)
        return "x" * 100
"""

# Subscribes to everything, and keeps what it is sent in a file, one event a line.
SUBSCRIBER = """
    import http.client, http.server, json, os, sys, threading

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            events = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with open(os.environ["KEPT"], "a") as file:
                for event in events:
                    file.write(json.dumps(event) + "\\n")
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])

    def call(method, path, body=None, **headers):
        headers = {"Lambda-Extension-" + name: value for name, value in headers.items()}
        api.request(method, path, body and json.dumps(body), headers)
        answer = api.getresponse()
        return answer.getheader("Lambda-Extension-Identifier"), answer.read()

    me, _ = call("POST", "/2020-01-01/extension/register", {"events": ["INVOKE", "SHUTDOWN"]}, Name="subscriber")
    print("extension")
    _, answer = call("PUT", "/2022-07-01/telemetry", {
        "schemaVersion": "2022-12-13",
        "types": ["platform", "function", "extension"],
        "buffering": {"timeoutMs": 25, "maxItems": 1000, "maxBytes": 262144},
        "destination": {"protocol": "HTTP", "URI": f"http://sandbox.localdomain:{server.server_port}"},
    }, Identifier=me)
    assert answer == b'"OK"', answer
    while json.loads(call("GET", "/2020-01-01/extension/event/next", Identifier=me)[1])["eventType"] == "INVOKE":
        print(call("PUT", "/2022-07-01/telemetry", {}, Identifier=me)[1].decode())
"""


@pytest.fixture
def subscribed(function, tmp_path):
    """A function with that extension, and what the extension was sent until now."""
    path = tmp_path / "opt" / "extensions" / "subscriber"
    path.parent.mkdir(parents=True)
    path.write_text(f"#!{sys.executable} -Iu\n{textwrap.dedent(SUBSCRIBER)}")
    path.chmod(stat.S_IRWXU)
    kept = tmp_path / "kept"
    kept.touch()

    def read() -> list[dict]:
        return [json.loads(line) for line in kept.read_text().splitlines()]

    return function(CODE, opt_dir=tmp_path / "opt", env={"KEPT": str(kept)}, timeout_s=2), read


def kinds(events: list[dict]) -> list[str]:
    return [event["type"].removeprefix("platform.") for event in events]


async def test_a_subscriber_gets_everything_in_order_and_the_report_of_the_last_at_the_end(
    subscribed, call, eventually
):
    function, read = subscribed
    async with Host([function], max_environments=1) as host:
        first = await call(host, "")
        assert "report" not in kinds(read()), "its environment is frozen"
        second = await call(host, "")
        host.update(function)  # the environment is shut down
        events = await eventually(lambda: kinds(read()).count("report") == 2 and read())
    of_platform = kinds([event for event in events if event["type"].startswith("platform.")])
    assert of_platform == [
        *["initStart", "telemetrySubscription", "initRuntimeDone", "extension", "initReport"],
        *["start", "runtimeDone", "report"] * 2,
    ]
    records = {kind: [event["record"] for event in events if kinds([event]) == [kind]] for kind in kinds(events)}
    assert records["extension"].pop(0) == "extension"
    assert [record["requestId"] for record in records["report"]] == [first.request_id, second.request_id]
    assert [record["status"] for record in records["runtimeDone"]] == ["success", "success"]
    assert records["runtimeDone"][0]["metrics"]["producedBytes"] == 102
    assert [span["name"] for span in records["runtimeDone"][0]["spans"]] == [
        "responseLatency",
        "responseDuration",
        "runtimeOverhead",
    ]
    assert records["start"][0]["tracing"]["type"] == "X-Amzn-Trace-Id"
    assert "initDurationMs" in records["report"][0]["metrics"]
    assert "initDurationMs" not in records["report"][1]["metrics"]
    assert records["initStart"][0]["instanceId"] == host.logs("shown")[0].stream
    assert [text for text in records["function"] if isinstance(text, str)] == ["module", "handler", "handler"]
    late = [json.loads(text) for text in records["extension"] if isinstance(text, str) and "error" in text]
    assert {answer["errorType"] for answer in late} == {"Telemetry.SubscriptionClosed"}
    assert all(event["time"].endswith("Z") for event in events)


DEATHS = [("die", "error", "Runtime.ExitError"), ("sleep", "timeout", None)]  # after 2 seconds


@pytest.mark.parametrize(("event", "status", "error_type"), DEATHS)
async def test_how_the_runtime_ended_is_told_before_the_shutdown(
    subscribed, call, eventually, event, status, error_type
):
    function, read = subscribed
    async with Host([function]) as host:
        await call(host, event)
        done = [told["record"] for told in read() if told["type"] == "platform.runtimeDone"]
    assert [(record["status"], record.get("errorType")) for record in done] == [(status, error_type)]


WRONG = [
    ({"types": []}, "types"),
    ({"types": ["everything"]}, "types"),
    ({"schemaVersion": "2020-08-15"}, "schemaVersion"),
    ({"destination": {"protocol": "TCP", "port": 80}}, "HTTP"),
    ({"destination": {"protocol": "HTTP", "URI": "http://example.com:80"}}, "sandbox"),
    ({"destination": None}, "understood"),
    ({"buffering": {"timeoutMs": 1}}, "timeoutMs"),
    ({"buffering": {"maxItems": 10}}, "maxItems"),
    ({"buffering": {"maxBytes": "many"}}, "maxBytes"),
]
RIGHT = {
    "schemaVersion": "2022-12-13",
    "types": ["platform"],
    "destination": {"protocol": "HTTP", "URI": "http://sandbox.localdomain:8080/here"},
}


def test_a_subscription_has_defaults_for_its_buffer():
    asked = parse_subscription(json.dumps(RIGHT).encode())
    assert (asked.port, asked.path, asked.max_items, asked.max_bytes, asked.timeout_ms) == (
        8080,
        "/here",
        10_000,
        262_144,
        1_000,
    )


@pytest.mark.parametrize(("change", "says"), WRONG)
def test_a_subscription_out_of_bounds_is_refused_with_what_is_wrong(change, says):
    with pytest.raises(TelemetryError, match=says):
        parse_subscription(json.dumps({**RIGHT, **change}).encode())


class Subscriber:
    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.batches: list[list[dict]] = []

    async def receive(self, request: Request) -> Response:
        self.batches.append(json.loads(request.body))
        return Response(self.status)


async def _sender(subscriber: Subscriber, told: list[PlatformEvent], **buffering: int) -> tuple[HttpServer, Sender]:
    server = HttpServer(subscriber.receive)
    where = {"protocol": "HTTP", "URI": f"http://sandbox.localdomain:{await server.start()}"}
    asked = {**RIGHT, "types": ["function"], "destination": where, "buffering": buffering}
    return server, Sender(parse_subscription(json.dumps(asked).encode()), told.append)


async def test_a_full_batch_goes_at_once_and_the_rest_when_its_time_is_over(eventually):
    subscriber, told = Subscriber(), []
    server, sender = await _sender(subscriber, told, maxItems=1000, timeoutMs=200)
    for n in range(1001):
        sender.take("function", {"record": n})
    sender.take("platform", {"record": "not asked for"})
    await eventually(lambda: len(subscriber.batches) == 2)
    await server.close()
    assert [len(batch) for batch in subscriber.batches] == [1000, 1]
    assert not told


async def test_nothing_goes_to_a_frozen_environment(eventually):
    subscriber, told = Subscriber(), []
    server, sender = await _sender(subscriber, told, timeoutMs=25)
    sender.pause()
    for n in range(10_000):
        sender.take("function", {"record": n})
    assert not subscriber.batches
    sender.resume()
    await sender.flush()
    await server.close()
    assert sum(map(len, subscriber.batches)) == 10_000


async def test_what_a_slow_subscriber_loses_is_counted_and_told(eventually):
    subscriber, told = Subscriber(), []
    server, sender = await _sender(subscriber, told, maxItems=1000)
    sender.pause()
    for n in range(4010):
        sender.take("function", {"record": n})
    sender.resume()
    await eventually(lambda: told)
    await server.close()
    assert (told[0].kind, told[0].record["droppedRecords"]) == ("logsDropped", 10)


async def test_a_subscriber_that_refuses_is_told_of_once(tmp_path, eventually):
    subscriber = Subscriber(status=500)
    journal = Journal(Function("shown", "app.handler", tmp_path), "stream", LogRing())
    journal.close_subscriptions()
    told = []

    def tell(event: PlatformEvent) -> None:
        told.append(event)
        journal.platform(event)

    server = HttpServer(subscriber.receive)
    where = {"protocol": "HTTP", "URI": f"http://sandbox.localdomain:{await server.start()}"}
    asked = {**RIGHT, "types": ["platform", "function"], "destination": where, "buffering": {"timeoutMs": 25}}
    sender = Sender(parse_subscription(json.dumps(asked).encode()), tell)
    journal.subscribe(sender.take)
    journal.from_function(Written("lost"))
    await eventually(lambda: len(subscriber.batches) == 2)
    await sender.flush()
    await server.close()
    assert [event.record["droppedRecords"] for event in told] == [1]
