"""Which series are asked for: those that a thing can have, and no others, because each is paid for."""

from __future__ import annotations

import pytest

from mendline.aws.configuration import Thing
from mendline.aws.series import wanted_series

SQS = "arn:aws:sqs:eu-central-1:1:orders"
KINESIS = "arn:aws:kinesis:eu-central-1:1:stream/clicks"
TABLE = "arn:aws:dynamodb:eu-central-1:1:table/orders/stream/2026-11-23T00:00:00.000"
PLAIN = {"dead_letter_target": None, "async": {}, "event_sources": []}


def metrics(facts):
    return {series.metric for series in wanted_series([Thing("lambda", "f", facts)]) if series.dimensions}


ALWAYS = {"Throttles", "ConcurrentExecutions", "AsyncEventAge"}


@pytest.mark.parametrize(
    ("facts", "more"),
    [
        (PLAIN, set()),
        (PLAIN | {"dead_letter_target": SQS}, {"DeadLetterErrors"}),
        (PLAIN | {"async": {"$LATEST": {"on_failure": SQS}}}, {"DestinationDeliveryFailures"}),
        (PLAIN | {"async": {"$LATEST": {"max_retries": 0}}}, set()),
        (PLAIN | {"event_sources": [{"source": SQS}]}, set()),
        (PLAIN | {"event_sources": [{"source": KINESIS}]}, {"IteratorAge"}),
        ({}, {"DeadLetterErrors", "DestinationDeliveryFailures", "IteratorAge"}),  # not known: ask
    ],
)
def test_a_function_is_asked_for_what_it_can_have(facts, more):
    assert metrics(facts) == ALWAYS | more


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ([TABLE], [("lambda.iterator_age", {"function": "f"}),
                   ("dynamodb_streams.iterator_age", {"function": "f", "table": "orders"})]),
        ([KINESIS], [("lambda.iterator_age", {"function": "f"})]),
        ([TABLE, KINESIS], [("lambda.iterator_age", {"function": "f"})]),  # whose age it is cannot be told
    ],
)  # fmt: skip
def test_the_age_of_the_only_stream_is_said_to_be_the_tables(sources, expected):
    facts = PLAIN | {"event_sources": [{"source": source} for source in sources]}
    [series] = [one for one in wanted_series([Thing("lambda", "f", facts)]) if one.metric == "IteratorAge"]
    assert [(name.name, dict(attributes)) for name, attributes in series.ours] == expected


def test_a_dead_letter_queue_is_counted_as_one_and_is_always_asked_for():
    things = [
        Thing("sqs", "dlq", {"arn": "arn:dlq"}),
        Thing("sqs", "orders", {"arn": SQS, "dead_letter_queue": "arn:dlq"}),
    ]
    names = {
        (name.name, dict(attributes)["queue"]): series.urgent
        for series in wanted_series(things)
        for name, attributes in series.ours
    }
    assert names[("dlq.messages_visible", "dlq")]
    assert ("dlq.messages_visible", "orders") not in names
    assert names[("sqs.messages_visible", "orders")]
    assert not names[("sqs.messages_sent", "orders")]


def test_the_account_is_asked_for_only_where_there_are_functions():
    assert not [one for one in wanted_series([Thing("kinesis", "clicks", {})]) if not one.dimensions]
    account = [one.metric for one in wanted_series([Thing("lambda", "f", PLAIN)]) if not one.dimensions]
    assert account == ["ConcurrentExecutions", "UnreservedConcurrentExecutions"]


def test_series_have_keys_of_their_own():
    things = [Thing(type_, "same", {}) for type_ in ("lambda", "sqs", "kinesis", "dynamodb")]
    keys = [series.key for series in wanted_series(things)]
    assert len(set(keys)) == len(keys)
