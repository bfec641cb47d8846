"""An invocation that runs out of time is told of just before, once, with what it was waiting for."""

from __future__ import annotations

import json
import threading
import time

import pytest

from mendline_agent import agent as agent_module
from mendline_agent import traced as followed
from mendline_agent.calling import begin
from mendline_agent.export import HttpExporter
from mendline_agent.invocation import Watch, notice_s
from mendline_agent.spans import CLIENT


def test_a_timed_out_invocation_is_seen_with_its_open_call_also_where_nothing_is_sent_for_a_while(
    traced, collector, make_context, attributes
):
    def handler(event, context):
        for _ in range(2):
            agent_module.the_agent().exporter._breaker.failed(time.monotonic())
        begin("waiting", CLIENT, ("http", "slow.example", "GET /")).record.link_out(["sqs:1"])
        done = begin("done", CLIENT, ("http", "fast.example", "GET /"))
        done.end()
        collector.wait(collector.roots)
        return "finished after all"

    assert traced(handler)({"a": 1}, make_context(800)) == "finished after all"
    root = collector.root()
    found = attributes(root)
    assert found["mendline.unfinished"] is True
    assert (root.status.code, found["error.type"]) == (2, "timeout")
    assert "mendline.request" in found
    assert 0 < found["mendline.remaining_ms"] < 200
    unfinished = {span.name: "mendline.unfinished" in attributes(span) for span in collector.operations()}
    assert unfinished == {"waiting": True, "done": False}


def _finishing_late(collector, operations):
    def handler(event, context):
        if event:
            operations.append(begin("waiting", CLIENT, ("http", "slow.example", "GET /")))
            operations[0].span.attributes.update({"server.address": "slow.example", "server.port": 8443})
            done = begin("done", CLIENT, ("http", "fast.example", "GET /"))
            done.end()
            collector.wait(collector.roots)
            operations[0].end()
        return "in time"

    return handler


def test_an_invocation_that_ends_after_its_notice_is_told_once_more_complete(
    traced, collector, make_context, attributes, lambda_env
):
    wrapped, corrections = traced(_finishing_late(collector, [])), []
    finished = HttpExporter.finished

    def kept(exporter, remaining_s, *, corrects, **more):
        corrections.append(corrects)
        finished(exporter, remaining_s, corrects=corrects, **more)

    lambda_env.setattr(HttpExporter, "finished", kept)
    assert wrapped({"slow": 1}, make_context(800)) == "in time"
    wrapped({}, make_context(request_id="next"))
    assert corrections == [True, False]
    wrapped({}, make_context(request_id="after"))
    first = make_context.aws_request_id
    told = [root for root in collector.roots() if attributes(root)["faas.invocation_id"] == first]
    assert ["mendline.unfinished" in attributes(root) for root in told] == [True, False]
    assert len({(root.trace_id, root.span_id, root.start_time_unix_nano) for root in told}) == 1
    notice, final = told
    assert notice.end_time_unix_nano < final.end_time_unix_nano
    assert (notice.status.code, final.status.code) == (2, 0)
    found = attributes(final)
    assert not {"error.type", "mendline.stack", "mendline.pending"} & found.keys()
    assert json.loads(found["mendline.response"]) == "in time"
    assert sorted(row[1:4] for row in json.loads(found["mendline.operations"])) == [
        ["fast.example", "GET /", 1], ["slow.example", "GET /", 1],
    ]  # fmt: skip


def test_a_call_that_ends_after_the_notice_is_told_once_more_and_others_are_not(
    traced, collector, make_context, attributes
):
    wrapped = traced(_finishing_late(collector, []))
    wrapped({"slow": 1}, make_context(800))
    wrapped({}, make_context())
    told = [(span.name, "mendline.unfinished" in attributes(span)) for span in collector.operations()]
    assert sorted(told) == [("done", False), ("waiting", False), ("waiting", True)]
    assert len({span.span_id for span in collector.operations()}) == 2


def test_a_notice_says_where_the_handler_is_and_what_it_waits_for(traced, collector, make_context, attributes):
    def waits_here(password):
        collector.wait(collector.roots)

    def handler(event, context):
        begin("waiting", CLIENT, ("http", "slow.example", "GET /")).span.attributes["server.address"] = "slow.example"
        waits_here("hunter2")

    traced(handler)({}, make_context(800))
    found = attributes(collector.root())
    stack = found["mendline.stack"]
    assert stack.index("in handler") < stack.index("in waits_here") < stack.index("in wait\n")
    assert "mendline_agent/agent.py" not in stack
    assert "pytest" not in stack
    assert len(stack) <= 8 * 1024
    ((kind, name, operation, peer, elapsed_ms),) = json.loads(found["mendline.pending"])
    assert (kind, name, operation, peer) == ("http", "slow.example", "GET /", "slow.example")
    assert 0 < elapsed_ms < 800
    assert found["mendline.open_files"] > 3
    assert found["mendline.memory.used_bytes"] > 10**6


