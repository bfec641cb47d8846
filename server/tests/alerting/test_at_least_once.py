"""Whatever happens, what lasts is told, under one key: groups that hold, clear, and cannot be looked at; crashes before
a change is kept, restarts, a clock that jumps, a receiver that fails. All is real but the store and the network."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from itertools import count

import pytest
from hand_clock import NOON, HandClock
from hypothesis import given, settings
from hypothesis import strategies as st

from mendline.alerting.delivery import Delivery
from mendline.alerting.policies import Policies
from mendline.alerting.policy_files import Told
from mendline.alerting.receivers import Delivered, Outcome
from mendline.alerting.recording import Recording
from mendline.alerting.watch import Change
from mendline.insight.scope import Scope
from mendline.model.alert import Rule, Seen, stepped
from mendline.model.policy import Policy, Receiver
from mendline.store.state import WAITING, add_project, letters_of, load_alerts, load_incidents, open_state

GROUPS = ("a", "b", "c")
POLICIES = {"a": Policy("Errors", "q", "warning"), "b": Policy("Slow", "q", "critical", quiet_s=0),
            "c": Policy("Errors", "q", "warning")}  # fmt: skip
RECEIVER = Receiver("hook", "webhook", {"url": "https://hooks.example.com/x"})
RULE = Rule(timedelta(seconds=60))
_projects = count()


class CrashError(Exception):
    """The process ends before a change is kept."""


class Server:
    """One that evaluates; what it keeps in memory is gone with `restart`."""

    def __init__(self, state):
        self.state, self.clock, self.project = state, HandClock(NOON), f"p{next(_projects)}"
        self.seen, self.held, self.due = dict.fromkeys(GROUPS, Seen.CLEAR), dict.fromkeys(GROUPS, 0), set()
        self.works, self.told, self.delivery = True, [], None
        with state.writing() as connection:
            add_project(connection, self.project, NOON)
        Policies(state, self.project).apply(Told((), (RECEIVER,)), NOON)
        self.restart()

    def restart(self):
        if self.delivery:
            self.delivery.close()
        self.last = {}
        self.delivery = Delivery(self.state, self.clock, lambda: "https://m", self._deliver)

    def _deliver(self, receiver, message, at_s):
        if not self.works:
            return Outcome(Delivered.NO, "It fails.")
        self.told.append((message.thread, message.kind, message.key))
        return Outcome(Delivered.YES)

    def evaluate(self, *, crash=False):
        now = self.clock.now()
        try:
            with self.state.writing() as connection:
                alerts = {one.fingerprint: one for one in load_alerts(connection, self.project)}
                by_group = {one.keys[0]: one for one in alerts.values()}
                changes = []
                for group in GROUPS:
                    before, policy = by_group.get(group), POLICIES[group]
                    after = stepped(before, policy.name, (group,), self.seen[group], now, RULE)
                    if after != before:
                        changes.append(Change(policy, Scope(functions=(group,)), before, after))
                recording = Recording(connection, self.project, now, (RECEIVER,), dict, self.last, alerts)
                recording.save(recording.record(changes))
                if crash:
                    raise CrashError
        except CrashError:
            return self.restart()
        for group in GROUPS:
            self.held[group] = self.held[group] + 1 if self.seen[group] is Seen.HOLDS else 0
        with self.state.reading() as connection:
            self.due |= {one.incident for one in load_alerts(connection, self.project) if self.held[one.keys[0]] >= 2}
        return self.delivery.send_now()

    def waiting(self):
        with self.state.reading() as connection:
            found = load_incidents(connection, self.project, NOON - timedelta(days=9), NOON + timedelta(days=9))
            letters = [it for one in found for it in letters_of(connection, self.project, one.id)]
        return [it for it in letters if it.state == WAITING]


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    with closing(open_state(tmp_path_factory.mktemp("state"), NOON)) as opened:
        yield opened


_STEP = st.one_of(
    st.tuples(
        st.sampled_from(GROUPS), st.sampled_from([Seen.HOLDS, Seen.HOLDS, Seen.CLEAR, Seen.UNKNOWN, Seen.MISSING])
    ),
    st.tuples(st.just("passes"), st.sampled_from([10, 10, 60, 900, -600])),
    st.tuples(st.just("works"), st.booleans()),
    st.tuples(st.sampled_from(["restart", "crash"]), st.none()),
)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(_STEP, min_size=5, max_size=25))
def test_what_outlasts_two_evaluations_is_told_at_least_once_and_never_under_two_keys(state, steps):
    it = Server(state)
    for what, value in steps:
        if what == "works":
            it.works = value
        elif what == "restart":
            it.restart()
        elif what == "passes":
            it.clock.move(seconds=value)
            it.evaluate()
        elif what == "crash":
            it.evaluate(crash=True)
        else:
            it.seen[what] = value
            it.clock.move(seconds=10)
            it.evaluate()
    it.works = True
    it.clock.move(hours=6)  # more than it may have gone back
    for _ in range(20):
        it.clock.move(minutes=1)
        it.delivery.send_now()
        if not it.waiting():
            break
    it.delivery.close()
    assert it.waiting() == []
    told = {thread for thread, kind, _ in it.told if kind == "first"}
    assert {f"mendline-{it.project}-{number}" for number in it.due} <= told
    keys = {(thread, kind, key) for thread, kind, key in it.told if kind in ("first", "over")}
    assert len(keys) == len({(thread, kind) for thread, kind, _ in keys})
