"""The ways in which the agent sends, each through the real runtime client."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import textwrap
from contextlib import asynccontextmanager

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from waiting import eventually

from mendline_playground.host import Function, Host
from mendline_playground.playground import agent_wrapper
from mendline_playground.subscription import LogSubscription
from mendline_playground.wire import HttpServer, Response

pytestmark = pytest.mark.anyio
HANDLER = """
    def handler(event, context):
        if event.get("fails"):
            raise ValueError("as asked")
        return {"echo": event}
"""


@pytest.fixture
def anyio_backend():
    return "asyncio"


class Collector:
    """Takes OTLP; answers only when it may."""

    def __init__(self):
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.headers = {}
        self.requests = []
        self.came = asyncio.Condition()

    async def receive(self, request):
        async with self.came:
            self.requests.append(request)
            self.came.notify_all()
        await self.may_answer.wait()
        return Response(200, b"", self.headers)

    async def spans(self, count):
        async with self.came, asyncio.timeout(20):
            await self.came.wait_for(lambda: len(self.seen()) >= count)
        return self.seen()

    def seen(self):
        bodies = [
            gzip.decompress(it.body) if it.headers.get("content-encoding") == "gzip" else it.body
            for it in self.requests
        ]
        return [span for body in bodies for span in _spans(body)]


def _spans(body):
    groups = ExportTraceServiceRequest.FromString(body).resource_spans
    return [span for group in groups for scope in group.scope_spans for span in scope.spans]


def _attributes(span):
    return {pair.key: pair.value for pair in span.attributes}


@asynccontextmanager
async def _running(tmp_path, collector, handler=HANDLER, **env):
    (tmp_path / "app.py").write_text(textwrap.dedent(handler))
    server = HttpServer(collector.receive)
    variables = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{await server.start()}",
        "AWS_LAMBDA_EXEC_WRAPPER": str(agent_wrapper()),
        **env,
    }
    async with Host([Function("shop", "app.handler", tmp_path, env=variables)], max_environments=1) as host:
        yield host
    await server.close()


async def _invoke(host, event=None, **options):
    return await host.invoke("shop", json.dumps(event or {}).encode(), **options)


async def test_with_an_extension_the_caller_does_not_wait_for_the_collector(tmp_path):
    collector = Collector()
    collector.may_answer.clear()
    async with _running(tmp_path, collector, MENDLINE_EXPORT="extension") as host:
        answer = await _invoke(host, {"n": 1})
        assert json.loads(answer.payload) == {"echo": {"n": 1}}
        (root,) = await collector.spans(1)
        assert not any(event.message.startswith("REPORT") for event in host.logs("shop"))
        collector.may_answer.set()
        for n in (2, 3):
            assert json.loads((await _invoke(host, {"n": n}, log_tail=True)).payload) == {"echo": {"n": n}}
        assert len(await collector.spans(3)) == 3
    assert _attributes(root)["faas.coldstart"].bool_value


async def test_with_an_extension_errors_come_too_and_the_collector_may_be_gone(tmp_path):
    collector = Collector()
    async with _running(tmp_path, collector, MENDLINE_EXPORT="extension") as host:
        await _invoke(host, {"fails": True}, log_tail=True)
        (root,) = await collector.spans(1)
    assert root.status.code == 2
    gone = {"MENDLINE_EXPORT": "extension", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    async with _running(tmp_path, collector, **gone) as host:
        for n in range(4):
            assert json.loads((await _invoke(host, {"n": n}, log_tail=True)).payload) == {"echo": {"n": n}}


def _from_log(host):
    lines = [event.message for event in host.logs("shop") if event.message.startswith("MENDLINE1 ")]
    found = []
    for line in lines:
        _, part, data = line.split(" ")
        number, _, count = part.partition("/")
        if number == "1":
            found.append([""] * int(count))
        found[-1][int(number) - 1] = data
    return [_spans(gzip.decompress(base64.b64decode("".join(parts)))) for parts in found], lines


async def test_through_the_log_there_is_no_network_and_long_payloads_take_several_lines(tmp_path):
    collector = Collector()
    handler = """
        import os
        from mendline_agent import instrument
        import http.client

        def handler(event, context):
            for _ in range(event["calls"]):
                try:
                    http.client.HTTPConnection("127.0.0.1", 9).request("GET", "/" + os.urandom(200).hex())
                except OSError:
                    pass
            return os.urandom(event["bytes"]).hex()
    """
    async with _running(tmp_path, collector, handler, MENDLINE_EXPORT="log") as host:
        await _invoke(host, {"calls": 0, "bytes": 10}, log_tail=True)
        await _invoke(host, {"calls": 900, "bytes": 6000}, log_tail=True)
        requests, lines = _from_log(host)
    assert [len(spans) for spans in requests] == [1, 901]
    assert all(len(line) <= 200_100 for line in lines)
    assert not collector.requests


async def test_an_answer_changes_sampling_capture_and_redaction_from_the_next_invocation_on(tmp_path):
    collector = Collector()
    document = {
        "version": "abc123", "sampling": {"ratio": 0.0}, "capture": {"request": True, "response": False},
        "redaction": {"keys": ["shoe_size"]},
    }  # fmt: skip
    collector.headers = {"mendline-config": base64.b64encode(json.dumps(document).encode()).decode()}
    handler = """
        import http.client

        def handler(event, context):
            try:
                http.client.HTTPConnection("127.0.0.1", 9).request("GET", "/")
            except OSError:
                pass
            return {"ok": True}
    """
    async with _running(tmp_path, collector, handler) as host:
        for _ in range(2):
            await _invoke(host, {"shoe_size": 44}, log_tail=True)
        first, call, second = await collector.spans(3)
    assert [it.headers["mendline-config-version"] for it in collector.requests] == ["0", "abc123"]
    assert call.parent_span_id == first.span_id
    assert "44" in _attributes(first)["mendline.request"].string_value
    assert "mendline.response" in _attributes(first)
    assert "44" not in _attributes(second)["mendline.request"].string_value
    assert "mendline.response" not in _attributes(second)
    assert _attributes(second)["mendline.sampled"].bool_value is False
    (summary,) = json.loads(_attributes(second)["mendline.operations"].string_value)
    assert summary[3:5] == [1, 1]


async def test_what_goes_through_the_log_arrives_at_the_server(tmp_path, start_server):
    server = await asyncio.to_thread(start_server)
    subscription = LogSubscription(server.otlp, pytest.fail)
    sending = asyncio.ensure_future(subscription.run())
    handler = """
        import http.client

        def handler(event, context):
            try:
                http.client.HTTPConnection("127.0.0.1", 9).request("GET", "/prices")
            except OSError:
                pass
            print("asked for prices")
            return context.aws_request_id
    """
    (tmp_path / "app.py").write_text(textwrap.dedent(handler))
    env = {"MENDLINE_EXPORT": "log", "AWS_LAMBDA_EXEC_WRAPPER": str(agent_wrapper())}
    async with Host([Function("shop", "app.handler", tmp_path, env=env)], log_sink=subscription.take) as host:
        request_id = json.loads((await _invoke(host, {"n": 1}, log_tail=True)).payload)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)

    def seen():
        found = server.get_json(f"/api/v1/invocations/{request_id}")
        return found if found and found["reported"] and found["trace_id"] else None

    invocation = await asyncio.to_thread(eventually, seen)
    assert (invocation["billed_ms"] > 0, invocation["cold_start"], invocation["error"]) == (True, True, False)
    trace = await asyncio.to_thread(server.get_json, f"/api/v1/traces/{invocation['trace_id']}")
    assert [span["resource_type"] for span in trace["spans"]] == ["", "http"]
    logs = await asyncio.to_thread(server.get_json, f"/api/v1/invocations/{request_id}/logs")
    assert "asked for prices" in [record["body"] for record in logs["logs"]]
    assert not any("MENDLINE1" in record["body"] for record in logs["logs"])


async def test_lines_of_a_failed_invocation_are_found_by_it_and_by_its_trace_and_told_once(tmp_path, start_server):
    server = await asyncio.to_thread(start_server)
    await asyncio.to_thread(server.warm)
    subscription = LogSubscription(server.otlp, pytest.fail)
    sending = asyncio.ensure_future(subscription.run())
    handler = """
        import logging

        def handler(event, context):
            print("order", event["order"])
            logging.getLogger("shop").warning("stock of %s is low", event["order"])
            if event["order"] == "poison":
                raise ValueError("as asked")
            return context.aws_request_id
    """

    def told(request_id):
        found = server.get_json(f"/api/v1/invocations/{request_id}/logs") or {"logs": []}
        return {(record["body"].partition("\n")[0], record["scope"]["name"]): record for record in found["logs"]}

    (tmp_path / "app.py").write_text(textwrap.dedent(handler))
    env = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": server.otlp, "MENDLINE_SAMPLING": "0",
        "AWS_LAMBDA_EXEC_WRAPPER": str(agent_wrapper()),
    }  # fmt: skip
    async with Host([Function("shop", "app.handler", tmp_path, env=env)], log_sink=subscription.take) as host:
        well = json.loads((await _invoke(host, {"order": "good"}, log_tail=True)).payload)
        failed = json.loads((await _invoke(host, {"order": "poison"}, log_tail=True)).payload)["requestId"]
        for _ in range(30):  # on a busy machine its answer may come too late, and the next invocations send it again
            if any(scope == "mendline_agent" for _, scope in await asyncio.to_thread(told, failed)):
                break
            await _invoke(host, {"order": "good"}, log_tail=True)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)

    of_failed = await asyncio.to_thread(eventually, lambda: len(told(failed)) == 6 and told(failed))
    assert [(body, scope) for body, scope in of_failed if not of_failed[body, scope]["platform"]] == [
        ("order poison", "mendline_agent"), ("stock of poison is low", "mendline_agent"),
        ("[ERROR] ValueError: as asked", "mendline.cloudwatch"),
    ]  # fmt: skip
    of_well = await asyncio.to_thread(eventually, lambda: len(told(well)) >= 5 and told(well))
    assert {scope for _, scope in of_well} == {"mendline.cloudwatch"}
    assert ("order good", "mendline.cloudwatch") in of_well
    invocation = await asyncio.to_thread(server.get_json, f"/api/v1/invocations/{failed}")
    of_trace = await asyncio.to_thread(server.get_json, f"/api/v1/logs?trace_id={invocation['trace_id']}")
    lines = [
        (record["body"], record["span_id"])
        for record in of_trace["logs"]
        if record["scope"]["name"] == "mendline_agent"
    ]
    assert sorted(lines) == [(body, invocation["span_id"]) for body in ("order poison", "stock of poison is low")]
