"""A thread of the runtime's own process can be an extension: the caller does not wait for it, the environment does."""

import asyncio
import json

import pytest

from mendline_playground.host import Host

pytestmark = pytest.mark.anyio

EXTENSION = """
    import json, os, threading, time, urllib.error, urllib.request

    BASE = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2020-01-01/extension"

    def call(path, body=None, **headers):
        headers = {"Lambda-Extension-" + name: value for name, value in headers.items()}
        request = urllib.request.Request(BASE + path, body, headers)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, dict(answer.headers), json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, {}, json.load(error)

    REGISTERED = call("/register", b'{"events": ["INVOKE"]}', Name="mine")
    IDENTIFIER = REGISTERED[1].get("Lambda-Extension-Identifier", "")
    events = []

    def serve():
        while True:
            status, _, event = call("/event/next", Identifier=IDENTIFIER)
            events.append(event)
            while not os.path.exists(os.environ["GO_ON"]):
                time.sleep(0.001)

    threading.Thread(target=serve, daemon=True).start()

    def handler(event, context):
        while len(events) < event.get("until", 0):
            time.sleep(0.001)
        if "call" in event:
            path, body, headers = event["call"]
            return call(path, body and body.encode(), **headers)
        return {"registered": REGISTERED, "events": events}
"""


async def test_the_caller_has_the_answer_before_the_extension_is_done(function, call, tmp_path, eventually):
    go_on = tmp_path / "go-on"
    async with Host([function(EXTENSION, env={"GO_ON": str(go_on)}, timeout_s=20)], max_environments=1) as host:
        first = asyncio.ensure_future(host.invoke("shown", b"{}"))
        answer = json.loads((await first).payload)
        assert answer["registered"][0] == 200
        assert answer["registered"][2] == {
            "functionName": "shown",
            "functionVersion": "$LATEST",
            "handler": "app.handler",
        }
        assert not any(event.message.startswith("REPORT") for event in host.logs("shown"))
        go_on.touch()
        await eventually(lambda: any(event.message.startswith("REPORT") for event in host.logs("shown")))
        second = json.loads((await call(host, {"until": 2})).payload)
    assert [event["eventType"] for event in second["events"]] == ["INVOKE", "INVOKE"]


STRANGER = "00000000-0000-4000-8000-000000000000"
REFUSALS = [
    ("/register", "{}", {"Name": "late"}, "Extension.RegistrationClosed"),
    ("/register", "{}", {}, "Extension.InvalidExtensionName"),
    ("/register", '{"events": ["INVOKE"]}', {"Name": "mine"}, "Extension.InvalidExtensionState"),
    ("/register", '{"events": ["SHUTDOWN"]}', {"Name": "late"}, "Extension.InvalidEventType"),
    ("/register", "{no json", {"Name": "late"}, "InvalidRequestFormat"),
    ("/event/next", None, {}, "Extension.MissingExtensionIdentifier"),
    ("/event/next", None, {"Identifier": "nobody"}, "Extension.InvalidExtensionIdentifier"),
    ("/event/next", None, {"Identifier": STRANGER}, "Extension.UnknownExtensionIdentifier"),
    ("/exit/error", "{}", {"Identifier": STRANGER}, "Extension.UnknownExtensionIdentifier"),
]


async def test_who_may_not_be_an_extension_is_told_why(function, call, tmp_path):
    (tmp_path / "go-on").touch()
    async with Host(
        [function(EXTENSION, env={"GO_ON": str(tmp_path / "go-on")}, timeout_s=20)], max_environments=1
    ) as host:
        for path, body, headers, kind in REFUSALS:
            status, _, told = json.loads((await call(host, {"call": [path, body, headers]})).payload)
            assert (status, told["errorType"]) == (403, kind)
            assert told["errorMessage"]


MANY = """
    import http.client, os

    def register(name):
        connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
        headers = {"Lambda-Extension-Name": name, "Lambda-Extension-Accept-Feature": "accountId"}
        connection.request("POST", "/2020-01-01/extension/register", b'{"events": []}', headers)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Lambda-Extension-Identifier"), answer.read().decode()

    def ask(identifier):
        connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
        headers = {"Lambda-Extension-Identifier": identifier}
        connection.request("GET", "/2020-01-01/extension/event/next", headers=headers)
        return connection

    REGISTERED = [register(f"number-{n}") for n in range(11)]
    asking = [ask(identifier) for status, identifier, _ in REGISTERED if status == 200]

    def handler(event, context):
        return REGISTERED
"""


async def test_ten_extensions_may_register_and_are_told_the_account_if_they_ask(function, call):
    async with Host([function(MANY)]) as host:
        registered = json.loads((await call(host, {})).payload)
        messages = [event.message for event in host.logs("shown")]
    assert [status for status, _, _ in registered] == [200] * 10 + [403]
    assert json.loads(registered[0][2])["accountId"] == "000000000000"
    assert json.loads(registered[10][2])["errorType"] == "Extension.TooManyExtensions"
    assert messages.count("EXTENSION\tName: number-0\tState: Ready\tEvents: []") == 1
