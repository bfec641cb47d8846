"""Queues and streams: what waits, how long until it is worked off or lost, and who takes from them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from web.markup import Markup
from web.shop import LAMBDA, configuration, order, readings

from mendline.insight.backlogs import list_backlogs
from mendline.model.backlog import Backlog
from mendline.model.timerange import parse_range

DAY = 86400
JAMMED = {"queue": "jammed"}


def _backlog(depth, age, slope, in_, out):
    return Backlog(
        type="sqs", name="q", depth=depth, in_flight=None, age_s=age, age_slope=slope, in_per_s=in_, out_per_s=out,
        retention_s=4 * DAY, retention_known=True, takes_dead_letters=False, dead_letter_queue="", max_receives=0,
        consumers=(), trend=(), last=datetime(2026, 5, 1, tzinfo=UTC),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("told", "state", "drain_s", "loss_s"),
    [
        ((0, 0, 0.0, 1.0, 1.0), "empty", 0, None),
        ((100, 50, -0.5, 1.0, 3.0), "draining", 50, None),
        ((100, 50, 1.0, 3.0, 1.0), "growing", None, 4 * DAY - 50),
        ((100, 2 * DAY, 0.5, 1.0, 1.0), "growing", None, 4 * DAY),
        ((100, 5 * DAY, 1.0, 1.0, 1.0), "growing", None, 0),
        ((100, 50, 1e-6, 1.0, 1.0), "waiting", None, None),
        ((100, None, None, None, None), "waiting", None, None),
        ((None, None, None, None, None), "unknown", None, None),
        ((None, 0, 0.0, 1.0, None), "empty", 0, None),
        ((None, 100, -2.0, 1.0, None), "draining", 50, None),
    ],
)
def test_time_to_drain_and_to_loss_follow_from_the_rates(told, state, drain_s, loss_s):
    backlog = _backlog(*told)
    assert (backlog.state, backlog.drain_s, backlog.loss_s) == (state, drain_s, loss_s)


@pytest.fixture
def queues(send_spans, tell):
    """A queue that grows by 60 a minute, whose oldest message stays; a stream; a table's stream."""
    arns = {"sqs": "arn:aws:sqs:eu-central-1:1:jammed", "dynamodb": "arn:aws:dynamodb:eu-central-1:1:table/t/stream/x"}
    for number, (trigger, arn) in enumerate(arns.items(), 1):
        root, call = order(number)
        root["attributes"] |= {"mendline.trigger": trigger, "mendline.trigger.source": arn}
        send_spans(root, call, resource={**LAMBDA, "faas.name": f"of-{trigger}"})
    facts = {"retention_s": 3600, "max_receives": 3, "dead_letter_queue": "arn:aws:sqs:eu-central-1:1:given-up"}
    of = {"mendline.resource.type": "sqs", "mendline.resource.name": "jammed"}
    steps = range(11)
    tell([
        configuration(json.dumps(facts), resource=of),
        readings([
            ("sqs.messages_visible", JAMMED, [60.0 * it for it in steps]),
            ("sqs.age_of_oldest_message", JAMMED, [60.0 * it for it in steps]),
            ("sqs.messages_sent", JAMMED, [90.0 for _ in steps]),
            ("sqs.messages_deleted", JAMMED, [30.0 for _ in steps]),
            ("dlq.messages_visible", {"queue": "given-up"}, [7.0]),
            ("kinesis.iterator_age", {"stream": "events"}, [1000.0 * (10 - it) for it in steps]),
            ("dynamodb_streams.iterator_age", {"function": "of-dynamodb"}, [0.0]),
            ("lambda.concurrency", {"function": "of-sqs"}, [2.0]),
        ]),
    ])  # fmt: skip


def test_metrics_configuration_and_consumers_come_together(store, queues, now):
    found = {(it.type, it.name): it for it in list_backlogs(store, parse_range(None, None, now))}
    assert list(found) == [("dynamodb", "t"), ("kinesis", "events"), ("sqs", "given-up"), ("sqs", "jammed")]
    jammed = found["sqs", "jammed"]
    assert (jammed.depth, jammed.age_s, jammed.state) == (600, 600, "growing")
    assert (jammed.in_per_s, jammed.out_per_s) == (pytest.approx(1.5), pytest.approx(0.5))
    assert jammed.age_slope == pytest.approx(1)
    assert jammed.loss_s == pytest.approx(3000)
    assert (jammed.dead_letter_queue, jammed.max_receives, jammed.retention_known) == ("given-up", 3, True)
    assert [(it.function, it.concurrency) for it in jammed.consumers] == [("of-sqs", 2)]
    assert found["sqs", "given-up"].takes_dead_letters
    assert (found["kinesis", "events"].state, found["kinesis", "events"].age_s) == ("empty", 0)
    assert [it.function for it in found["dynamodb", "t"].consumers] == ["of-dynamodb"]


def test_page_shows_what_grows_first_and_leads_to_its_metric(client, queues):
    answer = client.get("/queues")
    page = Markup(answer.text)
    assert page.links(class_="row-link")[0].endswith("type=sqs&name=jammed")
    for part in ("growing", "not at this rate", "50.0 min", "to be looked at", "given-up after 3", "of-sqs"):
        assert part in page.text
    (link,) = [url for url in page.links() if "sqs.messages_visible" in url]
    assert client.get(link.replace("/explore", "/explore.json")).json()["answer"]["rows"]
    assert client.get("/queues.json").json()["queues"][0]["loss_s"] == pytest.approx(3000)


def test_page_without_metrics_says_how_to_have_them(client, send_spans):
    assert "AWS_LAMBDA_EXEC_WRAPPER" in client.get("/queues").text
    send_spans(*order(1), resource=LAMBDA)
    assert "No metric tells of a queue" in client.get("/queues").text


def test_record_that_fails_again_and_again_and_the_age_of_each_shard_are_told(client, send_spans, tell):
    tell([readings([("kinesis.iterator_age", {"stream": "events"}, [500.0])])])
    for number, (shard, age_s, told) in enumerate(
        [("a", 9, {"failing": "seq-7"}), ("a", 5, {"at": "seq-7"}), ("b", 1, {"failing": "seq-1"}), ("b", 2, {})], 1
    ):
        root = order(number, ago_ns=(10 - number) * 60 * 10**9)[0]
        root["attributes"] |= {
            "mendline.trigger": "kinesis",
            "mendline.trigger.source": "arn:aws:kinesis:eu-central-1:1:stream/events",
            "mendline.links.in": [f"kinesis:events/shardId-{shard}/seq-{number}"],
            "mendline.trigger.sent_at": root["start"] - age_s * 10**9,
            "mendline.records": json.dumps({"size": 3, **told}),
        }
        send_spans(root, resource=LAMBDA)
    (told,) = client.get("/queues.json").json()["queues"]
    failing = told["backlog"]["failing"]
    assert (failing["id"], failing["tries"]) == ("seq-7", 2)
    ages = {it["id"]: it["age_s"] for it in told["backlog"]["shards"]}
    assert ages == pytest.approx({"shardId-a": 5, "shardId-b": 2})
    page = Markup(client.get("/queues").text)
    assert "seq-7 2 times" in page.text
    assert "events by shard: 2" in page.text
