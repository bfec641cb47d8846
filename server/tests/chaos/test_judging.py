"""Whether a hypothesis held follows from the steady state and from what was struck, or cannot be told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from chaos.told import experiment

from mendline.chaos.coverage import coverage
from mendline.chaos.scoring import Phase, checks_of, judged, passed
from mendline.insight.chaos_struck import Struck
from mendline.insight.condition_course import Stood
from mendline.model.dependency import Dependency
from mendline.model.experiment import Expectation
from mendline.model.experiment_run import Run, RunState

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
RUN = Run(1, experiment(), RunState.SETTLING, NOON, NOON + timedelta(minutes=2), NOON)
STRUCK = Struck(injected=9, invocations=9, failed=0, degraded=0, buffered=0)
NOTHING = Struck(0, 0, 0, 0, 0)
ALARM = {"fired": True, "policy": "Errors", "group": "checkout", "after_s": 40.0, "real": False}
QUIET = {"fired": False, "policy": "", "group": "", "after_s": None, "real": False}
CAUSE = {"named": "dynamodb / orders", "right": True, "text": ""}


def phases(before="++", during="++", after="++"):
    truths = {"+": True, "-": False, "?": None}
    told = {"before": before, "during": during, "after": after}
    return {
        name: Phase(name, tuple(Stood(NOON + timedelta(seconds=at), truths[one], 0.2) for at, one in enumerate(course)))
        for name, course in told.items()
    }


@pytest.mark.parametrize(
    ("course", "struck", "run", "verdict", "why"),
    [
        ({}, STRUCK, {}, "held", "at every moment"),
        ({"during": "?+?"}, STRUCK, {}, "held", "at every moment"),
        ({"after": "-++"}, STRUCK, {}, "held", "at every moment"),
        ({"during": "+-+"}, STRUCK, {}, "broken", "did not hold 1 s after the start (0.2)"),
        ({"after": "+-"}, STRUCK, {}, "broken", "not any more afterwards"),
        ({"during": "?"}, STRUCK, {"by_condition": True, "reason": "its abort condition held"}, "broken", "abort"),
        ({"during": "?"}, STRUCK, {}, "could not tell", "nothing is known of the steady state during"),
        ({"before": "+-"}, STRUCK, {}, "could not tell", "not steady before"),
        ({"before": ""}, STRUCK, {}, "could not tell", "nothing is known of the time before"),
        ({"during": "--"}, NOTHING, {}, "could not tell", "nothing was struck"),
        ({}, STRUCK, {"stopped": NOON, "reason": "stopped by me"}, "could not tell", "before its time: stopped by me"),
        ({"during": "-"}, STRUCK, {"stopped": NOON, "reason": "stopped by me"}, "broken", "did not hold"),
    ],
)
def test_verdict_and_its_reason(course, struck, run, verdict, why):
    found, said = judged(replace(RUN, **run), phases(**course), struck)
    assert found == verdict
    assert why in said


@pytest.mark.parametrize(
    ("expect", "verdict", "alarm", "struck", "result"),
    [
        (Expectation(), "held", QUIET, STRUCK, True),
        (Expectation(), "broken", QUIET, STRUCK, False),
        (Expectation(), "could not tell", QUIET, STRUCK, None),
        (Expectation(hypothesis="broken"), "broken", QUIET, STRUCK, True),
        (Expectation(hypothesis="broken"), "held", QUIET, STRUCK, False),
        (Expectation(alert=True), "held", ALARM, STRUCK, True),
        (Expectation(alert=True, within_s=30), "held", ALARM, STRUCK, False),
        (Expectation(alert=True), "could not tell", QUIET, STRUCK, False),
        (Expectation(alert=False), "held", ALARM, STRUCK, False),
        (Expectation(alert=False), "held", QUIET, STRUCK, True),
        (Expectation(cause="dynamodb/orders"), "held", ALARM, STRUCK, True),
        (Expectation(cause="orders"), "held", ALARM, STRUCK, True),
        (Expectation(cause="sqs/jobs"), "held", ALARM, STRUCK, False),
        (Expectation(fallback=True), "held", QUIET, replace(STRUCK, buffered=2), True),
        (Expectation(fallback=True), "held", QUIET, STRUCK, False),
        (Expectation(fallback=False), "held", QUIET, STRUCK, True),
    ],
)
def test_what_was_expected_is_compared_with_what_came(expect, verdict, alarm, struck, result):
    assert passed(checks_of(expect, verdict, alarm, CAUSE, struck)) is result


def test_steady_again_is_from_when_on_it_held_until_the_end():
    assert phases(after="--+")["after"].steady_from == NOON + timedelta(seconds=2)
    assert phases(after="+-")["after"].steady_from is None
    assert phases(after="??")["after"].steady_from is None


def test_what_was_tried_with_a_pattern_was_tried_of_what_the_function_calls():
    run = replace(RUN, score={"verdict": "held"})
    called = [
        Dependency("dynamodb", name, 9, 0, 0, 9.0, 1.0, 1.0, 1.0, services, (), ())
        for name, services in (("orders", ("front", "checkout")), ("orders-archive", ("nightly",)))
    ]
    rows = {row.name: row.runs["slow"] for row in coverage(called, (), [run])}
    assert rows == {"orders": run, "orders-archive": None}
