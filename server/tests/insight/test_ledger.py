"""The ledger of messages equals the shop's own account of them, to the message; what it finds is named."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from halves import report
from otlp_requests import LAMBDA

from mendline.insight.findings import list_findings
from mendline.insight.ledger import list_ledgers
from mendline.model.ledger import ACCOUNTS
from mendline.model.signal import Signal
from mendline.model.timerange import TimeRange
from mendline.store import Payload
from mendline_playground.model import BLOCK_S, Model
from mendline_playground.scenario.fields import Fields
from mendline_playground.scenario.load import read_scenario

NOON = 1_795_953_600 - 3 * 86400
RANGE = TimeRange(datetime.fromtimestamp(NOON, UTC), datetime.fromtimestamp(NOON + BLOCK_S, UTC))
LATER = RANGE.end + timedelta(minutes=15)
SIGNALS = {"traces": Signal.TRACES, "logs": Signal.LOGS, "metrics": Signal.METRICS}
TEN = {"at": "0s", "for": "10m"}
WRONG = (
    {"fault": "lose", "function": "analytics", "share": 0.3, **TEN},
    {"fault": "poison", "function": "payment", "share": 0.2, "error": "ValueError", "message": "unknown", **TEN},
    {"fault": "raise", "function": "notify", "share": 0.8, "error": "KeyError", "message": "name", **TEN, "for": "20m"},
)
_numbers = itertools.count(10**6)


def play(store, *injections):
    """Ten minutes before noon and ten after it, in which the injections happen; answers the model's own account."""
    document = {"title": "t", "kind": "none", "inject": list(injections), "truth": {"detected": False}}
    scenario = read_scenario("t", Fields("t.yaml", document))
    model = Model(7, injections=scenario.injections, origin_ns=NOON * 10**9, rate=0.25)
    store_all(store, model, model.blocks(NOON - BLOCK_S, NOON))
    account = model.keep_account()
    store_all(store, model, [model.block(NOON // BLOCK_S)])
    return account


def store_all(store, model, blocks):
    for telemetry in blocks:
        first = next(_numbers)
        for signal, _, body in telemetry.requests(model.place):
            number = next(_numbers)
            store.insert(SIGNALS[signal], [Payload(body, number, time.time_ns())], f"ledger-{number}")
        store.complete(first, next(_numbers))


def account_of(state, consumer):
    """In which account of the ledger a message is that the model left in a state."""
    if state == "failed":  # asynchronous ones were tried three times, and notify has no destination
        return "lost" if consumer == "notify" else "retrying"
    return {"dead": "dead_lettered", "sent": "in_flight"}.get(state, state)


@pytest.mark.parametrize("injections", [(), WRONG], ids=["quiet", "wrong"])
def test_each_message_is_in_the_account_in_which_the_shop_has_it(store, injections, monkeypatch):
    account = play(store, *injections)
    ledgers = {it.function: it for it in list_ledgers(store, RANGE, LATER)}
    assert {consumer for consumer, _ in account} == set(ledgers)
    for consumer, ledger in ledgers.items():
        own = {link: account_of(state, consumer) for (who, link), state in account.items() if who == consumer}
        counts = Counter(own.values())
        assert {name: getattr(ledger, name) for name in ACCOUNTS} == {name: counts[name] for name in ACCOUNTS}, consumer
        assert ledger.is_exact
        assert ledger.sent == len(own)
        if consumer != "search-sync":  # writes of one call to a table have one id there, that of the call
            assert {one.id: one.account for one in ledger.missing} == {
                link: state for link, state in own.items() if state != "consumed"
            }
    found = list_findings(store, RANGE, LATER)
    assert not found.failed
    losing = {(it.what, it.function): it for it in found.found if it.kind == "lost_downstream"}
    if injections:
        assert losing["messages_lost", "analytics"].count == ledgers["analytics"].lost
        assert losing["messages_given_up", "notify"].count == ledgers["notify"].lost
        stranded = losing["downstream_never_started", "payment"]
        assert stranded.count == ledgers["payment"].dead_lettered
        assert "analytics, notify" in stranded.text
        assert all(it.since and it.next_step and it.confidence for it in losing.values())
        assert stranded.cost_usd
        monkeypatch.setattr("mendline.insight.ledger.TAKEN_FIRST", 30)
        both = TimeRange(datetime.fromtimestamp(NOON - BLOCK_S, UTC), RANGE.end)
        young = {it.function: it for it in list_ledgers(store, both, LATER)}["analytics"]
        assert young.usual is None  # nothing was sent before: that it took all at first tells what is due to it
        assert young.lost == ledgers["analytics"].lost
    else:
        assert {key for key in losing if key[0].startswith("messages")} == set()


def test_what_an_execution_that_told_nothing_may_have_taken_is_not_called_lost(store, send_spans, tell):
    """Of thirty messages, ten seconds after each other, the fifth and the twenty-fifth were not seen to be taken."""
    began = NOON * 10**9
    for number in range(30):
        at, links = began + number * 10**10, [f"sqs:m-{number}"]
        ids = {"trace_id": (number + 1).to_bytes(16, "big"), "span_id": (number + 1).to_bytes(8, "big")}
        told = {"mendline.resource.type": "sqs", "mendline.resource.name": "jobs", "mendline.links.out": links}
        send_spans({**ids, "kind": 4, "start": at, "attributes": told}, resource={**LAMBDA, "service.name": "sender"})
        if number not in (5, 25):
            took = {"mendline.trigger": "sqs", "mendline.trigger.source": "arn:aws:sqs:us-east-1:1:jobs"}
            took |= {"mendline.links.in": links, "faas.invocation_id": f"r-{number}"}
            send_spans({**ids, "span_id": b"%08d" % number, "kind": 2, "start": at + 10**7, "attributes": took})
    tell([report(began + int(255e9), request_id="silent")])
    (ledger,) = list_ledgers(store, RANGE, LATER)
    assert (ledger.function, ledger.sent, ledger.consumed, ledger.is_exact) == ("checkout", 30, 28, True)
    assert [(one.id, one.account) for one in ledger.missing] == [("sqs:m-5", "lost"), ("sqs:m-25", "untold")]
