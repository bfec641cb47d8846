"""Firehose deliveries: good records are kept whatever lies beside them, and each answer is what Firehose expects."""

from __future__ import annotations

import base64
import gzip
import json

import pytest
from aws_payloads import log_records, message_of, resource_of
from hypothesis import given, settings
from hypothesis import strategies as st

from mendline.errors import IngestError
from mendline.ingest.cloudwatch.convert import from_firehose
from mendline.ingest.cloudwatch.firehose import answer

REQUEST = "ed4acda5-034f-9f42-bba1-f29aea6d7d8f"
HEADERS = {
    "x-amz-firehose-protocol-version": "1.0",
    "x-amz-firehose-request-id": REQUEST,
    "x-amz-firehose-source-arn": "arn:aws:firehose:eu-west-1:123456789012:deliverystream/mendline-logs",
    "x-amz-firehose-common-attributes": '{"commonAttributes":{"team":"shop","n":1}}',
    "content-type": "application/json",
}


def _delivery(*records, request_id=REQUEST):
    data = [{"data": base64.b64encode(record).decode()} for record in records]
    return json.dumps({"requestId": request_id, "timestamp": 1795414202090, "records": data}).encode()


def _bodies(converted):
    return [record.body.string_value for record in log_records(converted)]


def test_records_of_log_subscriptions_become_log_records():
    body = _delivery(gzip.compress(message_of("one")), gzip.compress(message_of("two") + message_of("three")))
    converted = from_firehose(body, HEADERS)
    assert _bodies(converted) == ["one", "two", "three"]
    assert (converted.request_id, converted.left_out) == (REQUEST, ())
    converted = from_firehose(_delivery(gzip.compress(message_of("one"))), HEADERS)
    assert resource_of(converted)["cloud.region"] == "eu-west-1"


def test_a_compressed_delivery_is_read():
    body = gzip.compress(_delivery(message_of("plain JSON")))
    assert _bodies(from_firehose(body, HEADERS | {"content-encoding": "gzip"})) == ["plain JSON"]


def test_control_messages_and_empty_deliveries_give_nothing():
    control = json.dumps({"messageType": "CONTROL_MESSAGE", "owner": "CloudwatchLogs", "logGroup": "", "logEvents": []})
    converted = from_firehose(_delivery(gzip.compress(control.encode())), HEADERS)
    assert (converted.exports, converted.left_out) == ((), ())
    assert from_firehose(_delivery(), HEADERS).exports == ()


GOOD = gzip.compress(message_of("good"))


@pytest.mark.parametrize(
    ("corrupt", "reason"),
    [
        (gzip.compress(message_of("x"))[:-6], "bad_encoding"),
        (gzip.compress(b"not json"), "bad_json"),
        (gzip.compress(b""), "bad_json"),
        (gzip.compress(b'{"messageType":"DATA_MESSAGE","logEvents":[' + b"0," * 200_000 + b"0]}"), "too_many_records"),
        (gzip.compress(b'{"unknown": 1}'), "malformed"),
        (gzip.compress(b"[" * 1000), "bad_json"),
        (gzip.compress(b"\0" * 40_000_000), "too_large"),
        (gzip.compress(b"{}" * 1_100_000), "too_many_records"),
        (b"", "malformed"),
        (b"plain text", "malformed"),
        (b"\xff" * 100, "malformed"),
        (b"{" * 100, "malformed"),
        (message_of("x")[:-10], "malformed"),
    ],
    ids=range(13),
)
def test_one_corrupt_record_costs_no_other(corrupt, reason):
    converted = from_firehose(_delivery(GOOD, corrupt, GOOD), HEADERS)
    assert _bodies(converted) == ["good", "good"]
    assert converted.left_out == ((reason, 1),)
    (lost,) = converted.lost
    assert (lost.reason, lost.record) == (reason, 1)
    assert lost.message
    assert lost.data == corrupt or json.loads(lost.data)


@pytest.mark.parametrize("record", [{"data": "!"}, {"data": 3}, {}, None, {"data": "abc"}, {"data": "é\ud83d"}])
def test_records_that_are_no_base64_cost_no_other(record):
    delivery = json.loads(_delivery(GOOD))
    delivery["records"].append(record)
    converted = from_firehose(json.dumps(delivery).encode(), HEADERS)
    assert (_bodies(converted), converted.left_out) == (["good"], (("malformed", 1),))


def test_of_many_corrupt_records_all_are_counted_and_some_are_kept():
    converted = from_firehose(_delivery(*[b"?"] * 1500, GOOD), HEADERS)
    assert (converted.left_out, len(converted.lost), _bodies(converted)) == ((("malformed", 1500),), 1000, ["good"])


def test_what_follows_a_broken_document_in_a_record_is_told():
    converted = from_firehose(_delivery(gzip.compress(message_of("kept") + b'{"half')), HEADERS)
    assert (_bodies(converted), converted.left_out) == (["kept"], (("bad_json", 1),))


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        (b"", {}, "malformed"),
        (b"[]", {}, "malformed"),
        (b'{"records": 3}', {}, "malformed"),
        (b'{"records": []} {}', {}, "malformed"),
        (b"not gzip", {"content-encoding": "gzip"}, "bad_encoding"),
        (b"{}", {"content-encoding": "br"}, "bad_encoding"),
        (b" " * 70_000_000, {}, "too_large"),
        (gzip.compress(b" " * 70_000_000), {"content-encoding": "gzip"}, "too_large"),
        (b'{"records": [' + b"{}," * 1_100_000, {}, "too_many_records"),
        (b'{"records": [' + b"{}," * 100_000 + b"{}]}", {}, "too_many_records"),
    ],
    ids=range(10),
)
def test_a_delivery_that_cannot_be_read_is_refused_whole(body, headers, code):
    with pytest.raises(IngestError) as refused:
        from_firehose(body, HEADERS | headers)
    assert refused.value.code == code


def test_a_delivery_without_any_request_id_is_refused():
    with pytest.raises(IngestError):
        from_firehose(b'{"records": []}', {})
    assert from_firehose(_delivery(request_id="own"), {}).request_id == "own"


def test_a_delivery_larger_than_memory_allows_is_refused_whole():
    records = [gzip.compress(message_of("x" * 1_000_000))] * 5
    with pytest.raises(IngestError) as refused:
        from_firehose(_delivery(*records), HEADERS, most_bytes=3_000_000)
    assert refused.value.code == "too_large"
    assert len(_bodies(from_firehose(_delivery(*records), HEADERS, most_bytes=6_000_000))) == 5


def test_answers_have_firehoses_own_shape():
    assert json.loads(answer(REQUEST, 1795414202090)) == {"requestId": REQUEST, "timestamp": 1795414202090}
    told = json.loads(answer(REQUEST, 1, "e" * 20_000))
    assert told["errorMessage"] == "e" * 8000


@settings(max_examples=80, deadline=None)
@given(st.lists(st.binary(max_size=60) | st.sampled_from([GOOD, message_of("good"), GOOD[:-3]]), max_size=6))
def test_no_bytes_make_a_delivery_fail_or_lose_its_good_records(records):
    converted = from_firehose(_delivery(*records), HEADERS)
    good = sum(record in (GOOD, message_of("good")) for record in records)
    assert _bodies(converted).count("good") == good
    assert good + sum(count for _, count in converted.left_out) >= len(records) - len(converted.exports)
