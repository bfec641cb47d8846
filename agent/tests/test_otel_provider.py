"""Spans through `opentelemetry-api` are bounded, end with their invocation, and a user's own SDK wins."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import textwrap

import pytest
from opentelemetry import context, trace
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags

from mendline_agent import traced as followed
from mendline_agent.guard import GUARD
from mendline_agent.operations import ACTIVE

TRACER = trace.get_tracer("shop.instrumentation", "1.0")
ELSEWHERE = SpanContext(0x1234, 0x5678, is_remote=True, trace_flags=TraceFlags(1))


@pytest.fixture(autouse=True)
def nothing_went_wrong():
    GUARD.failures = 0
    yield
    assert GUARD.failures == 0, GUARD.last


def _named(collector, name):
    (span,) = [span for span in collector.spans() if span.name == name]
    return span


def test_everything_is_bounded_and_what_is_left_out_counted(run, collector, attributes):
    def handler(event, ctx):
        with TRACER.start_as_current_span("large") as span:
            for n in range(200):
                span.set_attribute(f"key{n}", "x" * 10_000)
                span.add_event(f"event{n}")
                span.add_link(ELSEWHERE)

    run(handler)
    span = _named(collector, "large")
    found = attributes(span)
    assert len(found) == 129
    assert (len(span.events), len(span.links)) == (128, 128)
    assert found["mendline.dropped"] == 200 - 127 + 72 + 72
    assert all(len(value) <= 4096 for key, value in found.items() if key.startswith("key"))


def test_of_many_spans_a_thousand_are_told(run, collector):
    run(lambda event, ctx: [TRACER.start_span("one of many").end() for _ in range(1500)])
    assert 900 < len(collector.spans()) <= 1001


def test_a_span_that_ends_after_the_invocation_is_told_unfinished_and_again(
    traced, collector, make_context, attributes
):
    left = []

    def handler(event, ctx):
        if not left:
            left.append(TRACER.start_span("left open"))
        else:
            left[0].end()

    wrapped = traced(handler)
    for _ in range(2):
        wrapped({}, make_context())
    told = [span for span in collector.spans() if span.name == "left open"]
    assert ["mendline.unfinished" in attributes(span) for span in told] == [True, False]
    assert {span.parent_span_id for span in told} == {collector.roots()[0].span_id}
    assert len({span.span_id for span in told}) == 1


def test_inner_spans_stay_behind_with_the_others(run, collector, lambda_env):
    lambda_env.setenv("MENDLINE_SAMPLING", "0")

    def handler(event, ctx):
        with TRACER.start_as_current_span("inner"):
            pass

    run(handler)
    assert len(collector.spans()) == 1


def test_outside_of_invocations_there_is_what_the_api_gives(traced, make_context):
    traced(lambda event, ctx: None)({}, make_context())
    assert ACTIVE.bridge is not None
    with TRACER.start_as_current_span("nothing") as span:
        assert span is trace.INVALID_SPAN
    assert context.get_current() == {}


def test_open_spans_are_told_unfinished_before_a_timeout(traced, collector, make_context, attributes):
    def handler(event, ctx):
        if event:
            with TRACER.start_as_current_span("open"), TRACER.start_as_current_span("calling", kind=SpanKind.CLIENT):
                collector.wait(collector.roots)

    wrapped = traced(handler)
    wrapped({"slow": 1}, make_context(800))
    wrapped({}, make_context())
    (pending,) = json.loads(attributes(collector.roots()[0])["mendline.pending"])
    assert pending[2] == "calling"
    told = [(span.name, "mendline.unfinished" in attributes(span)) for span in collector.spans()]
    assert {("open", True), ("calling", True), ("open", False), ("calling", False)} <= set(told)


@pytest.mark.parametrize(
    "site", ["Bridge.begin", "Bridge._innermost", "Bridge.parent", "_put", "Span", "exception_pairs"]
)
def test_a_failure_in_here_is_not_the_function_s(traced, collector, make_context, lambda_env, site):
    def fail(*args, **kwargs):
        raise ZeroDivisionError("planted")

    traced(lambda event, ctx: None)
    lambda_env.setattr(f"mendline_agent.otel_api.{site}", fail)

    def handler(event, ctx):
        with TRACER.start_as_current_span("outer", attributes={"a": 1}) as span:
            span.set_attribute("b", 2)
            trace.get_current_span().add_event("event", {"c": 3})
            followed(lambda: None, name="function")()
            with contextlib.suppress(ValueError), TRACER.start_as_current_span("inner"):
                raise ValueError
        return "result"

    assert traced(handler)({}, make_context()) == "result"
    collector.wait(collector.roots)
    GUARD.failures = 0


def _run(program, collector, **env):
    code = "import os, sys\n" + textwrap.dedent(program)
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, **env}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.stderr == ""
    return ran.stdout.strip()


START = "import mendline_agent\ndef instrument(handler): return mendline_agent.instrument(handler)\ninstrument(print)\n"
SDK = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
memory = InMemorySpanExporter()
early = trace.get_tracer("early")
def set_provider():
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(memory))
    trace.set_tracer_provider(provider)
    assert trace.get_tracer_provider() is provider
"""
HANDLER = """
def handler(event, context):
    import http.client
    with early.start_as_current_span("users") as span:
        assert type(span).__module__.startswith("opentelemetry.sdk")
        with trace.get_tracer("late").start_as_current_span("inner"):
            try:
                http.client.HTTPConnection("127.0.0.1", 9).request("GET", "/x")
            except OSError:
                pass
    if not event:
        assert trace.get_current_span() is trace.INVALID_SPAN
"""


@pytest.mark.parametrize("order", ["agent first", "SDK first", "in the handler"])
def test_a_provider_of_the_user_s_wins_without_a_word(collector, order):
    program = {
        "agent first": START + SDK + "set_provider()\n" + HANDLER,
        "SDK first": SDK + "set_provider()\n" + START + HANDLER,
        "in the handler": START + SDK + HANDLER.replace("    import http", "    set_provider()\n    import http"),
    }[order]
    program += "instrument(handler)({}, None)\nprint([(s.name, s.parent is None) for s in memory.get_finished_spans()])"
    assert _run(program, collector) == "[('inner', False), ('users', True)]"
    assert [span.name for span in collector.spans()] == ["function", "GET /x"]
    assert collector.operations()[0].parent_span_id == collector.root().span_id


@pytest.mark.parametrize("first", ["agent", "api"])
def test_the_api_is_served_whenever_it_is_imported(collector, first):
    api = "from opentelemetry import trace\ntracer = trace.get_tracer('users')\n"
    handler = """
def handler(event, context):
    with tracer.start_as_current_span("inner"):
        return type(trace.get_tracer_provider()).__name__
print(instrument(handler)({}, None))
"""
    program = (START + api if first == "agent" else api + START) + handler
    assert _run(program, collector) == "ProxyTracerProvider"
    assert [span.name for span in collector.spans()] == ["function", "inner"]


def test_the_api_imported_by_the_handler_is_served_at_once(collector):
    program = (
        START
        + """
def handler(event, context):
    from opentelemetry import trace
    with trace.get_tracer("lazy").start_as_current_span("inner"):
        return trace.get_current_span().get_span_context().is_valid
print(instrument(handler)({}, None))
"""
    )
    assert _run(program, collector) == "True"
    assert [span.name for span in collector.spans()] == ["function", "inner"]


def test_without_the_api_nothing_of_it_is_loaded(collector):
    program = START + "print([n for n in sys.modules if 'opentelemetry' in n or 'otel' in n])"
    assert _run(program, collector) == "[]"
