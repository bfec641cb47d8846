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
        return {
            "registered": REGISTERED, "events": events, "late": call("/register", b"{}", Name="late"),
            "unknown": call("/event/next", Identifier="nobody"),
        }
"""


async def test_the_caller_has_the_answer_before_the_extension_is_done(function, call, tmp_path, eventually):
    go_on = tmp_path / "go-on"
    async with Host([function(EXTENSION, env={"GO_ON": str(go_on)})], max_environments=1) as host:
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
        second = json.loads((await call(host, {})).payload)
    assert [event["eventType"] for event in second["events"]] == ["INVOKE", "INVOKE"]


async def test_who_may_not_be_an_extension_is_told_why(function, call, tmp_path):
    (tmp_path / "go-on").touch()
    async with Host([function(EXTENSION, env={"GO_ON": str(tmp_path / "go-on")})]) as host:
        answer = json.loads((await call(host, {})).payload)
    assert (answer["late"][0], answer["late"][2]["errorType"]) == (403, "Extension.InitPhaseOver")
    assert (answer["unknown"][0], answer["unknown"][2]["errorType"]) == (403, "Extension.UnknownExtensionIdentifier")
