"""The table of metric names: the promised names, and no two meanings under one name."""

from __future__ import annotations

import pytest

from mendline.model.metric_names import (
    from_stream_name,
    mapped_metrics,
    our_dimension,
    our_name,
    stream_name,
)


@pytest.mark.parametrize(
    ("namespace", "metric", "name", "unit", "statistic"),
    [
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "sqs.messages_visible", "{message}", "Maximum"),
        ("AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "sqs.messages_in_flight", "{message}", "Maximum"),
        ("AWS/SQS", "ApproximateAgeOfOldestMessage", "sqs.age_of_oldest_message", "s", "Maximum"),
        ("AWS/Kinesis", "GetRecords.IteratorAgeMilliseconds", "kinesis.iterator_age", "ms", "Maximum"),
        ("AWS/Lambda", "Throttles", "lambda.throttles", "{call}", "Sum"),
        ("AWS/Lambda", "ConcurrentExecutions", "lambda.concurrency", "{execution}", "Maximum"),
        ("AWS/Lambda", "AsyncEventAge", "lambda.async_event_age", "ms", "Maximum"),
    ],
)
def test_the_promised_names_are_there(namespace, metric, name, unit, statistic):
    ours = our_name(namespace, metric)
    assert (ours.name, ours.unit, ours.statistic) == (name, unit, statistic)
    assert ours.is_sum == (statistic == "Sum")


def test_unknown_metrics_keep_their_own_name():
    assert our_name("AWS/Lambda", "Nonsense") is None
    assert our_name("Shop", "Throttles") is None
    assert from_stream_name("process.cpu.time") is None


def test_both_forms_of_a_metric_stream_lead_to_one_name():
    for namespace, metric in mapped_metrics():
        assert from_stream_name(stream_name(namespace, metric)) == our_name(namespace, metric)


def test_one_name_has_one_unit_and_one_statistic():
    seen = {}
    for key in mapped_metrics():
        ours = our_name(*key)
        assert seen.setdefault(ours.name, ours) == ours


def test_dimensions_have_plain_names_and_unknown_ones_stay():
    assert our_dimension("QueueName") == "queue"
    assert our_dimension("Flavour") == "Flavour"
