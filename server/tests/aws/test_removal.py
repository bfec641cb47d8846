"""One message is taken out of its queue, with a copy that is kept; the others stay; it can be put back."""

from __future__ import annotations

import json
import stat

import pytest
from aws import shop
from aws.local_aws import REGION

from mendline.aws.passing_over import changed, settings_of
from mendline.aws.removal import Removals
from mendline.aws.sources import Source
from mendline.errors import NotFoundError, UsageError


@pytest.fixture
def queue(clients):
    """A queue of three messages, with a dead-letter queue; answers the client, the URLs, and the ids by body."""
    sqs = clients("sqs")
    dead = sqs.create_queue(QueueName="orders-dlq")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "9"})
    url = sqs.create_queue(QueueName="orders", Attributes={"RedrivePolicy": redrive})["QueueUrl"]
    tenant = {"tenant": {"DataType": "String", "StringValue": "alder"}}
    ids = {
        body: sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=tenant)["MessageId"]
        for body in ("good", "poison", "better")
    }
    return sqs, url, dead, ids


@pytest.fixture
def removals(endpoint, clock, tmp_path):
    return Removals(tmp_path / "removed", [Source("local", (REGION,), endpoint_url=endpoint)], clock)


def bodies(sqs, url):
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages") or ()
    return sorted(message["Body"] for message in found)


def test_it_is_looked_for_taken_out_and_put_back(queue, removals, tmp_path):
    sqs, url, _, ids = queue
    found = removals.look("orders", ids["poison"])
    assert (found.body, found.number) == ("poison", 0)
    assert bodies(sqs, url) == ["better", "good", "poison"]
    taken = removals.take_out("orders", ids["poison"], "key 7")
    assert bodies(sqs, url) == ["better", "good"]
    (copy,) = (tmp_path / "removed").iterdir()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert json.loads(copy.read_text())["body"] == "poison"
    assert "body" not in taken.without_message()
    back = removals.put_back(taken.number)
    assert back.put_back_id
    assert bodies(sqs, url) == ["better", "good", "poison"]
    assert [(it.by, it.put_back_id) for it in removals.removed()] == [("key 7", back.put_back_id)]
    with pytest.raises(UsageError):
        removals.put_back(taken.number)


def test_it_is_moved_to_the_dead_letter_queue_and_back(queue, removals):
    sqs, url, dead, ids = queue
    taken = removals.take_out(f"arn:aws:sqs:{REGION}:000000000000:orders", ids["poison"], "", move=True)
    assert (bodies(sqs, url), bodies(sqs, dead)) == (["better", "good"], ["poison"])
    removals.put_back(taken.number)
    assert (bodies(sqs, url), bodies(sqs, dead)) == (["better", "good", "poison"], [])


def test_what_is_not_there_is_told_and_changes_nothing(queue, removals):
    sqs, url, _, _ = queue
    for queue_name, message in (("orders", "none"), ("nowhere", "none")):
        with pytest.raises(NotFoundError):
            removals.look(queue_name, message)
    with pytest.raises(NotFoundError):
        removals.put_back(1)
    assert bodies(sqs, url) == ["better", "good", "poison"]


RECORD = "clicks/shardId-000000000000/4959"


@pytest.fixture
def mapping(clients):
    """A function that takes from a stream without limits; answers how to read its mapping."""
    shop.function(clients)
    clients("kinesis").create_stream(StreamName="clicks", ShardCount=1)
    arn = clients("kinesis").describe_stream_summary(StreamName="clicks")["StreamDescriptionSummary"]["StreamARN"]
    made = clients("lambda").create_event_source_mapping(
        FunctionName="checkout", EventSourceArn=arn, StartingPosition="LATEST", Enabled=False
    )
    return lambda: settings_of(clients("lambda").get_event_source_mapping(UUID=made["UUID"]))


@pytest.mark.parametrize("action", ["filter", "bisect", "skip"])
def test_a_stream_passes_over_a_record_and_is_set_back(mapping, removals, action):
    before = mapping()
    dry = removals.pass_over("kinesis/clicks", "checkout", RECORD, action, "", dry=True)
    assert (dry.number, mapping(), removals.removed()) == (0, before, ())
    done = removals.pass_over("kinesis/clicks", "checkout", RECORD, action, "key 7")
    assert done.after == dry.after
    assert mapping() == before | done.after
    with pytest.raises(UsageError):  # it is so already
        removals.pass_over("clicks", "checkout", RECORD, action, "")
    removals.put_back(done.number)
    assert mapping() == before
    with pytest.raises(NotFoundError):
        removals.pass_over("nowhere", "checkout", RECORD, action, "")


def test_filters_that_are_there_already_hold_beside():
    before = {"FilterCriteria": {"Filters": [{"Pattern": '{"data": {"kind": ["order"]}}'}]}}
    after = changed("filter", before, "orders/e1", "arn:aws:dynamodb:eu-central-1:1:table/orders/stream/2026")
    (only,) = after["FilterCriteria"]["Filters"]
    assert json.loads(only["Pattern"]) == {"data": {"kind": ["order"]}, "eventID": [{"anything-but": ["e1"]}]}
