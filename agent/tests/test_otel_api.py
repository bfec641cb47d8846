"""Spans that the user's packages make through `opentelemetry-api` reach us, in their place; the user's SDK wins."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading

import pytest
from opentelemetry import baggage, context, propagate, trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from mendline_agent import traced as followed
from mendline_agent.calling import begin
from mendline_agent.following import follow
from mendline_agent.guard import GUARD
from mendline_agent.spans import CLIENT

TRACER = trace.get_tracer("shop.instrumentation", "1.0")
ELSEWHERE = SpanContext(0x1234, 0x5678, is_remote=True, trace_flags=TraceFlags(1))


@pytest.fixture(autouse=True)
def nothing_went_wrong():
    GUARD.failures = 0
    yield
    assert GUARD.failures == 0, GUARD.last


@pytest.fixture
def tree(run, collector):
    """Runs a handler; answers `{name: name of the parent}` of all spans but the invocation's, itself called `root`."""

    def of(body, **more):
        root = run(body, **more)
        names = {root.span_id: "root", **{span.span_id: span.name for span in collector.spans() if span is not root}}
        names[root.span_id] = "root"
        assert {span.trace_id for span in collector.spans()} == {root.trace_id}
        return {span.name: names[span.parent_span_id] for span in collector.spans() if span.span_id != root.span_id}

    return of


def _named(collector, name):
    (span,) = [span for span in collector.spans() if span.name == name]
    return span


async def _elsewhere():
    """Lets other tasks run."""
    await asyncio.to_thread(int)


def _operation(name):
    begin(name, CLIENT, ("http", "example", name)).end()


def test_spans_of_both_kinds_lie_within_each_other(tree):
    @followed(name="function")
    def function():
        _operation("in function")
        with TRACER.start_as_current_span("in function of the API"):
            deeper()

    @followed(name="deeper")
    def deeper():
        _operation("in deeper")

    def handler(event, context):
        _operation("first")
        with TRACER.start_as_current_span("outer"):
            with TRACER.start_as_current_span("inner"):
                _operation("in inner")
                function()
            TRACER.start_span("not current").end()
            _operation("in outer")
        _operation("last")

    assert tree(handler) == {
        "first": "root", "outer": "root", "inner": "outer", "in inner": "inner", "function": "inner",
        "in function": "function", "in function of the API": "function", "deeper": "in function of the API",
        "in deeper": "deeper", "not current": "outer", "in outer": "outer", "last": "root",
    }  # fmt: skip


def test_a_span_is_told_whole(run, collector, attributes):
    def handler(event, context):
        link = Link(ELSEWHERE, {"why": "batch"})
        span = TRACER.start_span(
            "first name",
            kind=SpanKind.PRODUCER,
            attributes={"a": 1, "list": ["x", "y"]},
            links=[link],
            start_time=10**18,
        )
        span.set_attribute("b", 2.5)
        span.set_attributes({"c": True, "password": "x", "odd": {"k": [1]}, "mendline.x": "no", "faas.execution": "no"})
        span.add_event("seen", {"n": 7}, timestamp=10**18 + 1)
        span.add_link(ELSEWHERE)
        span.update_name("second name")
        span.set_status(Status(StatusCode.ERROR, "token=abc failed"))
        span.set_status(StatusCode.UNSET)
        span.record_exception(ValueError("bad"), {"more": 1})
        assert span.is_recording()
        span.end(end_time=10**18 + 5_000_000)
        span.end()
        span.set_attribute("late", 1)
        span.update_name("late")
        assert not span.is_recording()

    root = run(handler)
    span = _named(collector, "second name")
    assert (span.kind, span.parent_span_id, span.trace_id) == (4, root.span_id, root.trace_id)
    assert (span.start_time_unix_nano, span.end_time_unix_nano) == (10**18, 10**18 + 5_000_000)
    assert (span.status.code, span.status.message) == (2, "token=[redacted] failed")
    assert attributes(span) == {
        "otel.scope.name": "shop.instrumentation", "a": 1, "list": ["x", "y"], "b": 2.5, "c": True,
        "password": "[redacted]", "odd": '{"k":[1]}',
    }  # fmt: skip
    seen, thrown = span.events
    assert (seen.name, seen.time_unix_nano, attributes(seen)) == ("seen", 10**18 + 1, {"n": 7})
    assert (thrown.name, attributes(thrown)["exception.type"], attributes(thrown)["more"]) == (
        "exception",
        "ValueError",
        1,
    )
    first, second = span.links
    assert (int.from_bytes(first.trace_id, "big"), int.from_bytes(first.span_id, "big")) == (0x1234, 0x5678)
    assert (attributes(first), attributes(second)) == ({"why": "batch"}, {})
    assert span.flags & 0x300 == 0x100  # its parent is known to be of this process


