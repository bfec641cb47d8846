"""An invocation near its time limit, under the real runtime client: what is known of it, and that it is known once."""

from __future__ import annotations

import asyncio
import json
import textwrap

import pytest
from waiting import eventually

from mendline_playground.host import Function, Host
from mendline_playground.playground import agent_wrapper
from mendline_playground.subscription import LogSubscription

pytestmark = pytest.mark.anyio
HANDLER = """
    import http.client
    import logging
    import socket
    import threading
    import time

    from mendline_agent import traced

    silent = socket.create_server(("127.0.0.1", 0))

    @traced
    def ask(seconds):
        logging.getLogger("shop").warning("asking for a price")
        connection = http.client.HTTPConnection("127.0.0.1", silent.getsockname()[1], timeout=seconds)
        try:
            connection.request("GET", "/prices/1234")
            connection.getresponse()
        except TimeoutError:
            pass
        finally:
            connection.close()

    def handler(event, context):
        print("before")
        left = context.get_remaining_time_in_millis() / 1000
        ask(left - event["before_the_end"])
        return context.aws_request_id
"""


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def _invoke(server, tmp_path, name, events, timeout_s=2):
    (tmp_path / "app.py").write_text(textwrap.dedent(HANDLER))
    await asyncio.to_thread(server.warm)
    subscription = LogSubscription(server.otlp, pytest.fail)
    sending = asyncio.ensure_future(subscription.run())
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": server.otlp, "AWS_LAMBDA_EXEC_WRAPPER": str(agent_wrapper())}
    function = Function(name, "app.handler", tmp_path, env=env, timeout_s=timeout_s)
    async with Host([function], log_sink=subscription.take) as host:
        for event in events:
            await host.invoke(name, json.dumps(event).encode(), log_tail=True)
        (started, *_) = [it.message.split()[2] for it in host.logs(name) if it.message.startswith("START ")]
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    return started


async def _told(server, request_id, complete):
    def seen():
        found = server.get_json(f"/api/v1/invocations/{request_id}")
        return found if found and found["reported"] and found["trace_id"] and complete(found) else None

    invocation = await asyncio.to_thread(eventually, seen)
    trace = await asyncio.to_thread(server.get_json, f"/api/v1/traces/{invocation['trace_id']}")
    logs = await asyncio.to_thread(server.get_json, f"/api/v1/invocations/{request_id}/logs")
    return invocation, {span["name"]: span for span in trace["spans"]}, logs["logs"]


async def test_one_that_is_stopped_left_word_of_all_it_was_at(tmp_path, server):
    request_id = await _invoke(server, tmp_path, "stopped", [{"before_the_end": -5}])
    invocation, spans, logs = await _told(server, request_id, lambda found: found["error"])
    assert invocation["error_type"] == "Function.Timeout"
    root = spans["stopped"]["attributes"]
    assert root["mendline.unfinished"] == "true"
    stack = root["mendline.stack"]
    assert stack.index("in handler") < stack.index("in ask")
    ((kind, name, operation, peer, elapsed_ms),) = json.loads(root["mendline.pending"])
    assert (kind, name, operation) == ("http", "127.0.0.1", "GET /prices/{id}")
    assert peer.startswith("127.0.0.1:")
    assert elapsed_ms > 1000
    assert root["mendline.logs.last"] == "before\nWARNING asking for a price"
    assert {spans[name]["attributes"].get("mendline.unfinished") for name in ("app.ask", "GET /prices/{id}")} == {
        "true"
    }
    assert spans["GET /prices/{id}"]["parent_id"] == spans["app.ask"]["span_id"]
    lines = [record["body"] for record in logs if record["scope"]["name"] == "mendline_agent"]
    assert lines == ["before", "asking for a price"]


@pytest.mark.thorough
async def test_one_that_ends_in_the_last_moment_is_one_correct_record(tmp_path, server):
    request_id = await _invoke(server, tmp_path, "late", [{"before_the_end": 0.4}, {"before_the_end": 4.9}], 5)
    invocation, spans, _ = await _told(server, request_id, lambda found: not found["error"])
    assert invocation["duration_ms"] > 4500
    assert "mendline.stack" not in spans["late"]["attributes"]
    assert not any("mendline.unfinished" in span["attributes"] for span in spans.values())
    assert len(spans) == 3

    def counted():
        (late,) = [one for one in server.get_json("/api/v1/functions")["functions"] if one["id"]["name"] == "late"]
        return (late["invocations"], late["errors"]) == (2, 0)

    await asyncio.to_thread(eventually, counted)
