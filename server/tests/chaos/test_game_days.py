"""A game day goes through its plan, waits for people where it is to, and says who did what and what came of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from chaos.told import TOLD, told

from mendline.chaos.experiment_files import as_yaml, read_texts
from mendline.chaos.game_day_report import markdown_of, report_of
from mendline.chaos.game_days import GameDays
from mendline.errors import ForbiddenError, NotFoundError, UsageError
from mendline.insight.stages import stages_of
from mendline.model.experiment_run import RunState
from mendline.model.game_day import read_game_day
from mendline.model.game_day_run import GameDayState
from mendline.model.incident import Incident, IncidentEvent, IncidentState
from mendline.query import read_query
from mendline.store.state import add_event, add_incident, save_run
from mendline.yaml_entries import as_yaml as yaml_of

STAGE = "deployment.environment.name"
OTHER = "Prices do not answer"
DAY = {
    "name": "A day of faults", "goal": "the cause is found", "people": ["Ada (leads)"], "alert_people": True,
    "plan": [
        {"experiment": TOLD["name"], "task": "watch the orders", "pause": "30s"},
        {"experiment": OTHER, "ask": True},
    ],
}  # fmt: skip
SCORE = {
    "verdict": "held", "why": "it held.", "passed": True, "lines": ["The hypothesis held: it held."],
    "struck": {"injected": 9, "invocations": 9, "failed": 0, "degraded": 9, "buffered": 0},
    "alert": {"fired": True, "real": True, "policy": "Errors", "group": "checkout", "after_s": 31.0},
    "cause": {"named": "dynamodb/orders", "right": True, "text": ""}, "checks": [],
}  # fmt: skip


@pytest.fixture
def days(experiments, clock):
    for name in (TOLD["name"], OTHER):
        experiments.save(told(name=name), clock.now(), "tester", read_query)
    found = GameDays(experiments)
    found.save(DAY, clock.now(), "tester")
    return found


def scored(days, clock, number, **score):
    """The run as it is once it was looked at."""
    with days.experiments.state.writing() as connection:
        over = replace(days.experiments.run(number), state=RunState.FINISHED, score={**SCORE, **score})
        save_run(connection, over, clock.now())


def test_plan_is_played_with_people_and_reported(days, clock):
    def later(seconds):
        clock.move(seconds=seconds)
        days.advance(clock.now())
        return days.run(begun.id)

    begun = days.begin(DAY["name"], clock.now(), clock.now(), "Ada")
    with pytest.raises(UsageError, match="one at a time"):
        days.begin(DAY["name"], clock.now(), clock.now(), "Ben")
    assert later(0).state is GameDayState.GOING
    assert later(29).runs == ()
    (first,) = later(1).runs
    run = days.experiments.run(first)
    assert (run.experiment.name, run.experiment.alert_people, run.by) == (TOLD["name"], True, f"game day {begun.id}")
    days.act(begun.id, "note", "orders are <slow>", clock.now(), "Ben")
    with pytest.raises(UsageError, match="An experiment runs"):
        days.act(begun.id, "go on", "", clock.now(), "Ada")
    assert later(60).runs == (first,)
    moment = clock.now()
    with days.experiments.state.writing() as connection:
        it = Incident(0, "default", IncidentState.OPEN, "warning", "Errors", moment, moment)
        number = add_incident(connection, it)
        add_event(connection, "default", number, IncidentEvent(moment, "acknowledged", "I look at it", "Ben"))
    scored(days, clock, first, alert={**SCORE["alert"], "incident": number})
    waiting = later(1)
    assert (waiting.state, waiting.due) == (GameDayState.WAITING, None)
    assert later(999).state is GameDayState.WAITING
    days.act(begun.id, "go on", "all are back", clock.now(), "Ada")
    second = later(1).runs[-1]
    scored(days, clock, second, verdict="broken", passed=False, alert={"fired": False}, cause={"named": ""})
    assert later(1).state is GameDayState.FINISHED
    report = report_of(days, days.run(begun.id))
    sums = report["sums"]
    assert [sums[name] for name in ("scored", "held", "broken", "alerted", "cause_right", "fallback_used")] == [
        2, 1, 1, 1, 1, 2,
    ]  # fmt: skip
    assert (sums["mean_alert_s"], sums["mean_acknowledged_s"]) == (31, 60)
    assert report["who"] == [{"by": "Ada", "acts": 2, "notes": 0}, {"by": "Ben", "acts": 0, "notes": 1}]
    assert [[note["text"] for note in step["notes"]] for step in report["steps"]] == [["orders are <slow>"], []]
    said = markdown_of(report)
    for words in (
        "# Game day: A day of faults", "1 hypotheses held, 1 did not", "An alert fired in 1 of 2, after 31 s",
        "Acknowledged by Ben 60 s after the start: I look at it.", "- Note: orders are <slow> (Ben)",
        f"went on with '{OTHER}': all are back (Ada)", "The plan is done.",
    ):  # fmt: skip
        assert words in said


def test_what_cannot_begin_waits_for_people_who_leave_it_out_or_stop_all(days, clock, experiments):
    begun = days.begin(DAY["name"], clock.now(), clock.now(), "Ada")
    experiments.delete(TOLD["name"])
    for _ in range(2):
        clock.move(seconds=30)
        days.advance(clock.now())
    waiting = days.run(begun.id)
    assert waiting.state is GameDayState.WAITING
    assert "did not begin: There is no experiment" in waiting.reason
    days.act(begun.id, "skip", "", clock.now(), "Ada")
    days.act(begun.id, "go on", "", clock.now(), "Ada")
    days.advance(clock.now())
    _, number = days.run(begun.id).runs
    days.act(begun.id, "stop", "enough", clock.now(), "Ada")
    assert (days.run(begun.id).state, experiments.run(number).reason) == (GameDayState.STOPPED, "enough")
    with pytest.raises(UsageError, match="is stopped"):
        days.act(begun.id, "go on", "", clock.now(), "Ada")
    assert report_of(days, days.run(begun.id))["steps"][0]["left_out"]
    with pytest.raises(NotFoundError):
        days.begin(DAY["name"], clock.now(), clock.now(), "Ada")
    experiments.save(TOLD, clock.now(), "", read_query)
    again = days.begin(DAY["name"], clock.now(), clock.now(), "Ada")
    experiments.stop_all(clock.now(), "Ben", "orders fail")
    days.advance(clock.now())
    assert days.run(again.id).reason == "all experiments were stopped: orders fail"
    with pytest.raises(UsageError, match="All experiments are stopped"):
        days.begin(DAY["name"], clock.now(), clock.now(), "Ada")


def test_nothing_begins_in_a_stage_that_is_refused_or_not_known(days, clock, send_spans, store):
    now, name = clock.now(), TOLD["name"]
    some = replace(
        days.experiments, refused_stages=("production", "live"), stages_of=lambda *asked: stages_of(store, *asked)
    )
    span = {"span_id": b"12345678", "name": "checkout", "kind": 2}
    send_spans({**span, "trace_id": b"1" * 16}, resource={"faas.name": "checkout"})
    with pytest.raises(ForbiddenError, match="No stage is known of checkout"):
        some.begin(name, now, now, "")
    send_spans({**span, "trace_id": b"2" * 16}, resource={"faas.name": "checkout", STAGE: "test"})
    begun = GameDays(some).begin(DAY["name"], now, now, "")
    assert some.stop(some.begin(name, now, now, "").id, now, "").reason
    send_spans({**span, "trace_id": b"3" * 16}, resource={"faas.name": "checkout", STAGE: "live"})
    with pytest.raises(ForbiddenError, match="checkout runs in the stage 'live'"):
        some.begin(name, now, now, "")
    for _ in range(2):
        clock.move(seconds=30)
        GameDays(some).advance(clock.now())
    assert "checkout runs in the stage 'live'" in days.run(begun.id).reason


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"gaol": "x"}, "A game day has no 'gaol'. Did you mean 'goal'?"),
        ({"plan": []}, "plan is to be a list of 1 to 30 steps"),
        ({"plan": [1]}, "a step of plan is to be the name of an experiment"),
        ({"plan": [{"experiment": "a", "puase": "1m"}]}, "Did you mean 'pause'?"),
        ({"plan": [{"task": "a"}]}, "experiment is missing"),
        ({"goal": ""}, "goal is to be a text"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_its_line(changed, said):
    with pytest.raises(UsageError) as caught:
        read_texts({"a.yaml": yaml_of({"game_days": [{**DAY, **changed}]})})
    assert caught.value.message.startswith("a.yaml:2: the game day 'A day of faults': ")
    assert said in caught.value.message


def test_file_reads_back_the_same_and_names_experiments_that_there_are(days, clock):
    day = read_game_day(DAY, "file")
    assert read_texts({"a.yaml": as_yaml((), [day])}).game_days == (day,)
    with pytest.raises(UsageError, match="There is no experiment 'nothing'"):
        days.save({**DAY, "plan": ["nothing"]}, clock.now(), "")