def test_an_ok_status_is_final_and_no_error(run, collector, attributes):
    def handler(event, context):
        with contextlib.suppress(ValueError), TRACER.start_as_current_span("fine") as span:
            span.set_status(StatusCode.OK)
            raise ValueError

    run(handler)
    assert _named(collector, "fine").status.code == 1


@pytest.mark.parametrize("start", ["start_as_current_span", "start_span"])
def test_an_exception_marks_its_span_and_goes_on(run, collector, attributes, start):
    def handler(event, context):
        with getattr(TRACER, start)("failing"):
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        run(handler)
    span = _named(collector, "failing")
    assert (span.status.code, span.status.message) == (2, "KeyError: 'mine'")
    (event,) = span.events
    assert "raise KeyError" in attributes(event)["exception.stacktrace"]


def test_what_is_not_to_be_recorded_is_not(run, collector):
    def handler(event, context):
        options = {"record_exception": False, "set_status_on_exception": False, "end_on_exit": False}
        with contextlib.suppress(ValueError), TRACER.start_as_current_span("quiet", **options) as span:
            raise ValueError
        assert span.is_recording()
        span.end()

    run(handler)
    span = _named(collector, "quiet")
    assert (span.status.code, len(span.events)) == (0, 0)


def test_decorated_functions_are_followed_each_time(run, collector):
    @TRACER.start_as_current_span("plain")
    def plain():
        return 1

    @TRACER.start_as_current_span("async")
    async def coroutine():
        await _elsewhere()
        TRACER.start_span("late").end()
        return 2

    run(lambda event, context: [plain(), plain(), asyncio.run(coroutine())])
    spans = [span for span in collector.spans() if span.name in ("plain", "async")]
    assert [span.name for span in spans] == ["plain", "plain", "async"]
    late = _named(collector, "late")
    assert late.parent_span_id == spans[2].span_id
    assert late.end_time_unix_nano <= spans[2].end_time_unix_nano


def test_the_current_span_of_the_handler_is_the_invocation(run, collector, attributes):
    seen = []

    def handler(event, ctx):
        current = trace.get_current_span()
        assert current.is_recording()
        assert trace.get_current_span() is current
        seen.append(current.get_span_context())
        current.set_attribute("customer", "42")
        current.set_attribute("mendline.trigger", "forged")
        current.add_event("noted")
        current.update_name("forged")
        current.end()
        seen.append(current)

    root = run(handler)
    assert seen[0].is_valid
    assert seen[0].trace_flags.sampled
    assert (seen[0].trace_id.to_bytes(16, "big"), seen[0].span_id.to_bytes(8, "big")) == (root.trace_id, root.span_id)
    found = attributes(root)
    assert (found["customer"], found["mendline.trigger"], root.name) == ("42", "direct", "shop-orders")
    assert [event.name for event in root.events] == ["noted"]
    assert not seen[1].is_recording()
    assert trace.get_current_span() is trace.INVALID_SPAN


def test_the_current_span_of_a_function_that_is_followed_is_its_own(run, collector, attributes):
    @followed(name="function")
    def function():
        trace.get_current_span().set_attribute("customer", "42")
        return trace.get_current_span().get_span_context().span_id

    ids = []
    root = run(lambda event, context: ids.append(function()))
    span = _named(collector, "function")
    assert int.from_bytes(span.span_id, "big") == ids[0]
    assert attributes(span)["customer"] == "42"
    assert "customer" not in attributes(root)


def test_threads_belong_to_the_invocation_and_with_a_context_to_its_span(tree):
    @followed(name="function in thread")
    def function():
        _operation("in function")

    def handler(event, ctx):
        def bare():
            with TRACER.start_as_current_span("bare"):
                _operation("in bare")

        def handed(there):
            token = context.attach(there)
            with TRACER.start_as_current_span("handed"):
                function()
            _operation("handed operation")
            context.detach(token)

        with TRACER.start_as_current_span("outer"):
            there = context.get_current()
            for target, args in ((bare, ()), (handed, (there,))):
                thread = threading.Thread(target=target, args=args)
                thread.start()
                thread.join(10)

    assert tree(handler) == {
        "outer": "root", "bare": "root", "in bare": "bare", "handed": "outer", "function in thread": "handed",
        "in function": "function in thread", "handed operation": "outer",
    }  # fmt: skip


