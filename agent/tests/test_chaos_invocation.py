"""Faults of the invocation itself; its end in no memory or a cold start is tested with the runtime client."""

from __future__ import annotations

import json
import os
import tempfile
import time
from pathlib import Path

import pytest
from chaos_orders import KEY, FakeTime, experiment, header, signed

from mendline_agent.agent import the_agent

RECORDS = [{"messageId": f"m-{n}", "body": "", "eventSource": "aws:sqs"} for n in range(3)]


@pytest.fixture
def invoke(traced, lambda_env, make_context, collector):
    """Invokes `body(event)` under an experiment on the invocation; answers what came of it, and its span."""
    lambda_env.setenv("MENDLINE_CHAOS", "1")
    lambda_env.setattr("mendline_agent.export._MAX_FLUSH_S", 5.0)  # also on a busy machine
    lambda_env.setenv("MENDLINE_CHAOS_KEY", KEY)
    config = None

    def once(kind, body, event=None, clock=time, lasts_s=600, **target):
        nonlocal config
        calls = []

        def handler(event, context):
            calls.append(event)
            return body(event)

        followed = traced(handler)
        config = the_agent().config
        config.head()
        config.chaos.clock = clock
        order = experiment(kind, now_s=clock.time(), lasts_s=lasts_s, target={"type": "invocation", **target})
        config.take(header(signed(config.chaos.environment, [order], issued=clock.time())))
        answer = followed(event or {}, make_context())
        collector.wait(collector.roots)
        return calls, answer, collector.roots()[-1]

    yield once
    config.take(header(None, "2"))


@pytest.mark.parametrize(
    ("kind", "records", "expected"),
    [
        ("duplicate_event", RECORDS, [0, 1, 2, 0]),
        ("duplicate_event", RECORDS[:1], [0, 0]),
        ("drop_event", RECORDS, [1, 2]),
        ("drop_event", RECORDS[:1], None),
        ("reorder_event", RECORDS, [2, 1, 0]),
        ("reorder_event", RECORDS[:1], [0]),
    ],
)
def test_a_batch_comes_otherwise_and_the_event_stays_as_it_is(invoke, attributes, kind, records, expected):
    event = {"Records": records}
    calls, _, root = invoke(kind, lambda event: None, event)
    assert [[RECORDS.index(one) for one in call["Records"]] for call in calls] == ([expected] if expected else [])
    assert event == {"Records": records}
    touched = (kind, len(records)) != ("reorder_event", 1)
    assert (attributes(root).get("mendline.chaos.fault") == kind) == touched


def test_an_event_without_records_is_not_touched(invoke, attributes):
    calls, answer, root = invoke("drop_event", lambda event: "done", {"a": 1})
    assert (calls, answer) == ([{"a": 1}], "done")
    assert "mendline.chaos.id" not in attributes(root)


@pytest.mark.parametrize(("lasts_s", "slept"), [(600, 31), (10, 9)])
def test_a_handler_waits_for_its_time_limit_or_the_end_of_the_experiment(invoke, lasts_s, slept):
    clock = FakeTime()
    calls, _, _ = invoke("handler_timeout", lambda event: None, clock=clock, lasts_s=lasts_s, operation="direct")
    assert ([round(one) for one in clock.slept], len(calls)) == ([slept], 1)


def _writes(event):
    failures = []
    for write in (
        lambda: Path("/tmp/mendline-test").write_text("a"),
        lambda: tempfile.mkstemp(dir="/tmp"),
        lambda: os.open("/tmp/mendline-test", os.O_CREAT | os.O_WRONLY),
    ):
        try:
            write()
        except OSError as error:
            failures.append(error.errno)
    return failures, bool(Path(__file__).read_text())


def test_nothing_is_written_to_a_full_disk_and_what_is_elsewhere_is_read(invoke):
    before = open, os.open
    _, answer, _ = invoke("disk_full", _writes)
    assert answer == ([28, 28, 28], True)
    assert (open, os.open) == before


def test_what_the_handler_raises_is_its_own(invoke, attributes, collector):
    def body(event):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        invoke("disk_full", body)
    collector.wait(collector.roots)
    assert json.loads(attributes(collector.root())["mendline.chaos.injected"]) == {"exp-1": 1}


@pytest.mark.parametrize("target", [{"name": "other"}, {"operation": "sqs"}])
def test_the_target_is_the_function_and_its_trigger(invoke, attributes, target):
    _, _, root = invoke("disk_full", lambda event: None, **target)
    assert "mendline.chaos.id" not in attributes(root)
