"""A record that fails at every try is named by its id, with what it has that others have not; others are left alone."""

from __future__ import annotations

import json

import pytest
from web.shop import LAMBDA, MINUTE, order

from mendline.errors import NotFoundError
from mendline.insight.answers import answer
from mendline.insight.evaluations import Question
from mendline.insight.findings import list_findings
from mendline.insight.poison import list_poison, saved_event
from mendline.model.timerange import parse_range

QUEUE, STREAM = "arn:aws:sqs:eu-central-1:1:orders", "arn:aws:kinesis:eu-central-1:1:stream/events"
PAYMENT = {**LAMBDA, "service.name": "payment", "faas.name": "payment"}
ANALYTICS = {**LAMBDA, "service.name": "analytics", "faas.name": "analytics"}


def _take(number, ids, *, failed=(), source=QUEUE, whole=False, called=0, **records):
    """An execution with a batch of these ids; `whole`: it raised, else it reported the failed ones."""
    trigger = source.split(":")[2]
    root = order(number, fails=whole, ago_ns=(40 - number) * MINUTE)[0]
    kind = {"sqs": "sqs:", "kinesis": "kinesis:events/shardId-0/"}[trigger]
    bodies = [{"messageId": it, "body": json.dumps({"currency": "XXX" if it == "bad" else "EUR"})} for it in ids]
    root["attributes"] |= {
        "mendline.trigger": trigger, "mendline.trigger.source": source, "mendline.links.in": [kind + it for it in ids],
        "mendline.records": json.dumps({"size": len(ids), "failed": list(failed), **records}),
        "mendline.request": json.dumps({"Records": bodies}),
        "mendline.operations": json.dumps([["http", "api.example", "POST /", 1, called, 5.0, 5.0]]),
    }  # fmt: skip
    return root


@pytest.fixture
def queue(send_spans):
    """A message that fails three times, in batches with others that go well in the end; one that went well at last."""
    send_spans(
        _take(1, ["a", "bad"], failed=["a", "bad"], whole=True, at="bad"),
        _take(2, ["a"]), _take(3, ["b", "bad"], failed=["bad"], failing="bad"),
        _take(4, ["c"], failed=["c"], whole=True), _take(5, ["c"]), _take(6, ["bad"], failed=["bad"], whole=True),
        *[_take(number, [f"m{number}"]) for number in range(7, 37)],
        resource=PAYMENT,
    )  # fmt: skip


def test_the_record_is_named_and_what_it_failed_with_can_be_saved(store, queue, now):
    time_range = parse_range(None, None, now)
    (found,) = list_poison(store, time_range)
    assert (found.id, found.tries, found.named, found.is_certain) == ("bad", 3, 3, True)
    assert found.error == "OutOfStock"
    event = saved_event(store, time_range, "payment", "bad")
    assert [it["messageId"] for it in event["Records"]] == ["bad"]
    with pytest.raises(NotFoundError):
        saved_event(store, time_range, "payment", "a")
    told = answer(store, Question("exists(record.failing) | count() by function, record.failing", time_range, now))
    assert [list(row) for row in told.rows] == [["payment", "bad", 2]]


def test_it_is_a_finding_with_its_cost_and_the_next_step(store, queue, now):
    told = list_findings(store, parse_range(None, None, now), now)
    assert not told.failed
    (found,) = [it for it in told.found if it.what == "poison_record"]
    assert (found.resource, found.function, found.count, found.ids) == ("sqs/orders", "payment", 1, ("bad",))
    assert found.cost_usd
    assert found.since


@pytest.mark.parametrize(("called", "expected"), [(0, ["events/shardId-0/s1"]), (1, [])])
def test_what_a_stream_is_blocked_by_is_the_record_unless_each_try_failed_in_a_call(
    store, send_spans, now, called, expected
):
    tries = [_take(number, ["s1"], failed=["s1"], source=STREAM, whole=True, called=called) for number in (1, 2, 3)]
    send_spans(*tries, resource=ANALYTICS)
    found = list_findings(store, parse_range(None, None, now), now).found
    assert [id_ for it in found if it.what == "poison_record" for id_ in it.ids] == expected


def test_records_that_fail_as_everything_does_are_no_poison(store, send_spans, now):
    many = [_take(2 * number + again, [f"m{number}"], failed=[f"m{number}"], whole=True)
            for number in range(1, 10) for again in (0, 1)]  # fmt: skip
    send_spans(*many, resource=PAYMENT)
    assert "poison_record" not in {it.what for it in list_findings(store, parse_range(None, None, now), now).found}