def test_concurrent_tasks_do_not_mix(tree):
    async def task(name):
        with TRACER.start_as_current_span(name):
            await _elsewhere()
            with TRACER.start_as_current_span(f"in {name}"):
                await _elsewhere()
                _operation(f"operation in {name}")

    async def both():
        with TRACER.start_as_current_span("both"):
            await asyncio.gather(task("a"), task("b"))

    assert tree(lambda event, context: asyncio.run(both())) == {
        "both": "root", "a": "both", "b": "both", "in a": "a", "in b": "b",
        "operation in a": "in a", "operation in b": "in b",
    }  # fmt: skip


def test_a_parent_from_elsewhere_becomes_a_link_and_the_trace_stays_whole(tree, collector):
    def handler(event, ctx):
        there = trace.set_span_in_context(trace.NonRecordingSpan(ELSEWHERE))
        with TRACER.start_as_current_span("process", context=there, kind=SpanKind.CONSUMER):
            _operation("in process")
        TRACER.start_span("of nobody", context=Context()).end()

    assert tree(handler) == {"process": "root", "in process": "process", "of nobody": "root"}
    (link,) = _named(collector, "process").links
    assert int.from_bytes(link.trace_id, "big") == 0x1234
    assert not _named(collector, "of nobody").links


def test_headers_carry_our_context(run, collector):
    headers = []

    def inject():
        headers.append(carrier := {})
        propagate.inject(carrier)

    def handler(event, ctx):
        inject()
        followed(inject, name="function")()
        with TRACER.start_as_current_span("outer"):
            inject()

    root = run(handler, event={"headers": {"traceparent": f"00-{'a' * 32}-{'b' * 16}-00", "tracestate": "x=1"}})
    ids = [root.span_id, _named(collector, "function").span_id, _named(collector, "outer").span_id]
    assert [it["traceparent"] for it in headers] == [f"00-{root.trace_id.hex()}-{at.hex()}-01" for at in ids]


def test_a_context_left_attached_does_not_reach_the_next_invocation(traced, collector, make_context, attributes):
    token = []

    def handler(event, ctx):
        token.append(context.attach(baggage.set_baggage("who", "me")))
        assert baggage.get_baggage("who") == "me"
        trace.get_current_span().set_attribute("n", event["n"])
        with TRACER.start_as_current_span("inner"):
            pass

    wrapped = traced(handler)
    for n in (1, 2):
        wrapped({"n": n}, make_context())
    for one in reversed(token):
        context.detach(one)
    assert [attributes(root)["n"] for root in collector.roots()] == [1, 2]
    inner = [span for span in collector.spans() if span.name == "inner"]
    assert [span.parent_span_id for span in inner] == [root.span_id for root in collector.roots()]


def test_calls_that_only_the_api_tells_of_are_counted(run, collector, attributes):
    def handler(event, ctx):
        for _ in range(3):
            names = {"db.system.name": "cassandra", "db.collection.name": "carts", "db.operation.name": "SELECT"}
            with TRACER.start_as_current_span("SELECT carts", kind=SpanKind.CLIENT, attributes=names):
                pass
        TRACER.start_span("send", kind=SpanKind.PRODUCER, attributes={"messaging.system": "kafka"}).end()
        TRACER.start_span("something", kind=SpanKind.CLIENT).end()

    rows = json.loads(attributes(run(handler))["mendline.operations"])
    assert [row[:5] for row in rows] == [["cassandra", "carts", "SELECT", 3, 0], ["kafka", "", "", 1, 0]]
    found = attributes(next(span for span in collector.spans() if span.name == "SELECT carts"))
    assert (found["mendline.resource.type"], found["mendline.resource.name"]) == ("cassandra", "carts")


def test_a_call_that_is_told_twice_counts_once(run, collector, attributes, serve):
    import http.client

    server = serve(lambda request: (200, {}, b""))
    client = {"kind": SpanKind.CLIENT, "attributes": {"db.system": "http-database"}}

    def handler(event, ctx):
        with TRACER.start_as_current_span("around ours", **client):
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
            connection.request("GET", "/x")
            connection.getresponse().read()
            connection.close()

    found = attributes(run(handler))
    assert [row[0] for row in json.loads(found["mendline.operations"])] == ["http"]
    assert _named(collector, "around ours").kind == 1


def test_a_span_within_an_operation_of_ours_is_no_call(run, collector, attributes):
    class Library:
        def call(self):
            TRACER.start_span("within", kind=SpanKind.CLIENT).end()

    follow(Library, "call", lambda asked: begin("ours", CLIENT, ("x", "y", "z")), lambda *_: None)
    root = run(lambda event, ctx: Library().call())
    assert [row[0] for row in json.loads(attributes(root)["mendline.operations"])] == ["x"]
    assert _named(collector, "within").kind == 1
