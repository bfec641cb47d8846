"""Metrics read from a real emulator: every point once, late ones too, and what was missed while away."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from aws import shop
from aws.local_aws import REGION

from mendline.aws.configuration import Thing
from mendline.aws.metrics import Metrics
from mendline.aws.progress import Progress
from mendline.aws.series import wanted_series

QUEUE = Thing("sqs", "orders", {"arn": "arn:orders"})


@pytest.fixture
def put(clients, clock):
    """Puts values of a metric, minutes ago by the hand-driven clock."""

    def put(by_minutes_ago, metric="ApproximateNumberOfMessagesVisible", namespace="AWS/SQS", **dimensions):
        names = dimensions or {"QueueName": "orders"}
        data = [
            {
                "MetricName": metric,
                "Dimensions": [{"Name": name, "Value": value} for name, value in names.items()],
                "Timestamp": clock.now() - timedelta(minutes=minutes),
                "Value": value,
            }
            for minutes, value in by_minutes_ago.items()
        ]
        for first in range(0, len(data), 500):
            clients("cloudwatch").put_metric_data(Namespace=namespace, MetricData=data[first : first + 500])

    return put


@pytest.fixture
def reader(endpoint, calls_to, inbox, clock, tmp_path):
    """A reader of metrics on its own; a second one is a restart."""

    def make(period_s=60):
        return Metrics(calls_to(endpoint), Progress(tmp_path / "metrics.json", inbox.emit), clock, period_s=period_s)

    return make


def visible(inbox):
    return [(value.end_s, value.value) for value in inbox.values() if value.name == "sqs.messages_visible"]


def test_values_come_under_our_names_with_their_place_and_period(clients, put, readers, inbox, clock):
    shop.whole_shop(clients)
    put({5: 3.0}, QueueName="orders-dlq")
    put({5: 7.0}, "NumberOfMessagesSent")
    put({5: 2.0}, "Throttles", "AWS/Lambda", FunctionName="checkout")
    put({5: 61_000.0}, "GetRecords.IteratorAgeMilliseconds", "AWS/Kinesis", StreamName="clicks")
    put({5: 1.0}, "WriteThrottleEvents", "AWS/DynamoDB", TableName="orders-table")
    readers.pass_once()
    at = int(clock.now().timestamp()) - 300
    found = {(value.name, *value.attributes.values()): value for value in inbox.values()}
    assert {key: (value.kind, value.unit, value.value) for key, value in found.items()} == {
        ("sqs.messages_visible", "orders-dlq"): ("gauge", "{message}", 3.0),
        ("dlq.messages_visible", "orders-dlq"): ("gauge", "{message}", 3.0),
        ("sqs.messages_sent", "orders"): ("sum", "{message}", 7.0),
        ("lambda.throttles", "checkout"): ("sum", "{call}", 2.0),
        ("kinesis.iterator_age", "clicks"): ("gauge", "ms", 61_000.0),
        ("dynamodb.write_throttles", "orders-table"): ("sum", "{call}", 1.0),
    }
    assert {(value.start_s, value.end_s) for value in found.values()} == {(at, at + 60)}
    place = {"cloud.provider": "aws", "cloud.account.id": "000000000000", "cloud.region": REGION}
    assert all(value.resource == place for value in found.values())


def test_each_point_is_handed_over_once_and_late_ones_too(put, reader, inbox, clock):
    metrics, wanted = reader(), wanted_series([QUEUE])
    put({10: 1.0, 8: 2.0})
    metrics.read(wanted)
    put({9: 3.0})  # CloudWatch was late
    clock.move(minutes=2)
    metrics.read(wanted)
    metrics.read(wanted)
    assert [value for _, value in visible(inbox)] == [1.0, 2.0, 3.0]


def test_a_period_that_has_not_settled_is_left_to_a_later_pass(put, reader, inbox, clock):
    metrics, wanted = reader(), wanted_series([QUEUE])
    put({1: 5.0})
    metrics.read(wanted)
    assert not visible(inbox)
    put({1: 8.0})
    clock.move(minutes=2)
    metrics.read(wanted)
    assert [value for _, value in visible(inbox)] == [8.0]


def test_what_was_missed_while_away_is_read_once(put, reader, inbox, clock):
    wanted = wanted_series([QUEUE])
    put({5: 1.0})
    reader().read(wanted)
    clock.move(hours=7)
    put(dict.fromkeys(range(4, 420), 2.0))
    reader().read(wanted)
    reader().read(wanted)
    moments = Counter(end for end, _ in visible(inbox))
    assert set(moments.values()) == {1}
    assert len(moments) == 417  # the one before, and all of seven hours but the last minutes


def test_more_than_a_day_is_not_caught_up(put, reader, inbox, clock):
    wanted = wanted_series([QUEUE])
    put({5: 1.0})
    reader().read(wanted)
    clock.move(days=3)
    put(dict.fromkeys(range(10, 3 * 1440 - 10, 60), 2.0))
    reader().read(wanted)
    oldest = min(end for end, value in visible(inbox) if value == 2.0)
    assert clock.now().timestamp() - oldest <= 86_400


def test_points_that_could_not_be_handed_over_come_later_and_once(put, reader, inbox, clock):
    metrics, wanted = reader(), wanted_series([QUEUE])
    put({10: 1.0})
    inbox.failing = OSError("no space left")
    with pytest.raises(OSError, match="no space left"):
        metrics.read(wanted)
    inbox.failing = None
    reader().read(wanted)
    assert [value for _, value in visible(inbox)] == [1.0]


def test_five_minute_periods_are_asked_for_where_wanted(put, reader, inbox, clock):
    put(dict.fromkeys(range(40), 1.0), "NumberOfMessagesSent")
    reader(300).read(wanted_series([QUEUE]))
    sums = [value for value in inbox.values() if value.name == "sqs.messages_sent"]
    assert sums
    assert {(value.end_s - value.start_s, value.start_s % 300, value.value) for value in sums} == {(300, 0, 5.0)}


def test_more_series_than_one_call_takes_are_all_read(put, endpoint, calls_to, inbox, clock, tmp_path):
    things = [Thing("sqs", f"q{number}", {"arn": f"arn:{number}"}) for number in range(150)]
    for number in (0, 149):
        put({5: float(number + 1)}, QueueName=f"q{number}")
    calls = calls_to(endpoint)
    calls.account  # noqa: B018 - so that only readings are counted
    Metrics(calls, Progress(tmp_path / "m.json", inbox.emit), clock, period_s=60).read(wanted_series(things))
    assert calls.status.counts()["calls"] == 3  # 1,050 series
    assert sorted(value for _, value in visible(inbox)) == [1.0, 150.0]


def test_silent_series_are_asked_for_rarely_except_depths_of_queues(endpoint, calls_to, inbox, clock, tmp_path):
    calls = calls_to(endpoint)
    metrics = Metrics(calls, Progress(tmp_path / "m.json", inbox.emit), clock, period_s=60)
    wanted = wanted_series([QUEUE])
    asked = []
    for _ in range(200):
        before = calls.status.counts().get("metrics_asked", 0)
        metrics.read(wanted)
        asked.append(calls.status.counts()["metrics_asked"] - before)
        clock.move(minutes=2)
    assert asked[0] == 7
    assert min(asked) == 1
    assert sum(asked[-30:]) <= 30 + 4 * 6


def test_what_a_rested_series_had_meanwhile_is_not_lost(put, reader, inbox, clock):
    metrics, wanted = reader(), wanted_series([QUEUE])
    for _ in range(120):
        metrics.read(wanted)
        clock.move(minutes=2)
    put({3: 4.0}, "NumberOfMessagesSent")
    for _ in range(12):
        metrics.read(wanted)
        clock.move(minutes=2)
    assert [value.value for value in inbox.values() if value.name == "sqs.messages_sent"] == [4.0]


def test_what_asking_costs_is_said(clients, readers):
    shop.whole_shop(clients)
    readers.pass_once()
    assert any("USD a day" in sentence for sentence in readers.status())
