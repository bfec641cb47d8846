"""What became of each record of a batch: the rules of partial batch responses, and the poison record by its id."""

from __future__ import annotations

import json

import pytest


def sqs(*ids):
    return {"Records": [{"messageId": i, "eventSource": "aws:sqs", "eventSourceARN": "a:q", "body": "{}"} for i in ids]}


def kinesis(*ids):
    return {"Records": [{"eventSource": "aws:kinesis", "kinesis": {"sequenceNumber": i}} for i in ids]}


def dynamodb(*ids):
    return {"Records": [{"eventSource": "aws:dynamodb", "dynamodb": {"SequenceNumber": i}} for i in ids]}


def failures(*ids):
    return {"batchItemFailures": [{"itemIdentifier": i} for i in ids]}


ALL = {"size": 3, "failed": ["1", "2", "3"], "invalid": True}
RETURNED = [
    # what the handler returned, what is told
    (None, {"size": 3, "failed": []}),
    ({}, {"size": 3, "failed": []}),
    ("text", {"size": 3, "failed": []}),
    ({"batchItemFailures": None}, {"size": 3, "failed": []}),
    (failures(), {"size": 3, "failed": []}),
    (failures("2"), {"size": 3, "failed": ["2"], "failing": "2"}),
    (failures("2", "2"), {"size": 3, "failed": ["2"], "failing": "2"}),
    (failures("2", "3"), {"size": 3, "failed": ["2", "3"]}),
    (failures(""), ALL), (failures(None), ALL), (failures("4"), ALL), (failures(5), ALL),
    ({"batchItemFailures": [{"id": "2"}]}, ALL), ({"batchItemFailures": ["2"]}, ALL),
    ({"batchItemFailures": "2"}, ALL), ({"batchItemFailures": {}}, ALL),
    ({"batchItemFailures": ()}, {"size": 3, "failed": []}),
]  # fmt: skip


@pytest.mark.parametrize("make", [sqs, kinesis, dynamodb])
@pytest.mark.parametrize(("returned", "told"), RETURNED)
def test_a_partial_batch_response_is_read_as_lambda_reads_it(run, attributes, make, returned, told):
    root = run(lambda event, context: returned, make("1", "2", "3"))
    assert json.loads(attributes(root)["mendline.records"]) == told


def _raised(traced, collector, make_context, attributes, handler, event):
    with pytest.raises(ValueError, match="poison"):
        traced(handler)(event, make_context())
    collector.wait(collector.roots)
    return json.loads(attributes(collector.root())["mendline.records"])


@pytest.mark.parametrize("make", [sqs, kinesis, dynamodb])
def test_an_exception_fails_all_records(traced, collector, make_context, attributes, make):
    def handler(event, context):
        raise ValueError("poison")

    told = _raised(traced, collector, make_context, attributes, handler, make("1", "2"))
    assert told == {"size": 2, "failed": ["1", "2"]}


def test_the_record_in_the_hands_of_the_failing_code_is_named(traced, collector, make_context, attributes):
    def work(body):
        raise ValueError("poison " + body)

    def handler(event, context):
        for record in event["Records"]:
            if record["messageId"] == "2":
                work(record["body"])

    told = _raised(traced, collector, make_context, attributes, handler, sqs("1", "2", "3"))
    assert told == {"size": 3, "failed": ["1", "2", "3"], "at": "2"}


def test_the_record_that_takes_all_the_time_is_named_before_the_time_is_up(traced, collector, make_context, attributes):
    def work(body):
        collector.wait(collector.roots)

    def handler(event, context):
        for record in event["Records"]:
            if record["messageId"] == "2":
                work(record["body"])
            del record

    traced(handler)(sqs("1", "2", "3"), make_context(400))
    found = attributes(collector.roots()[0])
    assert found["mendline.unfinished"] is True
    assert json.loads(found["mendline.records"]) == {"size": 3, "at": "2"}


def test_a_batch_of_one_names_it_when_it_fails(traced, collector, make_context, attributes):
    def handler(event, context):
        event.clear() if context is None else None
        raise ValueError("poison")

    told = _raised(traced, collector, make_context, attributes, handler, sqs("1"))
    assert told == {"size": 1, "failed": ["1"], "failing": "1"}


def test_many_failed_records_are_counted_and_some_are_named(traced, collector, make_context, attributes):
    def handler(event, context):
        raise ValueError("poison")

    event = sqs(*(f"id-{i}" for i in range(5_000)))
    told = _raised(traced, collector, make_context, attributes, handler, event)
    assert (told["size"], told["failed_count"], len(told["failed"])) == (5_000, 5_000, 100)


def test_records_that_firehose_cannot_deliver_are_named(run, attributes):
    records = [{"recordId": str(i), "data": ""} for i in range(3)]
    answer = {"records": [{**r, "result": "ProcessingFailed" if r["recordId"] == "1" else "Ok"} for r in records]}
    root = run(lambda event, context: answer, {"deliveryStreamArn": "arn:x", "records": records})
    assert json.loads(attributes(root)["mendline.records"]) == {"size": 3, "failed": ["1"], "failing": "1"}


@pytest.mark.parametrize("broken", ["records", "event"])
def test_an_event_that_the_handler_emptied_is_no_harm(traced, collector, make_context, attributes, broken):
    def handler(event, context):
        event.clear() if broken == "event" else event["Records"].clear()
        raise ValueError("poison")

    told = _raised(traced, collector, make_context, attributes, handler, sqs("1", "2"))
    assert told == {"size": 2, "failed": [], "failed_count": 2}
