"""A run begins at its time, is stopped by its abort condition within two evaluations, ends at its time, survives a
restart, and is scored by what was stored."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from chaos.told import TOLD, told
from web.shop import LAMBDA

from mendline.alerting.diagnosis import found_causes
from mendline.alerting.policies import Policies, supplied
from mendline.alerting.policy_files import Told
from mendline.alerting.watch import Watch
from mendline.chaos.alarms import Alarms
from mendline.chaos.runner import Ground, Runner
from mendline.errors import StoreError
from mendline.insight.evaluations import Question
from mendline.insight.learning import Learning
from mendline.insight.standings import standings
from mendline.model.experiment_run import RunState
from mendline.model.policy import Policy
from mendline.model.timerange import TimeRange
from mendline.query import read_query
from mendline.store.state import load_runs

FAILS = Policy("Checkout fails", "function:checkout | count(error) | over 1m | where count(error) > 3")
CALL = {
    "mendline.resource.type": "dynamodb", "mendline.resource.name": "orders", "mendline.resource.operation": "PutItem",
}  # fmt: skip


@pytest.fixture
def runner(state, clock, store):
    quiet = replace(FAILS, name="For information", query=FAILS.query.replace("> 3", "> 0"), severity="info")
    one = replace(quiet, name="One fails", severity="warning")
    alarms = Alarms(lambda: (*supplied()[:2], quiet, one, FAILS), lambda start, end: (), partial(found_causes, store))
    grounds = [Ground("default", store, tuple, alarms)]
    return lambda: Runner(state, clock, lambda: grounds)


@pytest.fixture
def play(clock, send_spans, runner):
    """Lets seconds pass, an invocation in each, while the runner looks every five of them."""
    numbers, one = iter(range(1, 10**6)), runner()

    def played(seconds, *, tag="", fails=False, degraded=False, using=None):
        spans, using = [], using or one
        for second in range(seconds):
            start = int(clock.now().timestamp() * 1e9) + second * 10**9
            spans += invocation(next(numbers), start, tag=tag, fails=fails, degraded=degraded)
        send_spans(*spans, resource=LAMBDA)
        for _ in range(0, seconds, 5):
            clock.move(seconds=5)
            using.tick()

    return played


def invocation(number, start, *, tag, fails, degraded):
    whole = {"faas.invocation_id": f"request-{number}"}
    if tag:
        whole |= {"mendline.chaos.id": tag, "mendline.chaos.injected": json.dumps({tag: 1})}
    whole |= {"mendline.degraded": "true"} if degraded else {}
    struck = {"mendline.chaos.id": tag, "mendline.chaos.fault": "latency"} if tag else {}
    root, call = number.to_bytes(8, "big"), (number + (1 << 32)).to_bytes(8, "big")
    own = {"trace_id": number.to_bytes(16, "big"), "start": start, "duration": 10**8, "status": 2 if fails else 0}
    return [
        {**own, "span_id": root, "name": "checkout", "kind": 2, "attributes": whole},
        {**own, "span_id": call, "parent_id": root, "name": "PutItem", "kind": 3, "attributes": {**CALL, **struck}},
    ]


def _only(state):
    with state.reading() as connection:
        (run,) = load_runs(connection, "default")
    return run


def _is_told(store, state, clock, run):
    """Whether a policy holds over all there is, and whether people are told of it."""
    off = [replace(one, enabled=False) for one in supplied()]
    Policies(state, "default").apply(Told((*off, FAILS), ()), clock.now())
    watch = Watch(store, state, "default", tuple)
    watch.load(clock.now())
    (mark,) = Learning(state, "default").of_function("checkout")
    assert (mark.start, mark.end) == (run.starts, run.settled)
    now = clock.now()
    question = Question("", TimeRange(now - timedelta(hours=1), now), now)
    holds = any(one.enough for one in standings(store, read_query(FAILS.query).plan, question))
    return holds, any(change.fired for change in watch.round(now))


EXPECTED = {"alert": False, "fallback": True}


def test_hypothesis_held_where_the_steady_state_did_and_the_fallback_worked(play, begin, state, clock):
    play(120)
    run = begin(told(expect=EXPECTED), starts_in=0)
    play(115, tag=run.tag, degraded=True)
    assert _only(state).state is RunState.RUNNING
    play(5)
    assert _only(state).state is RunState.SETTLING
    play(70)
    told_ = _only(state)
    score = told_.score
    assert (told_.state, score["verdict"], score["passed"]) == (RunState.FINISHED, "held", True), score
    assert [one["state"] for one in score["phases"].values()] == ["held", "held", "held"]
    assert score["struck"] == {
        "injected": 115, "invocations": 115, "failed": 0, "degraded": 115, "buffered": 0,
    }  # fmt: skip
    assert not score["alert"]["fired"]
    assert "115 faults in 115 invocations" in " ".join(score["lines"])
    during = score["phases"]["during"]["course"]
    assert all(one["value"] == 0 for one in during)
    assert clock.now() > told_.settled


def test_abort_condition_stops_it_within_two_evaluations_and_the_score_says_why(
    play, begin, state, runner, store, clock, send_spans
):
    play(120)
    run = begin(told(expect={"alert": True, "within": "1m", "cause": "orders"}))
    beside = invocation(10**6, int(clock.now().timestamp() * 1e9) + 10**9, tag="", fails=True, degraded=False)
    send_spans(*beside, resource=LAMBDA)
    play(30, tag=run.tag)
    play(20, tag=run.tag, fails=True)
    assert _is_told(store, state, clock, run) == (True, False)
    stopped = _only(state)
    assert (stopped.state, stopped.by_condition) == (RunState.SETTLING, True)
    assert (stopped.stopped - run.starts).total_seconds() <= 30 + 20
    play(100, using=runner())
    score = _only(state).score
    assert (_only(state).state, score["verdict"], score["passed"]) == (RunState.ABORTED, "broken", False)
    assert "abort condition held" in score["why"]
    assert score["alert"]["policy"] == FAILS.name
    assert 30 <= score["alert"]["after_s"] <= 50
    assert [one["what"] for one in score["checks"]] == ["the hypothesis", "alert", "cause"]


def test_abort_condition_that_cannot_be_evaluated_stops_it(begin, state, clock, store):
    class Broken:
        def __getattr__(self, name):
            return self._fail

        def _fail(self, *_):
            raise StoreError("the store does not answer")

    alarms = Alarms(tuple, lambda start, end: (), lambda incident, at: ())
    runner = Runner(state, clock, lambda: [Ground("default", Broken(), tuple, alarms)])
    begin(TOLD)
    for _ in range(12):
        clock.move(seconds=1)
        runner.tick()
    assert _only(state).state is RunState.SETTLING
    assert "cannot be evaluated: the store does not answer" in _only(state).reason
    clock.move(seconds=3600)
    runner.tick()
    assert _only(state).score["verdict"] == "could not tell"


def test_people_who_stop_it_are_not_overruled_and_two_servers_take_turns(begin, state, clock, runner, experiments):
    run = begin(TOLD)
    first, second = runner(), runner()
    first.tick()
    second.tick()
    experiments.stop(run.id, clock.now(), "key 1", "enough")
    first.tick()
    assert (_only(state).state, _only(state).reason) == (RunState.SETTLING, "enough")
    first.stop()
    second.tick()
    clock.move(seconds=40)
    assert not _only(state).score
