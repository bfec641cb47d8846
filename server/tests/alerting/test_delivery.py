"""A message is delivered at least once, under one key, in order, with growing pauses; what never arrives is shown."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from alerting.scripted import scripted
from hand_clock import NOON, HandClock

from mendline.alerting.delivery import Delivery, pause_s, post_update
from mendline.alerting.incidents import Incidents
from mendline.alerting.policies import Policies
from mendline.alerting.policy_files import Told
from mendline.model.incident import Incident, IncidentState
from mendline.model.policy import Receiver
from mendline.store.state import add_incident, find_incident, open_state, post_letter, save_incident


class Office:
    """An incident, one receiver for each script, and their messages."""

    def __init__(self, state, hooks):
        self.state, self.hooks, self.clock = state, hooks, HandClock(NOON)
        receivers = [
            Receiver(f"r{at}", "webhook", {"url": hook.url}, allow_private=True) for at, hook in enumerate(hooks)
        ]
        Policies(state, "default").apply(Told((), tuple(receivers)), NOON)
        self.incidents = Incidents(state, "default")
        with state.writing() as connection:
            self.number = add_incident(
                connection, Incident(0, "default", IncidentState.OPEN, "warning", "T", NOON, NOON)
            )
        self.restart()

    def restart(self):
        self.delivery = Delivery(self.state, self.clock, lambda: "https://m")

    def post(self, kind, receiver="r0"):
        now = self.clock.now()
        with self.state.writing() as connection:
            return post_letter(connection, "default", self.number, receiver, kind, f"k-{kind}", now, now)

    def keys(self, at=0):
        return [headers["webhook-id"] for _, headers, _ in self.hooks[at].got]

    def states(self):
        return [(one.receiver, one.kind, one.state, one.tries) for one in self.incidents.letters(self.number)]


@pytest.fixture
def office(tmp_path):
    opened = []

    def make(*scripts):
        state = open_state(tmp_path, NOON)
        listening = [scripted(*script) for script in scripts]
        opened.extend((state, listening))
        return Office(state, [one.__enter__() for one in listening])

    yield make
    with closing(opened[0]):
        for one in opened[1]:
            one.__exit__(None, None, None)


def test_message_is_tried_with_growing_pauses_under_the_same_key(office):
    it = office([500, 503, 200])
    assert it.post("first")
    assert not it.post("first")
    it.delivery.send_now()
    assert it.delivery.send_now() == 0  # not yet
    it.clock.move(seconds=1)
    it.delivery.send_now()
    it.clock.move(seconds=1)
    assert it.delivery.send_now() == 0
    it.clock.move(seconds=1)
    it.restart()
    it.delivery.send_now()
    assert it.keys() == ["k-first"] * 3
    assert it.states() == [("r0", "first", "sent", 3)]
    assert it.incidents.get(it.number).notifications == 1
    assert it.incidents.stuck() == ()


def test_pauses_grow_from_a_second_to_five_minutes():
    assert [pause_s(tries) for tries in (0, 1, 2, 8, 9, 1000)] == [1, 2, 4, 256, 300, 300]


def test_what_a_receiver_refuses_for_good_or_for_a_day_is_given_up_and_shown(office):
    it = office([410], [500])
    it.post("first", "r0")
    it.post("first", "r1")
    it.delivery.send_now()
    assert [one[2] for one in it.states()] == ["dead", "waiting"]
    it.clock.move(hours=24)
    it.delivery.send_now()
    assert [one[2] for one in it.states()] == ["dead", "dead"]
    assert {one.receiver for one in it.incidents.stuck()} == {"r0", "r1"}
    assert [one.kind for one in it.incidents.timeline(it.number)] == ["not delivered", "not delivered"]


def test_nobody_is_told_that_it_is_over_before_that_it_began(office):
    it = office([500, 200])
    it.post("first")
    it.delivery.send_now()
    it.post("over")
    for _ in range(4):
        it.delivery.send_now()
        it.clock.move(seconds=2)
    assert it.keys() == ["k-first", "k-first", "k-over"]


def test_receiver_that_hangs_keeps_no_other_waiting(office):
    it = office(["hang"], [200])
    it.post("first", "r0")
    it.post("first", "r1")
    begun = it.delivery.send_due()
    begun[1].result(timeout=30)
    assert it.keys(1) == ["k-first"]
    assert it.delivery.send_due() == []  # it is still under way
    it.hooks[0].done.set()
    begun[0].result(timeout=30)
    assert ("r0", "first", "waiting", 1) in it.states()


def test_asked_to_wait_it_waits(office):
    it = office([(429, {"retry-after": "60"}, b""), 200])
    it.post("first")
    it.delivery.send_now()
    (letter,) = it.incidents.stuck()
    assert letter.due == NOON + timedelta(seconds=60)


def test_receiver_that_is_gone_is_told_in_words(office):
    it = office([200])
    it.post("first", "nobody")
    it.delivery.send_now()
    assert it.incidents.stuck()[0].error == "The receiver is gone."


def test_test_message_is_delivered_like_any_other(office):
    it = office([200])
    key = Policies(it.state, "default").test_receiver("r0", NOON)
    it.delivery.send_now()
    assert it.keys() == [key]


def test_cause_that_is_found_while_the_first_message_is_under_way_follows(office):
    it = office((200, 200, 200))
    updated = Receiver("r0", "webhook", {"url": it.hooks[0].url}, allow_private=True, updates=True)
    Policies(it.state, "default").apply(Told((), (updated,)), NOON)
    it.post("first")
    cause = {"text": "The bank is slow.", "confidence": "high", "owner": "third_party"}
    deliver = it.delivery._deliver

    def meanwhile(*told):
        with it.state.writing() as connection:
            known = find_incident(connection, "default", it.number)
            save_incident(connection, replace(known, causes=(cause,)))
        return deliver(*told)

    it.delivery._deliver = meanwhile
    it.delivery.send_now()
    it.delivery.send_now()
    assert it.keys() == ["k-first", f"default-{it.number}-update"]
    assert it.delivery.send_now() == 0


def test_first_message_that_is_still_to_go_has_the_cause_and_no_update_repeats_it(office):
    it = office([500, 200])
    it.post("first")
    it.delivery.send_now()
    with it.state.writing() as connection:
        post_update(connection, it.incidents.get(it.number), "r0", it.clock.now())
    it.clock.move(seconds=5)
    it.delivery.send_now()
    assert (it.keys(), it.delivery.send_now()) == (["k-first", "k-first"], 0)
