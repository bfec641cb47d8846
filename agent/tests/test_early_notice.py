"""An invocation that runs out of time is told of just before, once, with what it was waiting for."""

from __future__ import annotations

import threading

import pytest

from mendline_agent.operations import begin
from mendline_agent.spans import CLIENT
from mendline_agent.watch import Watch, notice_s


def test_a_timed_out_invocation_is_seen_with_its_open_call(traced, collector, make_context, attributes):
    def handler(event, context):
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


def test_an_invocation_that_was_given_up_is_not_sent_twice(traced, collector, make_context):
    operations = []

    def handler(event, context):
        if event:
            operations.append(begin("waiting", CLIENT, ("http", "slow.example", "GET /")))
            collector.wait(collector.roots)
            operations[0].end()

    wrapped = traced(handler)
    wrapped({"slow": 1}, make_context(800))
    wrapped({}, make_context())
    assert len(collector.roots()) == 2
    assert len({root.span_id for root in collector.roots()}) == 2
    assert len(collector.operations()) == 1


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
