"""Whatever fails inside the agent, the handler's result is the same."""

from __future__ import annotations

import http.client
import os
import sys
import threading

import pytest

from mendline_agent import agent as agent_module
from mendline_agent import instrument
from mendline_agent.calling import begin
from mendline_agent.spans import CLIENT

SITES = [
    "mendline_agent.agent.Invocation",
    "mendline_agent.agent.resource_attributes",
    "mendline_agent.agent.notice_s",
    "mendline_agent.export.flush_budget_s",
    "mendline_agent.agent.encode_span",
    "mendline_agent.agent.Watch.arm",
    "mendline_agent.agent.Watch.disarm",
    "mendline_agent.agent.Memory.used_bytes",
    "mendline_agent.agent.Memory.growth_bytes",
    "mendline_agent.agent.Scratch.used_bytes",
    "mendline_agent.agent.Capture.render",
    "mendline_agent.agent.Redactor.text",
    "mendline_agent.export.HttpExporter.flush",
    "mendline_agent.agent.Settings",
    "mendline_agent.agent.install_hooks",
    "mendline_agent.agent.age_ms",
    "mendline_agent.agent.LiveConfig",
    "mendline_agent.sampling.Slowness.is_slow",
    "mendline_agent.invocation.recognise",
    "mendline_agent.invocation.Span",
    "mendline_agent.invocation.Record",
    "mendline_agent.invocation.from_client_context",
    "mendline_agent.invocation.parse_xray",
    "mendline_agent.invocation.describe_result",
    "mendline_agent.outcome.describe_error",
    "mendline_agent.outcome.describe_origin",
    "mendline_agent.outcome.describe_records",
    "mendline_agent.agent.OpenFiles.count",
    "mendline_agent.invocation.get_ident",
    "mendline_agent.frames.frames_of",
    "mendline_agent.frames.causes_of",
    "mendline_agent.invocation.remaining_s",
    "mendline_agent.outbox.around_resource",
    "mendline_agent.outbox.Ring.add",
    "mendline_agent.export.HttpClient.post",
    "mendline_agent.export.HttpExporter.begun",
    "mendline_agent.export.HttpExporter.finished",
    "mendline_agent.sampling.is_kept",
    "mendline_agent.operations.Record.ended",
    "mendline_agent.operations.Record.summary",
    "mendline_agent.http_calls.templated",
    "mendline_agent.http_calls._begin",
    "mendline_agent.http_calls._told",
    "mendline_agent.http_calls._answered",
    "time.process_time_ns",
    "os.urandom",
]


class _PlantedError(Exception):
    pass


def _fail(*args, **kwargs):
    raise _PlantedError


@pytest.mark.parametrize("site", SITES)
def test_a_failure_at_this_place_is_not_the_function_s(lambda_env, collector, serve, make_context, site):
    import mendline_agent.http_calls  # noqa: F401

    server = serve(lambda request: (200, {}, b"body"))
    lambda_env.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    calls = []

    def handler(event, context):
        calls.append(event)
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        try:
            connection.request("GET", "/x")
            body = connection.getresponse().read()
        finally:
            connection.close()
        if event:
            raise ValueError(body)
        return body

    lambda_env.setattr(site, _fail)
    wrapped = instrument(handler)
    assert wrapped({}, make_context()) == b"body"
    assert wrapped({}, make_context()) == b"body"
    with pytest.raises(ValueError, match="body"):
        wrapped({"fail": 1}, make_context())
    assert len(calls) == 3
    assert agent_module.ACTIVE.record is None


AWS_SITES = ["describe_call", "begin", "traceparent", "carrier_of", "describe_answer", "message_of"]


@pytest.mark.parametrize("site", AWS_SITES)
def test_a_failure_around_an_aws_call_is_not_the_call_s(lambda_env, collector, serve, make_context, json_answer, site):
    import boto3

    import mendline_agent.botocore_calls  # noqa: F401

    server = serve(lambda request: json_answer({"TableNames": ["a"]}))
    lambda_env.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    client = boto3.client(
        "dynamodb", endpoint_url=server.url, region_name="x", aws_access_key_id="x", aws_secret_access_key="y"
    )
    lambda_env.setattr(f"mendline_agent.botocore_calls.{site}", _fail)
    wrapped = instrument(lambda event, context: client.list_tables()["TableNames"])
    assert wrapped({}, make_context()) == ["a"]
    client.close()


NOTICE_SITES = [
    "mendline_agent.frames.stack_of",
    "mendline_agent.frames.describe_notice",
    "mendline_agent.frames._pending",
    "mendline_agent.invocation.encode_span",
    "mendline_agent.operations.Record.take",
    "mendline_agent.operations.Record.unfinished",
    "mendline_agent.agent.Agent.send_notice",
    "mendline_agent.spans.Span.snapshot",
]


@pytest.mark.parametrize("site", NOTICE_SITES)
def test_a_failure_in_the_notice_costs_no_more_than_the_notice(traced, collector, make_context, lambda_env, site):
    import mendline_agent.frames  # noqa: F401

    failed = threading.Event()

    def fail(*args, **kwargs):
        failed.set()
        raise _PlantedError

    lambda_env.setattr(site, fail)

    def handler(event, context):
        if event:
            begin("waiting", CLIENT, ("http", "slow.example", "GET /"))
            assert failed.wait(10)
        return "result"

    wrapped = traced(handler)
    assert wrapped({"slow": 1}, make_context(700)) == "result"
    assert wrapped({}, make_context()) == "result"
    finals = [root for root in collector.roots() if root.status.code == 0]
    assert len(finals) == 2


def test_what_is_lost_is_only_what_failed(run, lambda_env, attributes):
    lambda_env.setattr("mendline_agent.agent.Capture.render", _fail)
    lambda_env.setattr("mendline_agent.invocation.recognise", _fail)
    found = attributes(run())
    assert found["mendline.trigger"] == "unknown"
    assert found["faas.invocation_id"]
    assert "mendline.request" not in found


def test_a_broken_stderr_is_no_reason_to_fail(lambda_env, make_context):
    from mendline_agent.guard import GUARD

    class Broken:
        def write(self, text):
            raise OSError

        def flush(self):
            raise OSError

    GUARD._quiet_until = 0.0
    lambda_env.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    lambda_env.setattr(sys, "stderr", Broken())
    assert instrument(lambda event, context: os.getpid())({}, make_context()) == os.getpid()


def test_interrupts_are_never_swallowed(lambda_env, make_context, collector):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    lambda_env.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    lambda_env.setattr("mendline_agent.export.HttpClient.post", interrupt)
    with pytest.raises(KeyboardInterrupt):
        instrument(lambda event, context: None)({}, make_context())
