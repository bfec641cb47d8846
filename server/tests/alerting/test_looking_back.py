"""What is made of incidents that are over: a policy is tried on them, times are told by cause and team, and a run book
is drafted for the next one."""

from __future__ import annotations

import xml.dom.minidom
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from chaos.told import experiment

from mendline.alerting.drafting import best_draft, best_experiment, drafted, drafted_of_run, is_telling
from mendline.alerting.picture import cascade_svg
from mendline.alerting.times import accuracy_of, parts_of, times_by
from mendline.insight.back_test import BackTest, Fired, caught
from mendline.model.experiment_run import Run, RunState
from mendline.model.incident import Incident, IncidentEvent, IncidentState

NOON = datetime(2026, 5, 5, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CAUSE = {
    "kind": "resource_slow",
    "resource": "http/bank.example",
    "text": "The bank is slow.",
    "evidence": ["50 → 500 ms"],
}
OVER = Incident(
    7, "default", IncidentState.RESOLVED, "warning", "Slow: checkout", NOON, NOON + MINUTE, began=NOON,
    resolved=NOON + 10 * MINUTE, functions=("checkout",), causes=(CAUSE,), mended_by="called the bank",
    owner="payments",
)  # fmt: skip


def test_a_back_test_names_incidents_that_it_would_have_caught_and_missed():
    run = Fired("checkout", NOON + MINUTE, NOON + 3 * MINUTE, 9.0)
    told = BackTest((run,), 1, 7.0, 60, None, learning=False)
    others = [replace(OVER, id=8, functions=("stock",)), replace(OVER, id=9, opened=NOON + 60 * MINUTE, began=None),
              replace(OVER, id=10, opened=NOON - timedelta(days=9))]  # fmt: skip
    found, missed = caught(told, [OVER, *others], NOON + timedelta(days=1))
    assert ([one.id for one in found], [one.id for one in missed]) == ([7], [8, 9])
    everything = replace(told, fired=(replace(run, group="all"),))
    assert [one.id for one in caught(everything, [OVER, *others], NOON + timedelta(days=1))[0]] == [7, 8]


def test_a_cascade_is_drawn_and_hostile_names_are_texts():
    drawn = cascade_svg('bank → payment → (<script>"x")')
    assert drawn.count("<rect") == 3
    assert drawn.count("<polygon") == 2
    assert drawn.count("stroke-dasharray") == 1
    assert "<script" not in drawn
    assert xml.dom.minidom.parseString(drawn).documentElement.getAttribute("aria-label").startswith("Cascade: bank")
    assert cascade_svg("bank") == cascade_svg("") == ""


def test_times_are_by_cause_team_and_week():
    told = times_by([OVER, replace(OVER, id=8, owner="", causes=(), resolved=NOON + 30 * MINUTE)])
    assert told["cause"]["resource_slow"] == {
        "incidents": 1, "detect": 60.0, "acknowledge": None, "diagnose": None, "resolve": 600.0,
        "parts": {"detect": 60.0, "acknowledge": 540.0, "mend": 0.0}, "answered": 0, "right": 0,
    }  # fmt: skip
    assert {name: it["incidents"] for name, it in told["team"].items()} == {"payments": 1, "nobody's": 1}
    answered = times_by([replace(OVER, was_right=True), replace(OVER, was_right=False), OVER])["team"]["payments"]
    assert (answered["right"], answered["answered"]) == (1, 2)
    assert told["week"]["2026-05-04"]["resolve"] == 1200.0
    taken = replace(OVER, acknowledged=NOON + 4 * MINUTE)
    assert parts_of([taken]) == {"detect": 60.0, "acknowledge": 180.0, "mend": 360.0}
    assert parts_of([replace(OVER, resolved=None)]) is None


def test_whether_the_named_cause_was_right_is_told_by_people_and_by_experiments():
    wrong = replace(RUN, score={**RUN.score, "cause": {"kind": "load", "named": "checkout", "right": False}})
    unasked = replace(RUN, score={**RUN.score, "cause": {"named": "", "right": None, "unanswered": "store down"}})
    incidents = [replace(OVER, was_right=True), replace(OVER, was_right=False), OVER, replace(OVER, causes=())]
    told = accuracy_of(incidents, [RUN, wrong, unasked, replace(RUN, score={})])
    assert told["people"] | {"between": 0} == {"incidents": 4, "named": 3, "answered": 2, "right": 1, "between": 0}
    assert told["experiments"] | {"between": 0} == {"runs": 2, "named": 1, "answered": 2, "right": 1, "between": 0}
    assert [(it["kind"], it["incidents"], it["right"], it["experiments"]["runs"]) for it in told["by_kind"]] == [
        ("not proven", 1, 0, 0), ("resource_slow", 3, 1, 2),
    ]  # fmt: skip
    assert accuracy_of([], [])["people"]["between"] is None


def test_a_run_book_is_drafted_from_what_mended_the_same_cause_at_the_same_place():
    new = replace(OVER, id=11, state=IncidentState.OPEN, resolved=None, mended_by="")
    others = [replace(OVER, id=1, mended_by=""), replace(OVER, id=2, was_right=False),
              replace(OVER, id=3, causes=({**CAUSE, "resource": "http/mail.example"},))]  # fmt: skip
    assert best_draft(new, [*others, OVER]) == OVER
    assert best_draft(new, others) is None
    text = drafted(OVER, [IncidentEvent(NOON, "note", "restarted it, no use", "key 1")])
    for part in (
        "# resource slow: http/bank.example",
        "50 → 500 ms",
        "called the bank",
        "10 min",
        "restarted it, no use",
    ):
        assert part in text


RUN = Run(
    4, experiment(), RunState.FINISHED, NOON, NOON + 2 * MINUTE, NOON,
    score={"struck": {"injected": 9, "invocations": 9, "degraded": 3, "buffered": 0}, "lines": ["It did not hold."],
           "cause": {"kind": "resource_slow", "right": True, "text": "orders is slow."},
           "phases": {"after": {"state": "held"}}},
)  # fmt: skip


def test_a_finished_experiment_drafts_a_run_book_for_its_kind_of_fault_at_its_dependency():
    new = replace(OVER, id=11, causes=({**CAUSE, "resource": "dynamodb/orders-v2"},))
    other = replace(OVER, id=12, causes=({**CAUSE, "resource": "dynamodb / orders / PutItem", "kind": "throttled"},))
    throttling = experiment(fault={"kind": "aws_error", "code": "ThrottlingException"})
    throttled = replace(RUN, id=5, experiment=throttling, score={**RUN.score, "cause": {}})
    unlike = [replace(RUN, state=RunState.RUNNING), replace(RUN, score={"struck": {"injected": 0, "invocations": 0}})]
    assert not any(map(is_telling, unlike))
    assert best_experiment(new, [*unlike, throttled, RUN, replace(RUN, id=3, starts=NOON - MINUTE)]) == RUN
    assert best_experiment(other, [throttled, RUN]) == throttled
    assert best_experiment(OVER, [throttled, RUN]) is None
    whole = experiment(target={"function": "checkout"}, fault={"kind": "out_of_memory"})
    full = replace(OVER, causes=({"kind": "memory", "function": "checkout"},))
    assert best_experiment(full, [replace(RUN, experiment=whole, score={**RUN.score, "cause": {}})])
    text = drafted_of_run(RUN)
    for part in ("# resource slow: dynamodb/orders*", "experiment run 4", "takes 800 ms longer", "orders is slow.",
                 "1. See whether the resource is slow", "3 invocations of checkout were answered by a fallback",
                 "the steady state held again"):  # fmt: skip
        assert part in text
