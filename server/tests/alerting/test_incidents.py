"""From telemetry to a message with the cause: policies fire, alerts join, people are told once, and once when it is
over. Real store, real state, a real receiver; time is moved by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from alerting.watching import YESTERDAY

from mendline.alerting.batches import batches
from mendline.alerting.expecting import expected_alert, expected_error, ignored
from mendline.alerting.policies import Policies
from mendline.alerting.policy_files import Told
from mendline.alerting.watch import Watch
from mendline.errors import QueryTextError, UsageError
from mendline.model.alert import State
from mendline.model.incident import Incident, IncidentState
from mendline.model.policy import Policy
from mendline.query import read_query

ERRORS = Policy("Errors", "error | count() by function | over 5m | where count() > 2", "warning", quiet_s=7200)
SLOW = Policy("Slow", "duration > 1s | count() by function | over 5m | where count() > 0", "critical", quiet_s=7200)


def test_first_message_has_the_cause_and_the_second_says_that_it_is_over(watching):
    it = watching(ERRORS)
    assert it.after(0) == []
    it.push(3, fails=True)
    assert it.after(10) == ["first"]
    (one,) = it.all()
    assert (one.title, one.severity, one.functions, one.state) == (
        "Errors: checkout", "warning", ("checkout",), IncidentState.OPEN,
    )  # fmt: skip
    said = json.loads(it.hook.got[0][2])["data"]
    assert said["url"] == f"https://mendline.example.com/incidents/{one.id}"
    assert said["diagnosed_at"]
    assert "3 of 3 invocations failed" in said["impact"]
    assert said["example"]["stack"] == 'File "shop.py", line 7'
    assert json.loads(said["example"]["request"]) == {"sku": "A-17"}
    it.after(310)  # what fails leaves the window after five minutes
    assert it.after(50) == ["first"]
    assert it.after(10) == ["first", "over"]
    (one,) = it.all()
    assert one.state is IncidentState.RESOLVED
    assert [event.kind for event in it.incidents.timeline(one.id)] == [
        "detected", "diagnosed", "notified", "mended", "notified",
    ]  # fmt: skip


@pytest.mark.thorough
def test_what_comes_again_in_its_quiet_time_is_counted_and_nobody_is_told(watching):
    it = watching(ERRORS)
    it.push(3, fails=True)
    it.after(10)
    it.incidents.act(1, "resolve", "restarted it", it.clock.now(), "key 1")
    assert it.after(400) == ["first", "over"]
    it.push(3, fails=True)
    assert it.after(10) == ["first", "over"]
    (one,) = it.all()
    assert (one.state, one.held_back, one.mended_by) == (IncidentState.OPEN, 1, "restarted it")
    it.after(400)
    it.after(100)
    it.clock.move(seconds=7200)
    it.push(3, fails=True)
    assert it.after(10) == ["first", "over", "first"]
    assert len(it.all()) == 2
    (before,) = json.loads(it.hook.got[-1][2])["data"]["similar"]
    assert (before["id"], before["mended_by"]) == (1, "restarted it")


def test_alerts_with_one_cause_are_one_incident_and_a_worse_one_says_so(watching):
    it = watching(ERRORS, SLOW)
    it.push(3, fails=True)
    it.after(10)
    it.push(1, duration_ms=2000)
    assert it.after(10) == ["first", "raised"]
    (one,) = it.all()
    assert (one.severity, one.policies, one.held_back) == ("critical", ("Errors", "Slow"), 1)
    it.push(3, function="payment", fails=True)  # both write to the table of orders
    assert it.after(10) == ["first", "raised"]
    assert [one.functions for one in it.all()] == [("checkout", "payment")]


def test_acknowledged_survives_a_restart_and_is_not_told_again(watching):
    it = watching(ERRORS)
    it.push(3, fails=True)
    it.after(10)
    it.incidents.act(1, "acknowledge", "", it.clock.now(), "key 7")
    it.restart()
    assert it.after(10) == ["first"]
    (alert,) = it.incidents.alerts()
    assert alert.state is State.ACKNOWLEDGED
    assert it.incidents.get(1).state is IncidentState.ACKNOWLEDGED


@pytest.mark.thorough
def test_ten_times_as_much_as_a_whole_window_held_breaks_the_quiet_time(watching):
    it = watching(ERRORS)
    it.push(3, fails=True)
    it.after(10)
    it.push(29, fails=True)  # the window of five minutes fills up: so many there were from the beginning
    assert it.after(10) == ["first"]
    it.after(200)
    it.push(3, fails=True)
    assert it.after(100) == ["first"]
    it.push(320, fails=True)
    assert it.after(10) == ["first", "raised"]
    assert it.after(10) == ["first", "raised"]


def test_silence_is_kept_and_when_it_ends_people_are_told(watching):
    it = watching(ERRORS)
    now = it.clock.now()
    told = {"function": "check*", "reason": "maintenance"}
    number = it.incidents.silence(told, now, now + timedelta(hours=1), now, "")
    it.push(3, fails=True)
    assert it.after(10) == []
    assert [one.state for one in it.incidents.alerts()] == [State.SILENCED]
    it.incidents.end_silence(number, it.clock.now())
    assert it.after(10) == ["first"]


def test_what_is_evaluated_more_often_goes_first_and_the_rest_stays_due(watching):
    seldom = replace(ERRORS, name="A seldom", every_s=60, query=ERRORS.query.replace("over 5m", "over 6m"))
    it = watching(seldom, replace(ERRORS, name="Z often"))
    it.push(3, fails=True)
    it.clock.move(seconds=5)
    now, enough = it.clock.now(), iter([False, True])
    watch = Watch(it.store, it.state, "default", tuple)
    watch.load(now)
    assert [one.policy.name for one in watch.round(now, lambda: next(enough))] == ["Z often"]
    assert [one.policy.name for one in watch.round(now)] == ["A seldom"]
    assert watch.round(now) == []
    assert watch.next_due(now) == now + timedelta(seconds=10)
    assert [one.policy.name for one in watch.round(now + timedelta(seconds=11))] == ["Z often"]
    assert watch.next_due(now) == now + timedelta(seconds=20)  # a late round makes no later one


def test_while_nothing_is_stored_no_group_is_asked_for_and_soon_after_it_is(watching):
    it = watching(ERRORS, Policy("Silence", "| count() | over 5m | where count() < 1"))
    now = it.clock.now()
    watch = Watch(it.store, it.state, "default", tuple)
    watch.load(now)
    assert [one.policy.name for one in watch.round(now)] == ["Silence"]
    assert watch.next_due(now) == now + timedelta(seconds=2)
    it.push(3, fails=True)
    assert [one.policy.name for one in watch.round(now + timedelta(seconds=2))] == ["Errors"]


def test_policies_that_look_at_the_same_rows_are_read_together():
    queries = {
        "a": "error | count() by function | over 5m | where count() > 2",
        "calls": "operations error | count() by function | over 5m | where count() > 2",
        "longer": "error | count() by function | over 6m | where count() > 2",
        "b": "duration > 1s | p95(duration) by function | over 5m | where p95(duration) > 2s",
        "held": "error | count() by function | over 5m | where count() > 2 for 2m",
        "tagged": "tags.user:7 | count() by function | over 5m | where count() > 2",
    }
    due = [Policy(name, text) for name, text in queries.items()]
    found = batches(None, due, lambda one: read_query(one.query).plan, YESTERDAY, set())
    assert [[one.name for one in batch.policies] for batch in found] == [
        ["a", "b"], ["calls"], ["longer"], ["held"], ["tagged"],
    ]  # fmt: skip
    many = [
        Policy(f"{at}", f"duration > {at}ms | p90(duration) | over 5m | where p90(duration) > 1s") for at in range(70)
    ]
    found = batches(None, many, lambda one: read_query(one.query).plan, YESTERDAY, set())
    assert [len(batch.policies) for batch in found] == [32, 32, 6]


def test_a_deployment_silences_policies_that_say_so_for_some_minutes(watching):
    it = watching(replace(ERRORS, after_deploy_s=300, severity="info"), replace(SLOW, severity="info"))
    it.push(1, version="7")
    it.clock.move(seconds=600)
    it.push(3, version="8", fails=True)
    it.push(1, version="8", duration_ms=2000)
    it.after(10)
    assert {one.policy: one.state for one in it.incidents.alerts()} == {
        "Errors": State.SILENCED, "Slow": State.FIRING,
    }  # fmt: skip
    it.clock.move(seconds=295)
    it.push(3, version="8", fails=True)
    it.after(10)
    assert {one.policy: one.state for one in it.incidents.alerts()}["Errors"] is State.FIRING


def test_silence_by_a_query_is_about_its_rows_alone(watching):
    it = watching(*(replace(one, severity="info") for one in (ERRORS, SLOW)))
    now = it.clock.now()
    told = {"query": "error.type:OutOfStock", "reason": "the sale"}
    it.incidents.silence(told, now, now + timedelta(hours=1), now, "")
    it.push(3, fails=True)
    it.push(1, duration_ms=2000)
    it.after(10)
    assert {one.policy: one.state for one in it.incidents.alerts()} == {
        "Errors": State.SILENCED, "Slow": State.FIRING,
    }, "what holds by other rows is told"  # fmt: skip
    for wrong in ("error | count()", "error.typ:", ""):
        with pytest.raises((UsageError, QueryTextError)):
            it.incidents.silence({"query": wrong}, now, now + timedelta(hours=1), now, "")


def test_what_is_expected_is_told_only_beyond_its_usual_and_expires(watching):
    it = watching(ERRORS)
    it.push(3, fails=True)
    it.after(10)
    now = it.clock.now()
    it.incidents.expect_again(1, "the supplier is on strike", 7, now, "key 1")
    policies = Policies(it.state, "default")
    beyond = policies.get("More than expected: Errors of checkout")
    assert beyond.query == "error and function:checkout | count() by function | over 5m | where count() > 2x usual"
    it.after(400)  # over; and again, which nobody is told of
    it.after(100)
    it.push(3, fails=True)
    assert it.after(10) == ["first", "over"]
    assert {one.state for one in it.incidents.alerts()} == {State.SILENCED}
    (silence,) = it.incidents.silences(it.clock.now())
    assert (silence["policy"], silence["function"], silence["reason"]) == (
        "Errors", "checkout", "the supplier is on strike",
    )  # fmt: skip
    with pytest.raises(UsageError):  # it goes by what is usual already
        expected_alert(beyond, ("checkout",))
    it.clock.move(seconds=8 * 86400)
    it.after(10)
    assert beyond.name not in {one.name for one in policies.all()}, "with the silence its policy ends"


def test_errors_are_expected_by_their_type():
    told = expected_error("OutOfStock", "none left", ("checkout", "price"))
    assert told.query == "error.type:OutOfStock function in (checkout, price)"
    assert told.beyond.query.endswith("where count() > 2x usual and count() > 4")
    assert expected_error("", 'no "tea"', ()).query == 'error.message:"no \\"tea\\""'


def test_what_is_no_function_s_is_expected_as_a_whole():
    dead = Policy("Dead letters", "metrics name:dlq.messages_visible | max(value) by queue | over 5m"
                  " | where max(value) > 0")  # fmt: skip
    told = expected_alert(dead, ("checkout",))
    assert (told.function, told.beyond.name) == ("", "More than expected: Dead letters")
    assert told.beyond.query.endswith("by queue | over 5m | where max(value) > 2x usual")
    assert "function" not in told.beyond.query


def test_what_nobody_ever_acted_on_is_proposed_as_expected():
    now = YESTERDAY
    over = Incident(1, "default", IncidentState.RESOLVED, "warning", "Errors", now, now, policies=("Errors",),
                    notifications=2)  # fmt: skip
    three = [replace(over, id=number) for number in (1, 2, 3)]
    (one,) = ignored(three)
    assert (one.policy, one.times, one.messages, one.newest) == ("Errors", 3, 6, 3)
    for more in ({"was_right": True}, {"acknowledged": now}, {"mended_by": "x"}, {"state": IncidentState.OPEN}):
        assert ignored([*three, replace(over, id=4, **more)]) == ()
    assert ignored(three[:2]) == ()


def test_while_another_server_evaluates_this_one_does_not(watching):
    it = watching(ERRORS)
    it.after(0)
    other, it.evaluator = it.evaluator, None
    it.restart()
    it.push(3, fails=True)
    assert it.after(10) == []
    other.stop()
    assert it.after(10) == ["first"]


def test_policy_that_cannot_be_evaluated_is_unknown_and_told_and_the_others_are_evaluated(watching):
    it = watching(ERRORS, replace(SLOW, severity="info"))
    it.push(3, fails=True)
    it.after(10)
    broken = replace(ERRORS, query="no_such_field:x | count() by function | where count() > 2")
    policies = Policies(it.state, "default")
    policies.apply(Told((broken, *(one for one in policies.all() if one.name != "Errors")), policies.receivers()),
                   it.clock.now())  # fmt: skip
    it.push(1, duration_ms=2000)
    assert it.after(10) == ["first"]
    assert {one.policy: one.state for one in it.incidents.alerts()} == {
        "Errors": State.UNKNOWN, "Slow": State.FIRING,
    }  # fmt: skip
    assert "no_such_field" in it.evaluator.failing("default")["Errors"]
    policies.enable("Errors", False, it.clock.now(), "")
    it.after(10)
    assert it.evaluator.failing("default") == {}


def test_info_is_recorded_and_wakes_nobody(watching):
    it = watching(replace(ERRORS, severity="info"))
    it.push(3, fails=True)
    assert it.after(10) == []
    assert it.all() == ()
    assert len(it.incidents.alerts()) == 1
