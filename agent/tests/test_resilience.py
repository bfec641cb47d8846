"""Circuit breakers, fallbacks, budgets of time, and calls that are put aside: what they do, and what the span tells."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mendline_agent.breaker_state import DynamoDbState
from mendline_agent.resilience import (
    CircuitOpenError,
    OutOfTimeError,
    buffer_to_sqs,
    circuit_breaker,
    fallback,
    replay,
    timeout_budget,
)


class Clock:
    def __init__(self):
        self.now_s = 0.0

    def __call__(self):
        return self.now_s


def _failing():
    raise OSError("as asked")


def _attempt(breaker, work):
    """What became of a call: `ok`, `failed`, `wrong` (an error that tells nothing of what is called) or `rejected`."""
    try:
        breaker(work)()
    except OSError:
        return "failed"
    except CircuitOpenError:
        return "rejected"
    except ValueError:
        return "wrong"
    return "ok"


def _wrong():
    raise ValueError("as asked")


WORK = {"ok": lambda: None, "failed": _failing, "wrong": _wrong}
STEPS = st.lists(st.tuples(st.sampled_from(sorted(WORK)), st.sampled_from([0, 1, 5, 10, 11])), max_size=25)


@given(STEPS, st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_a_breaker_is_the_machine_that_it_should_be(steps, limit):
    clock = Clock()
    breaker = circuit_breaker("payments", failures=limit, open_s=10, on=OSError, clock=clock)
    state, in_a_row, opened_s = "closed", 0, 0.0
    for what, wait_s in steps:
        clock.now_s += wait_s
        if state == "open" and clock.now_s >= opened_s + 10:
            state = "half_open"
        expected = "rejected" if state == "open" else what
        assert _attempt(breaker, WORK[what]) == expected
        if expected == "failed":
            in_a_row += 1
            if state == "half_open" or in_a_row >= limit:
                state, opened_s = "open", clock.now_s
        elif expected != "rejected":
            state, in_a_row = "closed", 0
        assert breaker.state == state


class _Table:
    """What DynamoDB does with single items."""

    def __init__(self):
        self.items, self.reads = {}, 0

    def get_item(self, *, TableName, Key, ConsistentRead):  # noqa: N803 - boto3's
        self.reads += 1
        found = self.items.get((TableName, Key["id"]["S"]))
        return {"Item": found} if found else {}

    def put_item(self, *, TableName, Item):  # noqa: N803
        self.items[TableName, Item["id"]["S"]] = Item


def test_a_breaker_that_is_shared_opens_and_closes_for_all_and_looks_seldom(run, attributes):
    table, clock = _Table(), Clock()
    state = DynamoDbState("breakers", client=table)
    one, other = (
        circuit_breaker("payments", failures=2, open_s=10, on=OSError, shared=state, look_s=2, clock=clock)
        for _ in range(2)
    )
    assert [_attempt(other, WORK["ok"]) for _ in range(5)] == ["ok"] * 5
    assert table.reads == 1
    assert [_attempt(one, _failing) for _ in range(3)] == ["failed", "failed", "rejected"]
    clock.now_s += 2
    root = run(lambda event, context: _attempt(other, WORK["ok"]))
    assert attributes(root)["mendline.breaker.rejected"] == 1
    assert attributes(root.events[0]) == {
        "mendline.breaker.name": "payments", "mendline.breaker.state": "open", "mendline.breaker.failures": 0,
        "mendline.breaker.shared": True,
    }  # fmt: skip
    table.items["breakers", "payments"]["open_until"]["N"] = "0"  # ten seconds have passed
    clock.now_s += 10
    assert [_attempt(one, WORK["ok"]), _attempt(other, WORK["ok"])] == ["ok", "ok"]
    assert [one.state, other.state] == ["closed", "closed"]


def test_without_the_table_each_breaker_has_its_own_state():
    broken, clock = DynamoDbState("breakers", client=object()), Clock()
    one, other = (
        circuit_breaker("payments", failures=1, open_s=10, on=OSError, shared=broken, clock=clock) for _ in range(2)
    )
    assert [_attempt(one, _failing), _attempt(one, WORK["ok"]), _attempt(other, WORK["ok"])] == [
        "failed", "rejected", "ok",
    ]  # fmt: skip


def test_one_call_alone_is_tried_when_its_time_has_come():
    clock = Clock()
    breaker = circuit_breaker("payments", failures=1, open_s=10, clock=clock)
    assert _attempt(breaker, _failing) == "failed"
    clock.now_s = 10
    with breaker:
        assert (breaker.state, _attempt(breaker, WORK["ok"])) == ("half_open", "rejected")
    assert breaker.state == "closed"


def test_a_late_success_does_not_close_a_breaker_that_has_opened_since():
    clock = Clock()
    breaker = circuit_breaker("payments", failures=1, open_s=10, clock=clock)
    with breaker:
        assert _attempt(breaker, _failing) == "failed"
    assert breaker.state == "open"


def test_coroutines_are_guarded_and_given_up_for_a_fallback():
    breaker = circuit_breaker("prices", failures=1)

    async def price(item):
        raise OSError(item)

    async def usual(item):
        return f"usual {item}"

    guarded = fallback(usual)(breaker(price))
    assert asyncio.run(guarded("a")) == "usual a"
    assert breaker.state == "open"
    assert asyncio.run(fallback(0)(breaker(price))("a")) == 0
    with pytest.raises(CircuitOpenError):
        asyncio.run(breaker(price)("a"))


def test_the_span_tells_of_states_and_rejections_and_of_a_fallback(run, attributes):
    breaker = circuit_breaker("payments", failures=2)
    pay = fallback(lambda order: f"later: {order}", on=(OSError, CircuitOpenError))(breaker(lambda order: _failing()))
    kept = []

    def handler(event, context):
        kept.extend(pay(n) for n in range(4))

    root = run(handler)
    assert kept == ["later: 0", "later: 1", "later: 2", "later: 3"]
    assert attributes(root)["mendline.degraded"] is True
    assert attributes(root)["mendline.breaker.rejected"] == 2
    events = [(event.name, attributes(event)) for event in root.events]
    of_breaker = {"mendline.breaker.name": "payments", "mendline.breaker.state": "open", "mendline.breaker.failures": 2}
    assert [told for name, told in events if name == "mendline.breaker"] == [of_breaker]
    errors = [told["error.type"] for name, told in events if name == "mendline.fallback"]
    assert errors == ["OSError"] * 2 + ["mendline_agent.resilience.CircuitOpenError"] * 2


def test_what_is_told_of_an_invocation_is_bounded(run):
    root = run(lambda event, context: [fallback(None)(_failing)() for _ in range(300)])
    assert len(root.events) == 100


def test_what_a_fallback_is_not_for_is_raised(run, attributes):
    with pytest.raises(ValueError, match="as asked"):
        fallback(0, on=OSError)(_wrong)()
    assert "mendline.degraded" not in attributes(run())


def test_a_budget_is_what_is_left_of_the_invocation(traced, make_context):
    kept = []

    def handler(event, context):
        kept.append((timeout_budget(reserve_s=1), timeout_budget(2.0, reserve_s=1)))
        with pytest.raises(OutOfTimeError):
            timeout_budget(2.0, reserve_s=30)

    traced(handler)({}, make_context(20_000))
    ((whole, most),) = kept
    assert 10 < whole < 19
    assert most == 2.0


def test_without_an_invocation_the_budget_is_the_most_or_what_a_context_says(make_context):
    assert (timeout_budget(3.0), timeout_budget()) == (3.0, None)
    assert timeout_budget(3.0, context=make_context(1_500), reserve_s=0.25) < 1.25


class _Queue:
    """As much of boto3's SQS client as is asked for."""

    def __init__(self, error=None):
        self.sent, self._error = [], error

    def send_message(self, **message):
        if self._error is not None:
            raise self._error
        self.sent.append(message)

    def event(self):
        records = enumerate(message["MessageBody"] for message in self.sent)
        return {"Records": [{"messageId": f"m-{n}", "body": body} for n, body in records]}


