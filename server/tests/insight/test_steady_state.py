"""What is usual, and what is not, in a store whose truth is planted: six days by the hour, and an odd last one."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from otlp_requests import LAMBDA, request_of

from mendline.insight.answers import answer
from mendline.insight.evaluations import Question
from mendline.insight.exploring import look
from mendline.insight.learned_series import past_of
from mendline.insight.learning import Learning
from mendline.insight.off_usual import functions_off_usual
from mendline.insight.steady_state import forget
from mendline.insight.usual import usual_over_time
from mendline.model.function import FunctionId
from mendline.model.incident import Incident, IncidentState
from mendline.model.learning_mark import BY_EXPERIMENT, LEAVE_OUT, LearningMark
from mendline.model.signal import Signal
from mendline.model.timerange import TimeRange
from mendline.query import read_query
from mendline.store.state import add_incident, open_state
from mendline.web.series import steps_of
from mendline.web.usual_bands import banded_sets

HOURS = 6 * 24


@pytest.fixture
def hour(now):
    """Noon of yesterday: the last hour is one of a day, whenever this runs."""
    return (now - timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def six_days(holding, tell, hour):
    """`checkout` takes 100 ms, more often by day, and in the last hour 400 ms; `price` stops in it; `rare` is called
    seldom, and then takes whatever it takes; `new` is there for three hours."""

    def fill():
        chance = random.Random(7)
        numbers = iter(range(1, 10_000))

        def calls(function, ago_h, count, duration_ms):
            begun = hour - timedelta(hours=ago_h)
            for part in range(count):
                number = next(numbers)
                at = begun + timedelta(minutes=1 + 58 * part / count)
                yield function, {
                    "trace_id": number.to_bytes(16, "big"), "span_id": number.to_bytes(8, "big"), "kind": 2,
                    "name": function, "start": int(at.timestamp()) * 10**9,
                    "duration": int(duration_ms() * 1e6), "attributes": {"faas.invocation_id": f"r-{number}"},
                }  # fmt: skip

        spans = {}
        for ago_h in range(1, HOURS + 1):
            by_day = 8 if 8 <= (hour - timedelta(hours=ago_h)).hour < 20 else 4
            slow = 4 if ago_h == 1 else 1
            told = [
                *calls("checkout", ago_h, by_day, lambda slow=slow: slow * 100 * chance.uniform(0.9, 1.1)),
                *(calls("price", ago_h, 8, lambda: 20 * chance.uniform(0.9, 1.1)) if ago_h > 1 else ()),
                *(calls("rare", ago_h, 1, lambda: 50 * chance.paretovariate(1)) if ago_h % 3 == 1 else ()),
                *(calls("new", ago_h, 3, lambda: 10) if ago_h < 4 else ()),
            ]
            for function, span in told:
                spans.setdefault(function, []).append(span)
        resources = {name: {**LAMBDA, "service.name": name, "faas.name": name} for name in spans}
        tell([(Signal.TRACES, request_of(own, resources[name])) for name, own in spans.items()])

    holding(fill)


@pytest.fixture
def ask(store, six_days, hour):
    def asking(text, ago_h=0, marks=()):
        end = hour - timedelta(hours=ago_h)
        return answer(store, Question(text, TimeRange(end - timedelta(hours=1), end), end, marks=lambda: marks))

    return asking


@pytest.mark.parametrize(
    ("condition", "functions"),
    [
        ("p95(duration) > 2x usual", ["checkout"]),
        ("p95(duration) > usual + 200ms", ["checkout"]),
        ("p95(duration) > 5x usual", []),
        ("p95(duration) outside usual", ["checkout"]),
        ("count() < usual", ["price"]),
        ("count() outside usual", ["price"]),
        ("count() > usual", []),
        ("count() >= 50% usual", ["checkout", "rare"]),
        ("not count() < usual", ["checkout", "rare"]),
    ],
)
def test_what_is_off_its_usual_is_found_and_nothing_else(ask, condition, functions):
    found = ask(f"p95(duration), count() by function | over 1h | where {condition} | sort function")
    assert [row[0] for row in found.rows] == functions
    assert not found.learning


def test_group_that_is_new_is_said_to_be_learned_still(ask):
    (warning,) = ask("count() by function | over 1h | where count() outside usual").warnings
    assert warning.startswith("Still learning what is usual for 1 of 4 groups")


def test_hours_before_are_usual(ask):
    text = "p95(duration), count() by function | over 1h | where p95(duration) outside usual or count() outside usual"
    assert [ask(text, ago_h).rows for ago_h in (2, 7, 13)] == 3 * [()]


def test_short_windows_are_held_against_short_ones_however_much_one_read_may_answer(ask, store, monkeypatch):
    text, reads = "p95(duration) by function | over 10m | where p95(duration) > 2x usual | sort function", []
    found = ask(text)
    assert [row[0] for row in found.rows] == ["checkout"]
    monkeypatch.setattr(store, "_limits", replace(store._limits, rows=150))
    monkeypatch.setattr(store, "_observe", lambda *read: reads.append(read))
    forget(store)
    assert ask(text).rows == found.rows
    assert len(reads) > 4


def test_series_is_held_against_what_was_learned_before_each_step(ask):
    found = ask("function:checkout | p95(duration) | over 1h every 1h | where p95(duration) outside usual since 12h")
    assert len(found.rows) == 1


def test_what_is_marked_bad_is_not_learned(ask, hour):
    text = "p95(duration) by function | over 1h | where p95(duration) outside usual"
    mark = LearningMark(LEAVE_OUT, "checkout", hour - timedelta(hours=200), None, "a bad deployment", hour)
    (warning,) = ask(text, marks=(mark,)).warnings
    assert warning.startswith("Still learning what is usual for 2 of 3 groups")
    assert not ask(text, marks=(mark,)).rows


def test_incident_is_heeded_when_the_next_hour_is_learned(store, tmp_path, ask, hour):
    text = "p95(duration) by function | over 1h | where p95(duration) outside usual"
    state = open_state(tmp_path / "state.db", hour)
    opened = hour - timedelta(hours=60)
    incident = Incident(0, "default", IncidentState.OPEN, "warning", "slow", opened, opened, functions=("checkout",))
    with state.writing() as connection:
        add_incident(connection, incident)
    marks = Learning(state, "default").marks
    assert [(mark.function, mark.end - mark.start) for mark in marks()] == [("checkout", timedelta(days=3))]
    assert Learning(state, "default").of_function("checkout") == ()
    forget(store)
    before = [*ask(text).rows]
    assert before == [*ask(text, marks=marks()).rows]
    of_all = replace(marks()[0], start=hour - timedelta(hours=200))
    forget(store)
    assert not ask(text, marks=(of_all,)).rows
    forget(store)


def test_what_was_usual_is_learned_anew_where_days_from_before_come_in(store, ask, hour, tell, monkeypatch):
    learned = []
    monkeypatch.setattr("mendline.insight.steady_state.past_of", lambda *asked: learned.append(1) or past_of(*asked))
    forget(store)

    def look(after_s):
        asked_at = hour + timedelta(seconds=after_s)
        text = "p95(duration) by function | over 1h | where p95(duration) outside usual"
        answer(store, Question(text, TimeRange(hour - timedelta(hours=1), hour), asked_at))
        return len(learned)

    assert (look(0), look(10)) == (1, 1)
    old = int((hour - timedelta(days=9)).timestamp()) * 10**9
    span = {"trace_id": b"o" * 16, "span_id": b"o" * 8, "kind": 2, "name": "old", "start": old, "duration": 10**6}
    tell([(Signal.TRACES, request_of([span | {"attributes": {"faas.invocation_id": "old"}}], LAMBDA))])
    assert (look(20), look(50), look(60)) == (1, 2, 2)
    forget(store)


def test_functions_that_are_off_are_told_with_what_is_usual(store, six_days, hour):
    names = ("new", "checkout", "price", "rare")
    functions = [FunctionId(LAMBDA["cloud.account.id"], LAMBDA["cloud.region"], name) for name in names]
    question = Question("", TimeRange(hour - timedelta(hours=1), hour), hour)
    told = functions_off_usual(store, functions, question, lambda: False)
    assert [(one.function.name, one.kind) for one in told.found] == [("checkout", "p95"), ("price", "invocations")]
    assert told.found[0].low < 110 < told.found[0].high < 400 < 1.2 * told.found[0].value
    assert (told.functions, told.learning, told.left) == (4, 1, 0)
    assert functions_off_usual(store, functions, question, lambda: True).left == 4


def test_bands_of_a_chart_leave_the_odd_hour_outside(store, six_days, hour):
    text = "function:checkout | p95(duration) | over 1h every 1h"
    question = Question(text, TimeRange(hour - timedelta(hours=12), hour), hour)
    found = look(store, question, as_series=True, with_plan=False)
    steps = steps_of(found.answer, found.run.plan)
    (shown,) = banded_sets(store, found, question, steps)
    (curve,) = shown.curves
    assert shown.usual == "shaded: usual, still learning (6 days so far)"
    inside = [band.holds(value) for band, value in zip(curve.band, curve.values, strict=True) if band]
    assert inside == [True] * 11 + [False]


def test_what_an_experiment_struck_is_not_learned_unless_its_mark_is_taken_away(store, six_days, ask, tell, hour):
    asked = read_query("function:checkout | p95(duration) by function | over 1h every 1h").plan
    (value,), last = (column.value for column in asked.columns), TimeRange(hour - timedelta(hours=1), hour)
    mark = LearningMark(LEAVE_OUT, "price", hour - timedelta(hours=50), hour - timedelta(hours=20), "", hour, "")
    mark = replace(mark, changed_by=f"{BY_EXPERIMENT}exp-7")

    def usual(*marks):
        learned = usual_over_time(store, asked, Question("", last, hour, marks=lambda: marks), (value,))
        return learned.bands(value, ("checkout",))

    before = usual(mark)
    struck = [
        {
            "trace_id": number.to_bytes(16, "big"), "span_id": number.to_bytes(8, "big"), "kind": 2,
            "name": "checkout", "duration": 4 * 10**9,
            "start": int((hour - timedelta(minutes=20 * 60 + 5 * (number - 20_000))).timestamp()) * 10**9,
            "attributes": {"faas.invocation_id": f"r-{number}", "mendline.chaos.id": "exp-7"},
        }
        for number in range(20_001, 20_300)
    ]  # fmt: skip
    tell([(Signal.TRACES, request_of(struck, LAMBDA))])
    forget(store)
    assert usual(mark) == before
    assert usual() != before
