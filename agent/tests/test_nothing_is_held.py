"""What an invocation was given is let go when it ends; switches mean what people write."""

from __future__ import annotations

import contextlib
import gc
import json
import weakref

import pytest

import mendline_agent
from mendline_agent.inside import Call
from mendline_agent.settings import Settings


class Event(dict):
    """A dict that can be looked for."""


@pytest.fixture
def without_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def _batch():
    record = {"messageId": "m-1", "eventSource": "aws:sqs", "body": "{}", "eventSourceARN": "arn:aws:sqs:eu-west-1:1:q"}
    return Event(Records=[record, {**record, "messageId": "m-2"}])


@pytest.mark.parametrize("make", [_batch, lambda: Event(a=1)], ids=["batch", "direct"])
@pytest.mark.parametrize("fails", [True, False])
def test_event_and_context_are_let_go_without_the_collector(traced, make_context, without_collector, make, fails):
    def body(event, context):
        for record in event.get("Records", ()):
            assert record
        if fails:
            raise ValueError("x")

    handler, alive = traced(body), []
    for _ in range(3):
        event, context = make(), make_context()
        alive += [weakref.ref(event), weakref.ref(context)]
        with contextlib.suppress(ValueError):
            handler(event, context)
        del event, context
    assert [ref() for ref in alive[:4]] == [None] * 4  # the last may still be held by the runtime's own frame


@pytest.mark.parametrize("share", ["0", "1"])
def test_calls_that_are_followed_are_let_go_without_the_collector(
    traced, make_context, lambda_env, without_collector, share
):
    lambda_env.setenv("MENDLINE_SAMPLING", share)
    followed = mendline_agent.traced(lambda: None)
    handler = traced(lambda event, context: [followed() for _ in range(3)])
    before = [one for one in gc.get_objects() if type(one) is Call]  # of other tests
    for _ in range(2):
        handler({}, make_context())
    assert len([one for one in gc.get_objects() if type(one) is Call]) == len(before)


@pytest.mark.parametrize(
    ("failures", "sent"), [([{"itemIdentifier": "m-1"}], True), ([{"itemIdentifier": "nobody"}], True), ([], False)]
)
def test_batch_with_a_failed_record_sends_its_spans_whatever_is_sampled(
    run, collector, lambda_env, attributes, failures, sent
):
    lambda_env.setenv("MENDLINE_SAMPLING", "0")
    root = run(lambda event, context: {"batchItemFailures": failures}, event=_batch())
    assert ("mendline.sampled" not in attributes(root)) is sent
    assert ("failed" in json.loads(attributes(root)["mendline.records"])) is True


class _Hostile(type):
    def __getattr__(cls, name):
        raise RuntimeError(name)


class Odd(metaclass=_Hostile):
    """Its type raises whatever is asked of it."""


def test_argument_whose_type_raises_does_not_keep_the_handler_from_running(traced):
    assert traced(lambda *args: len(args))(1, 2, Odd()) == 3


@pytest.mark.parametrize("text", ["0", "false", "no", "off", "False", " 0 ", "nonsense"])
def test_switch_that_is_off_is_off_however_it_is_written(text):
    assert not Settings({"MENDLINE_CAPTURE": text}).capture
    assert not Settings({"MENDLINE_LOGS": text}).logs


@pytest.mark.parametrize("text", ["1", "true", "yes", "on", "TRUE", " 1 "])
def test_switch_that_is_on_is_on_however_it_is_written(lambda_env, text):
    assert Settings({"MENDLINE_CAPTURE": text, "MENDLINE_LOCALS": text}).locals
    lambda_env.setenv("MENDLINE_DISABLED", text)
    assert mendline_agent.instrument(len) is len
