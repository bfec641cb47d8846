"""Where the time of a trace goes is told in kinds that can be mended, and all of it is told once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from insight.test_critical_path import spans_of

from mendline.insight.critical_path import until_answer
from mendline.insight.path_parts import Part, PathParts
from mendline.model.path_part import Kind

LAMBDA = {"kind": "server", "invocation": True}


def _spans(*told):
    made = spans_of(*[(depth, start, length) for depth, start, length, _ in told])
    return [
        replace(span, **{"kind": "client", "service": "f", **more}) for span, (*_, more) in zip(made, told, strict=True)
    ]


def _call(name, **more):
    return {"resource_type": "dynamodb", "resource_name": name, **more}


def _fn(name, **attributes):
    return {**LAMBDA, "function": name, "attributes": attributes}


CASES = {
    "code, and a call": (
        [(0, 0, 100, _fn("a")), (1, 20, 30, _call("orders"))],
        [("code", "a", "", 20), ("call", "a", "dynamodb orders", 30), ("code", "a", "", 50)],
    ),
    "retries, and those that were throttled": (
        [(0, 0, 100, _fn("a")),
         (1, 0, 50, _call("orders", attributes={"mendline.retries": "2", "mendline.retries_ms": "30"})),
         (1, 50, 50, _call("stock", attributes={"mendline.throttles": "1", "mendline.retries_ms": "10"}))],
        [("retries", "a", "dynamodb orders", 30), ("call", "a", "dynamodb orders", 20),
         ("throttling", "a", "dynamodb stock", 10), ("call", "a", "dynamodb stock", 40)],
    ),
    "tries that have spans of their own, and the wait between": (
        [(0, 0, 100, _fn("a")), (1, 0, 10, _call("x", status="error", final=False)),
         (1, 40, 60, _call("x", attempt=2))],
        [("retries", "a", "dynamodb x", 10), ("retries", "a", "dynamodb x", 30), ("call", "a", "dynamodb x", 60)],
    ),
    "a cold start within a call": (
        [(0, 0, 100, _fn("a")), (1, 0, 100, {"resource_type": "lambda", "resource_name": "b"}),
         (2, 60, 40, _fn("b", **{"faas.coldstart": "true", "mendline.init_ms": "50"}))],
        [("call", "a", "lambda b", 10), ("cold start", "b", "", 50), ("code", "b", "", 40)],
    ),
    "a function that ends after its caller": (
        [(0, 0, 100, _fn("a")), (1, 0, 90, {"resource_type": "lambda", "resource_name": "b"}), (2, 10, 85, _fn("b"))],
        [("call", "a", "lambda b", 10), ("code", "b", "", 80), ("code", "a", "", 10)],
    ),
    "a message that waited, for a batch and for a cold start too": (
        [(0, 0, 10, _fn("a")), (1, 0, 10, _call("q", kind="producer")),
         (2, 110, 40, {**_fn("b", **{"faas.coldstart": "true", "mendline.init_ms": "20"}), "kind": "consumer"})],
        [("call", "a", "dynamodb q", 10), ("queue wait", "b", "", 50), ("batch window", "b", "", 30),
         ("cold start", "b", "", 20), ("code", "b", "", 40)],
    ),
    "a cold start of the entry": (
        [(0, 0, 10, _fn("a", **{"faas.coldstart": "true", "mendline.init_ms": "200"}))],
        [("cold start", "a", "", 200), ("code", "a", "", 10)],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("spans", "path"), CASES.values(), ids=CASES)
def test_time_is_told_by_kind_and_adds_up(spans, path):
    parts = PathParts(_spans(*spans), {"b": 30})
    told = [
        (one.part.kind, one.part.function, one.part.called, pytest.approx(one.milliseconds)) for one in parts.path()
    ]
    assert told == path
    assert parts.total_ms == pytest.approx(sum(length for *_, length in path))


def test_mending_a_part_saves_what_nothing_else_was_waited_for():
    calls = [(1, 10, 80, _call("slow")), (1, 10, 60, _call("beside"))]
    parts = PathParts(_spans((0, 0, 100, _fn("a")), *calls))
    slow, beside = (Part(Kind.CALL, "a", f"dynamodb {name}") for name in ("slow", "beside"))
    assert (parts.total_ms, parts.total_without(slow), parts.total_without(beside)) == (100, 80, 100)
    assert parts.slack_ms() == {1: 0, 2: 20}


def test_what_comes_after_the_answer_is_marked():
    taken = {**_fn("b"), "kind": "consumer"}
    parts = PathParts(_spans((0, 0, 10, _fn("a")), (1, 5, 5, _call("q")), (2, 60, 20, taken)))
    told = [(one.part.kind, one.after) for one in parts.path()]
    assert told == [("code", False), ("call", False), ("queue wait", True), ("code", True)]


def test_what_the_entry_waited_for_comes_first():
    sent = {"mendline.trigger": "sqs", "mendline.trigger.sent_at": str(40 * 10**6)}
    (span,) = _spans((0, 0, 10, {**_fn("b", **sent), "kind": "consumer"}))
    parts = PathParts([replace(span, start_ns=100 * 10**6)])
    assert [(one.part.kind, one.milliseconds) for one in parts.path()] == [("queue wait", 60), ("code", 10)]
    assert parts.total_ms == 70


def test_until_the_answer_messages_and_what_runs_on_are_left_out():
    taken = {**_fn("b"), "kind": "consumer"}
    spans = _spans(
        (0, 0, 10, _fn("a")), (1, 2, 3, _call("t")), (1, 5, 5, _call("q")), (2, 60, 20, taken), (3, 61, 2, _call("u")),
        (1, 8, 30, _call("on")),
    )  # fmt: skip
    assert [span.name for span in until_answer(spans)] == ["s0", "s1", "s2"]
