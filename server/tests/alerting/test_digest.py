"""What a day or a week was like, sent in the morning; and what is said to people who do not write code."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from web.shop import LAMBDA

from mendline.alerting.digest import budgets, digest_of, digest_text, noise
from mendline.alerting.digests import known
from mendline.alerting.policies import Policies, supplied
from mendline.alerting.policy_files import Told
from mendline.alerting.receivers import check_receiver
from mendline.errors import UsageError
from mendline.insight.handled import handled_of
from mendline.model.policy import Policy, Receiver
from mendline.model.service_report import Handled
from mendline.model.timerange import TimeRange

ERRORS = Policy("Errors", "error | count() by function | over 5m | where count() > 2", "warning")
DEAR = Policy("Budget", "| sum(cost) | over today | where sum(cost) > $10", "info")


def test_receivers_have_the_digest_and_a_status_that_a_person_sends(watching):
    it = watching(ERRORS, DEAR)
    policies, url = Policies(it.state, "default"), it.hook.url
    hooked = policies.receivers()
    more = [
        Receiver("boss", "webhook", {"url": url}, allow_private=True, audience="management", digest="daily"),
        Receiver("buyers", "webhook", {"url": url}, allow_private=True, audience="customers",
                 template="To all: $status"),
    ]  # fmt: skip
    policies.apply(Told(policies.all(), (*hooked, *more)), it.clock.now())
    it.push(3, fails=True)
    it.push(20)
    assert sorted(it.after(10)) == ["digest", "first"]
    digest = next(one for one in map(sent, it.hook.got) if "digest" in one["type"])["data"]
    assert digest["noise"] == [] or digest["noise"][0]["policy"] == "Errors"
    with pytest.raises(UsageError):
        it.incidents.tell(1, "responders", "", it.clock.now(), "")
    assert it.incidents.tell(1, "customers", "", it.clock.now(), "key 1") == 1
    assert it.incidents.tell(1, "management", "All hands.", it.clock.now(), "key 1") == 1
    assert it.after(1)[-2:] == ["status", "status"]
    said = {sent(one)["data"]["status"]: json.dumps(sent(one)) for one in it.hook.got[-2:]}
    assert "All hands." in said
    buyers = next(text for status, text in said.items() if "checkout does not work as usual" in status)
    assert "To all: Since" in buyers
    assert "Next update by" in buyers
    assert "shop.py" not in buyers
    told = digest_of(it.store, known(it.state, "default", it.clock.now()), it.clock.now() + timedelta(minutes=1), 1)
    assert not told["failed"]
    assert (told["noise"][0]["policy"], told["noise"][0]["acted_on"], told["most_failing"][0]["function"]) == (
        "Errors", 0, "checkout",
    )  # fmt: skip
    assert told["cost"]["budgets"][0]["policy"] == "Budget"
    assert "dynamodb/orders" in told["untested"]
    text = digest_text(told)
    assert "needed nobody" not in text
    for word in ("Errors: checkout (warning", "Most failing: checkout 3 of 23", "budget of Budget", "ever broke"):
        assert word in text


def test_failures_that_needed_nobody_are_counted_in_the_digest_and_in_the_vendors_report(watching, store, send_spans):
    it = watching(
        replace(ERRORS, query="degraded | count() by function | over 5m | where count() > 0", severity="info")
    )
    now = it.clock.now()
    at = int(now.timestamp() * 1e9) - 60 * 10**9
    bank = {"mendline.resource.type": "http", "mendline.resource.name": "bank.example"}
    opened = ("mendline.breaker", {"mendline.breaker.state": "open"})
    whole = {"faas.invocation_id": "r", "mendline.degraded": True, "mendline.buffered": True}
    own = {"trace_id": bytes([7] * 16), "start": at, "duration": 10**9}
    call = {**own, "parent_id": bytes([1] * 8), "name": "POST", "kind": 3}
    send_spans(
        {**own, "span_id": bytes([1] * 8), "name": "checkout", "kind": 2, "attributes": whole, "events": [opened]},
        {**call, "span_id": bytes([2] * 8), "status": 2, "attributes": bank},
        {**call, "span_id": bytes([3] * 8), "attributes": {**bank, "mendline.retries": 2}},
        resource=LAMBDA,
    )
    assert it.after(10) == []
    day = TimeRange(now - timedelta(days=1), now)
    assert handled_of(store, day, "http", "bank.example") == Handled(healed=1, fallbacks=1, put_aside=1, breakers=1)
    for seconds in (400, 70, 70):
        it.after(seconds)
    told = digest_of(store, known(it.state, "default", it.clock.now()), it.clock.now(), 1)
    assert not told["failed"]
    text = digest_text(told)
    for words in (
        "checkout: 1 answered by a fallback, 1 put calls aside since 11:59 UTC, circuit breakers opened once, the last",
        "http/bank.example: 1 call healed by a later try",
        "Errors (checkout): 1, over since",
    ):
        assert words in text


def sent(request):
    return json.loads(request[2])


def test_budgets_are_read_from_policies_and_noise_is_by_policy():
    assert budgets([DEAR, ERRORS, replace(DEAR, enabled=False)]) == [("Budget", 10.0)]
    assert [name for name, _ in budgets(supplied())] == ["Cost of a day"]
    assert noise([]) == []


@pytest.mark.parametrize(
    "receiver",
    [
        Receiver("a", "webhook", {"url": "https://example.com/"}, template="$titel"),
        Receiver("a", "webhook", {"url": "https://example.com/"}, template="100$"),
        Receiver("a", "pagerduty", {"routing_key": "env:KEY"}, digest="daily"),
        Receiver("a", "opsgenie", {"api_key": "env:KEY"}, audience="customers"),
    ],
    ids=["unknown name", "lone dollar", "pager digest", "pager audience"],
)
def test_what_a_receiver_cannot_have_is_refused(receiver):
    with pytest.raises(UsageError):
        check_receiver(receiver)
