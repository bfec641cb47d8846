"""What an invocation's span says, beyond its trigger."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback

import pytest

from mendline_agent import __version__
from mendline_agent import agent as agent_module
from mendline_agent.invocation import Watch


def test_the_span_carries_the_conventions_attributes(traced, collector, make_context, attributes):
    handler = traced(lambda event, context: {"sum": 3})
    handler({"a": 1, "password": "x"}, make_context(2995))
    collector.wait(collector.roots)
    root, found = collector.root(), attributes(collector.root())
    assert (root.name, root.kind, root.status.code) == ("shop-orders", 2, 0)
    assert 0 < root.end_time_unix_nano - root.start_time_unix_nano < 10**9
    assert found["faas.invocation_id"] == make_context.aws_request_id
    assert found["cloud.resource_id"] == make_context.invoked_function_arn
    assert found["faas.coldstart"] is True
    assert found["mendline.init_ms"] > 0
    assert found["mendline.timeout_ms"] == 3000
    assert 0 < found["mendline.remaining_ms"] <= 2995
    assert found["mendline.cpu_ms"] >= 0
    assert 10**6 < found["mendline.memory.used_bytes"] < 10**11
    assert json.loads(found["mendline.request"]) == {"a": 1, "password": "[redacted]"}
    assert json.loads(found["mendline.response"]) == {"sum": 3}


def test_only_the_first_invocation_is_cold(traced, collector, make_context, attributes):
    handler = traced(lambda event, context: None)
    for _ in range(3):
        handler({}, make_context())
    collector.wait(lambda: len(collector.roots()) == 3)
    assert [attributes(root)["faas.coldstart"] for root in collector.roots()] == [True, False, False]
    assert ["mendline.init_ms" in attributes(root) for root in collector.roots()] == [True, False, False]


@pytest.mark.parametrize("kind", ["provisioned-concurrency", "lambda-managed-instances"])
def test_provisioned_environments_start_warm(run, lambda_env, attributes, kind):
    lambda_env.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", kind)
    assert attributes(run())["faas.coldstart"] is False


def test_the_resource_says_which_function(run, collector, lambda_env):
    lambda_env.setenv("OTEL_RESOURCE_ATTRIBUTES", "team=a%2Cb,deployment.environment.name=pr%C3%B6d,=x,broken")
    run()
    resource = collector.resource()
    assert resource.pop("process.runtime.version") == ".".join(map(str, sys.version_info[:3]))
    assert resource == {
        "service.name": "shop-orders",
        "faas.name": "shop-orders",
        "faas.version": "7",
        "faas.instance": "2026/11/23/[7]0123456789abcdef0123456789abcdef",
        "faas.max_memory": 256 * 1024 * 1024,
        "cloud.provider": "aws",
        "cloud.platform": "aws_lambda",
        "cloud.region": "eu-west-1",
        "cloud.account.id": "123456789012",
        "process.runtime.name": sys.implementation.name,
        "telemetry.sdk.name": "mendline",
        "telemetry.sdk.language": "python",
        "telemetry.sdk.version": __version__,
        "team": "a,b",
        "deployment.environment.name": "pröd",
    }


@pytest.mark.parametrize(("variables", "name"), [
    ({"OTEL_SERVICE_NAME": "a", "OTEL_RESOURCE_ATTRIBUTES": "service.name=b"}, "a"),
    ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=b"}, "b"),
])  # fmt: skip
def test_the_service_s_name_follows_opentelemetry(run, collector, lambda_env, variables, name):
    for variable, value in variables.items():
        lambda_env.setenv(variable, value)
    run()
    assert collector.resource()["service.name"] == name


def test_payloads_can_be_left_out(run, lambda_env, attributes):
    lambda_env.setenv("MENDLINE_CAPTURE", "0")
    assert not {"mendline.request", "mendline.response"} & attributes(run(event={"a": 1})).keys()


def test_more_keys_can_be_redacted(run, lambda_env, attributes):
    lambda_env.setenv("MENDLINE_REDACT_KEYS", "tax-id, iban")
    found = json.loads(attributes(run(event={"taxId": "1", "IBAN": "2", "id": "3"}))["mendline.request"])
    assert found == {"taxId": "[redacted]", "IBAN": "[redacted]", "id": "3"}


def test_the_request_is_the_event_as_it_came(run, attributes):
    root = run(lambda event, context: event.clear(), {"a": 1})
    assert json.loads(attributes(root)["mendline.request"]) == {"a": 1}


def test_secrets_in_an_exception_are_redacted(traced, collector, make_context, attributes):
    def handler(event, context):
        raise ValueError("postgres://bob:hunter2@db failed")

    with pytest.raises(ValueError, match="hunter2"):
        traced(handler)({}, make_context())
    collector.wait(collector.roots)
    assert b"hunter2" not in collector.root().SerializeToString()


KEY_LINES = [f"line{number}" + "A" * 58 for number in range(52)]
PRIVATE_KEY = "\n".join(["-----BEGIN PRIVATE KEY-----", *KEY_LINES, "-----END PRIVATE KEY-----"])
CLAIMS = "eyJzdWIiOiJhbGljZSJ9" + "Q" * 900


@pytest.mark.parametrize("secret", [PRIVATE_KEY, f"eyJhbGciOiJIUzI1NiJ9.{CLAIMS}.sig" + "n" * 300])
@pytest.mark.parametrize("before", [0, 700, 1000, 16 * 1024 - 300])
def test_a_secret_that_lies_across_a_cut_does_not_show_in_part(traced, collector, make_context, secret, before):
    def fails(event, context):
        raise ValueError("no " + "x" * before + " " + secret)

    with pytest.raises(ValueError, match="no"):
        traced(fails)({}, make_context())
    collector.wait(collector.roots)
    told = collector.root().SerializeToString()
    assert not [part for part in (*KEY_LINES, CLAIMS[:40]) if part.encode() in told]


def test_the_exception_happened_before_the_end_of_its_span(traced, collector, make_context):
    def fails(event, context):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        traced(fails)({}, make_context())
    collector.wait(collector.roots)
    span = collector.root()
    assert span.start_time_unix_nano <= span.events[0].time_unix_nano <= span.end_time_unix_nano


def test_an_endless_recursion_is_reported_in_bounds(traced, collector, make_context, attributes):
    def handler(event, context):
        return handler(event, context)

    with pytest.raises(RecursionError):
        traced(handler)({}, make_context())
    collector.wait(collector.roots)
    (event,) = collector.root().events
    assert attributes(event)["exception.type"] == "RecursionError"
    assert len(attributes(event)["exception.stacktrace"]) <= 4096


def test_no_signal_handler_and_no_environment_change(traced, make_context):
    import signal

    before = dict(os.environ), [signal.getsignal(number) for number in signal.valid_signals()]
    traced(lambda event, context: None)({}, make_context())
    assert (dict(os.environ), [signal.getsignal(number) for number in signal.valid_signals()]) == before


def test_one_timer_thread_serves_all_invocations(traced, make_context):
    def watching(event, context):
        watch, found = agent_module.the_agent().watch, set()
        for ident, innermost in sys._current_frames().items():
            frames = [frame for frame, _ in traceback.walk_stack(innermost)]
            if any(one.f_code is Watch._run.__code__ and one.f_locals["self"] is watch for one in frames):
                found.add(ident)
        return found

    handler, seen = traced(watching), set()
    deadline_s = time.monotonic() + 5
    while not seen and time.monotonic() < deadline_s:
        seen |= handler({}, make_context())
    for _ in range(20):
        seen |= handler({}, make_context())
    assert len(seen) == 1
