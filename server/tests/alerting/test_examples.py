"""The policies of docs/alerting-examples.md, as they stand there, fire for what they are for and for nothing less."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import changing
import pytest
from alerting.watching import YESTERDAY
from otlp_requests import request_of
from web.shop import LAMBDA

from mendline.alerting.policy_files import read_texts
from mendline.app.finding_watch import findings_to_exports
from mendline.insight.answers import read
from mendline.insight.evaluations import Question
from mendline.insight.new_errors import never_seen_before
from mendline.insight.standings import standings
from mendline.insight.watch import Watched
from mendline.model.signal import Signal
from mendline.model.timerange import TimeRange

PAGE = Path(__file__).parents[3] / "docs" / "alerting-examples.md"
POLICIES = {
    one.name: one for one in read_texts({"page.yaml": PAGE.read_text().split("```yaml\n")[1].split("```")[0]}).policies
}
S = 10**9


def test_slow_function_is_told_with_the_slow_call(watching, send_spans):
    it = watching(POLICIES["Checkout is slow"])
    began = int(it.clock.now().timestamp()) * S - 40 * changing.MINUTE
    changing.send(send_spans, changing.invocations(began, lambda number: {"ms": 1100}))
    assert it.after(0) == ["first"]
    (cause,) = json.loads(it.hook.got[0][2])["data"]["causes"]
    assert cause["text"].startswith("http bank.example.com POST /charge takes 1,100 ms instead of 53 ms")
    assert (cause["kind"], cause["owner"]) == ("resource_slow", "third_party")


def _spans(number, place, function, *, ms=100, fails="", sends=False, takes=False, ago_s=2):
    """An invocation, caused by the one of the place before. With `sends` it sends a message, which with `takes` is
    taken."""
    own, sent, taken = ((it << 40 | number).to_bytes(8, "big") for it in (place, 9, 10))
    start = int(YESTERDAY.timestamp()) * S - ago_s * S - number * 10**6
    told = {"trace_id": number.to_bytes(16, "big"), "start": start}
    attributes = {"faas.invocation_id": f"{function}-{number}", **({"error.type": fails} if fails else {})}
    before = {"parent_id": (place - 1 << 40 | number).to_bytes(8, "big")} if place else {}
    yield {**told, **before, "span_id": own, "kind": 2, "name": function, "duration": ms * 10**6,
           "status": 2 if fails else 0, "attributes": attributes}  # fmt: skip
    if sends:
        call = {"mendline.resource.type": "sqs", "mendline.resource.name": "mails"}
        yield {**told, "span_id": sent, "parent_id": own, "kind": 4, "attributes": call}
    if takes:
        yield {**told, "span_id": taken, "parent_id": sent, "kind": 5}


class Shop:
    """Traces of functions that call each other, the newest at noon yesterday; and the policies evaluated then."""

    def __init__(self, store, tell):
        self.store, self.tell, self.number, self.sent = store, tell, 0, []

    def trace(self, *functions, times=1, memory_mb=128, **what):
        """`times` of them, a millisecond apart."""
        for place, function in enumerate(functions):
            resource = {**LAMBDA, "service.name": function, "faas.name": function, "faas.max_memory": memory_mb << 20}
            numbers = range(self.number + 1, self.number + 1 + times)
            spans = [span for number in numbers for span in _spans(number, place, function, **what)]
            self.sent.append((Signal.TRACES, request_of(spans, resource)))
        self.number += times

    def groups(self, name, *, share="0.01%"):
        """Those for which a policy fires now, with what was sent since."""
        if self.sent:
            self.tell(self.sent)
            self.sent = []
        text = POLICIES[name].query.replace("0.01%", share)
        question = Question("", TimeRange(YESTERDAY - timedelta(hours=1), YESTERDAY), YESTERDAY)
        found = standings(self.store, read(self.store, text, YESTERDAY).plan, question)
        return [one.keys for one in found if one.enough]


@pytest.fixture
def shop(store, tell):
    return Shop(store, tell)


def test_slow_chain_is_one_in_which_both_were_passed(shop):
    shop.trace("checkout", "price", times=5, ms=1100)
    shop.trace("checkout", "stock", times=9, ms=1100)
    shop.trace("checkout", "price", times=9)
    assert shop.groups("Checkout to price is slow") == []
    shop.trace("checkout", "price", ms=1100)
    assert shop.groups("Checkout to price is slow") == [()]


def test_eleven_of_one_type_in_a_row_are_a_streak_and_others_between_are_none(shop):
    shop.trace("orders", times=10, fails="MappingError", ago_s=90)
    shop.trace("orders", fails="CardDeclined", ago_s=80)
    shop.trace("orders", times=10, fails="MappingError", ago_s=70)
    shop.trace("mails", times=10, fails="MappingError", ago_s=70)
    assert shop.groups("Mapping fails in a row") == []
    shop.trace("orders", fails="MappingError", ago_s=60)
    assert shop.groups("Mapping fails in a row") == [("orders",)]


def test_rare_error_wakes_nobody_until_there_are_ten_times_as_many(shop):
    """With a hundredth of the invocations, and a share that is a hundred times as large."""
    shop.trace("checkout", times=600)
    shop.trace("checkout", times=6, fails="TypeError")
    assert shop.groups("More errors than one in 10,000", share="1%") == []
    shop.trace("checkout", times=2, fails="TypeError")
    assert shop.groups("More errors than one in 10,000", share="1%") == [()]


def test_rare_error_wakes_nobody_until_it_is_another_one(shop, store):
    def found():
        watched = Watched(store, TimeRange(YESTERDAY - timedelta(hours=1), YESTERDAY), YESTERDAY)
        return findings_to_exports(list(never_seen_before(watched)), YESTERDAY - timedelta(seconds=30))

    shop.trace("checkout", times=40, fails="CardDeclined", ago_s=7200)
    shop.trace("checkout", times=9, fails="CardDeclined", ago_s=60)
    assert shop.groups("An error that never happened before") == []
    assert found() == []
    shop.trace("checkout", times=9, fails="KeyError", ago_s=30)
    assert shop.groups("An error that never happened before") == []
    shop.sent += [(one.signal, one.body) for one in found()]
    ((function, said),) = shop.groups("An error that never happened before")
    assert (function, said[:45]) == ("checkout", "An error of checkout that never happened befo")


def test_cost_of_a_day_in_total_and_of_a_function(shop):
    """Ten gigabytes for 900 s are 15 cents."""
    for number in range(13):
        shop.trace(f"f{number}", times=5, ms=900_000, memory_mb=10_240)
    assert shop.groups("$1 a day of a function") == []
    assert shop.groups("$10 a day") == []
    shop.trace("f3", times=2, ms=900_000, memory_mb=10_240)
    assert shop.groups("$1 a day of a function") == [("f3",)]
    assert shop.groups("$10 a day") == [()]


def test_cascade_whose_first_function_fails_and_whose_others_never_start(shop):
    shop.trace("checkout", times=2, fails="TypeError")
    shop.trace("checkout", "price", times=5, fails="TypeError")
    shop.trace("checkout", times=5)
    assert shop.groups("Orders end at checkout") == []
    shop.trace("checkout", fails="TypeError")
    assert shop.groups("Orders end at checkout") == [()]


def test_message_that_starts_nothing(shop):
    shop.trace("checkout", sends=True, takes=True, ago_s=600)
    shop.trace("checkout", sends=True, ago_s=100)  # it may still be taken
    assert shop.groups("Messages start nothing") == []
    shop.trace("checkout", sends=True, ago_s=600)
    assert len(shop.groups("Messages start nothing")) == 1