def test_functions_that_go_on_are_told_unfinished_and_again_when_they_end(traced, collector, make_context, attributes):
    @followed(name="quick")
    def quick():
        return 1

    @followed(name="slow")
    def slow():
        quick()
        collector.wait(collector.roots)

    wrapped = traced(lambda event, context: [slow(), quick()] if event else None)
    wrapped({"slow": 1}, make_context(800))
    told = [(span.name, "mendline.unfinished" in attributes(span)) for span in collector.spans()[1:]]
    assert sorted(told) == [("quick", False), ("slow", True)]
    wrapped({}, make_context())
    spans = [span for span in collector.spans() if span.name in ("quick", "slow")]
    assert sorted((span.name, "mendline.unfinished" in attributes(span)) for span in spans) == [
        ("quick", False), ("quick", False), ("slow", False), ("slow", True),
    ]  # fmt: skip
    assert len({span.span_id for span in spans}) == 3


def test_what_a_notice_told_unfinished_is_told_again_whatever_the_share(traced, collector, make_context, lambda_env):
    lambda_env.setenv("MENDLINE_SAMPLING", "0")
    wrapped = traced(_finishing_late(collector, []))
    for event in ({"slow": 1}, {}, {}):
        wrapped(event, make_context(800))
    assert sorted(span.name for span in collector.operations()) == ["done", "waiting", "waiting"]


def test_a_notice_that_still_waits_is_not_sent_when_the_invocation_has_ended(
    traced, collector, make_context, attributes, lambda_env
):
    sent = threading.Event()
    lambda_env.setattr("mendline_agent.agent.Agent.send_notice", lambda agent, timeout_s: sent.set())

    def handler(event, context):
        if event:
            begin("waiting", CLIENT, ("http", "slow.example", "GET /"))
            assert sent.wait(10)

    wrapped = traced(handler)
    wrapped({"slow": 1}, make_context(700))
    wrapped({}, make_context())
    assert not any("mendline.unfinished" in attributes(span) for span in collector.spans())
    assert len(collector.roots()) == 2


def test_a_deep_stack_is_told_by_its_latest_calls(traced, collector, make_context, attributes):
    def deeper(left):
        return deeper(left - 1) if left else collector.wait(collector.roots)

    traced(lambda event, context: deeper(300))({}, make_context(800))
    stack = attributes(collector.root())["mendline.stack"]
    assert len(stack) <= 8 * 1024
    assert "in wait\n" in stack


def test_an_invocation_that_ends_in_time_is_not_given_up(traced, collector, make_context, attributes):
    handler = traced(lambda event, context: None)
    for _ in range(3):
        handler({}, make_context(700))
    waited = threading.Event()
    Watch().arm(0, waited.set)
    assert waited.wait(5)
    assert not any("mendline.unfinished" in attributes(root) for root in collector.roots())
    assert len(collector.roots()) == 3


@pytest.mark.parametrize(("remaining_s", "notice"), [(0.3, 0.06), (1, 0.1), (3, 0.3), (30, 0.5), (900, 0.5)])
def test_notice_is_short_enough_that_few_finish_after_it(remaining_s, notice):
    assert notice_s(remaining_s) == pytest.approx(notice)


def test_a_watch_calls_back_once_per_arming_and_survives_errors():
    import time

    watch, fired = Watch(), []
    came = threading.Condition()

    def fire(number):
        with came:
            fired.append(number)
            came.notify_all()
        if number == 1:
            raise ValueError("callback")

    for number in (1, 2, 3):
        watch.arm(time.monotonic() + 60, lambda: fire(-1))
        watch.arm(time.monotonic() + 0.01, lambda number=number: fire(number))
        with came:
            assert came.wait_for(lambda number=number: number in fired, 5)
    watch.arm(time.monotonic(), lambda: fire(4))
    watch.disarm()
    assert fired[:3] == [1, 2, 3]
    assert -1 not in fired


def test_a_watch_that_was_started_for_nobody_calls_back_whom_it_is_armed_for():
    import time

    watch, fired = Watch(), threading.Event()
    watch.start()
    watch.arm(time.monotonic() + 0.01, fired.set)
    assert fired.wait(5)
    idle = Watch()
    idle.arm(time.monotonic(), None)
    deadline = time.monotonic() + 5
    while idle._wakes_s < float("inf") and time.monotonic() < deadline:
        time.sleep(0.001)
    fired.clear()
    idle.arm(time.monotonic() + 60, None)
    idle.arm(time.monotonic(), fired.set)
    assert fired.wait(5)