def test_a_call_that_fails_is_put_aside_and_made_again_once(run, attributes):
    queue, paid, up = _Queue(), [], []

    @buffer_to_sqs("https://queue.fifo", name="pay", client=queue, answer="accepted")
    def pay(order, *, amount):
        if not up:
            raise OSError("down")
        paid.append((order, amount))

    kept = []
    root = run(lambda event, context: kept.append(pay("o-1", amount=3)))
    assert (kept, attributes(root)["mendline.buffered"], root.events[0].name) == (
        ["accepted"],
        True,
        "mendline.buffered",
    )
    assert queue.sent[0]["MessageGroupId"] == "pay"
    assert queue.sent[0]["MessageDeduplicationId"] == json.loads(queue.sent[0]["MessageBody"])["id"]
    done = set()
    remembered = {"once": lambda number: number not in done, "done": done.add}
    assert replay(queue.event(), **remembered) == {"batchItemFailures": [{"itemIdentifier": "m-0"}]}
    up.append(True)
    assert [replay(queue.event(), **remembered) for _ in range(2)] == [{"batchItemFailures": []}] * 2
    assert paid == [("o-1", 3)]


def test_what_cannot_be_put_aside_fails_as_it_did():
    pay = buffer_to_sqs("https://queue", client=_Queue(ConnectionError("no queue")))(_failing)
    with pytest.raises(OSError, match="as asked") as raised:
        pay()
    assert isinstance(raised.value.__cause__, ConnectionError)
    pay = buffer_to_sqs("https://queue", client=_Queue())(lambda order: _failing())
    with pytest.raises(OSError, match="as asked"):
        pay(object())


@pytest.mark.parametrize("body", ["", "[]", '{"call": "no such", "id": "1", "args": [], "kwargs": {}}'])
def test_what_is_not_a_call_that_was_put_aside_stays_in_the_queue(body):
    event = {"Records": [{"messageId": "m-1", "body": body}]}
    assert replay(event) == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}


@pytest.mark.parametrize("wrong", [{"failures": 0}, {"open_s": -1}])
def test_a_breaker_that_could_not_work_is_refused(wrong):
    with pytest.raises(ValueError, match="failures"):
        circuit_breaker("payments", **wrong)
