"""Log records are found by words, by trace and by invocation; each counts once."""

from __future__ import annotations

import time

import pytest
from halves import report
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from otlp_requests import LAMBDA, any_value, pairs

from mendline.errors import UsageError
from mendline.insight.logs import invocation_logs, list_logs
from mendline.insight.traces import get_trace
from mendline.model.log import FROM_AGENT, FROM_CLOUDWATCH
from mendline.model.signal import Signal
from mendline.model.timerange import parse_range
from mendline.store import Payload

INSTANCE = {**LAMBDA, "faas.instance": "2026/11/23/[$LATEST]abc"}
SECOND = 10**9


def _request(*records, resource=INSTANCE, scope_name="test"):
    message = ExportLogsServiceRequest()
    group = message.resource_logs.add()
    group.resource.attributes.extend(pairs(resource))
    scope = group.scope_logs.add()
    scope.scope.name = scope_name
    for given in records:
        fields = {key: value for key, value in given.items() if key not in ("body", "attributes", "time")}
        record = scope.log_records.add(time_unix_nano=given.get("time", time.time_ns()), **fields)
        if "body" in given:
            record.body.CopyFrom(any_value(given["body"]))
        record.attributes.extend(pairs(given.get("attributes", {})))
    return message.SerializeToString()


@pytest.fixture
def send_logs(store):
    def send(*records, token="", **more):
        body = _request(*records, **more)
        store.insert(Signal.LOGS, [Payload(body, 0, time.time_ns())], token or f"logs-{time.time_ns()}")

    return send


@pytest.fixture
def hour(now):
    return lambda: parse_range("-1h", None, type(now).now(now.tzinfo))


def _bodies(records):
    return [record.body for record in records]


def test_record_is_kept_whole(store, send_logs, hour):
    sent = time.time_ns() - SECOND
    send_logs(
        {"time": sent, "body": "stock is low", "severity_number": 13, "severity_text": "WARN", "event_name": "stock",
         "trace_id": b"t" * 16, "span_id": b"s" * 8, "attributes": {"faas.invocation_id": "r-1", "n": 7}},
    )  # fmt: skip
    (record,) = list_logs(store, hour())
    assert (record.body, record.severity_number, record.severity_text) == ("stock is low", 13, "WARN")
    assert (record.function, record.instance, record.request_id) == ("checkout", INSTANCE["faas.instance"], "r-1")
    assert (record.trace_id, record.span_id) == ((b"t" * 16).hex(), (b"s" * 8).hex())
    assert record.scope.name == "test"
    assert (record.event_name, record.attributes["n"], record.placed_at_receipt) == ("stock", "7", False)
    assert record.attribute_types == {"n": "int"}
    assert int(record.time.timestamp() * 1e6) == sent // 1000


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("low", 1),
        ("LOW stock", 1),
        ("lo", 0),
        ("grüße", 1),
        ("GRÜSSE", 0),  # ß has no capital that people write, and ss is another spelling
        ("WÖRLD Ærø ÇA", 1),
        ("привет", 1),
        ("A-17", 1),
        ("low missing", 0),
        ("", 2),
    ],
)
def test_words_are_found_in_any_order_and_case(store, send_logs, hour, text, found):
    send_logs({"body": "Stock of A-17 is LOW, grüße Wörld æRØ ça ПРИВЕТ"}, {"body": "all is well"})
    assert len(list_logs(store, hour(), text=text)) == found


def test_words_are_looked_up_in_the_index(store, send_logs):
    send_logs({"body": "Wörld"})
    plan = store._rows(
        "EXPLAIN indexes = 1 SELECT count() FROM logs"
        " WHERE hasAllTokens(lowerUTF8(body), lowerUTF8(arrayStringConcat(['NOWHERE', 'EVER'], ' ')))"
    )
    assert "body_words_small" in "".join(line for (line,) in plan)


def test_text_without_a_word_is_refused(store, hour):
    with pytest.raises(UsageError):
        list_logs(store, hour(), text="--- !")


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("plain", "plain"),
        (42, "42"),
        ({"a": 1}, '{"a":1}'),
        ({"a": [1, {"b": [2]}]}, '{"a":[1,{"b":[2]}]}'),
        ([[1, 2], ["x"]], '[[1,2],["x"]]'),
        (None, ""),
    ],
)
def test_body_of_any_type_and_depth_is_read(store, send_logs, hour, body, kept):
    send_logs({"body": body} if body is not None else {})
    assert _bodies(list_logs(store, hour())) == [kept]


def test_filters_hold_together(store, send_logs, hour):
    send_logs(
        {"body": "one", "severity_number": 9, "trace_id": b"a" * 16, "attributes": {"faas.invocation_id": "r-1"}},
        {"body": "two", "severity_number": 17, "trace_id": b"b" * 16, "attributes": {"faas.invocation_id": "r-2"}},
    )
    send_logs({"body": "other"}, resource={"service.name": "other"})
    assert _bodies(list_logs(store, hour(), request_id="r-1")) == ["one"]
    assert _bodies(list_logs(store, hour(), trace_id="B".replace("B", "62") * 16)) == ["two"]
    assert _bodies(list_logs(store, hour(), least_severity=17)) == ["two"]
    assert _bodies(list_logs(store, hour(), service="other")) == ["other"]
    assert _bodies(list_logs(store, hour(), service="checkout", request_id="nobody")) == []


def test_time_far_off_is_placed_at_receipt_and_a_missing_one_is_when_it_was_observed(store, send_logs, hour):
    observed = time.time_ns() - 5 * SECOND
    send_logs({"time": 1, "body": "old"}, {"time": 2**63 - 1, "body": "future"})
    send_logs({"time": 0, "observed_time_unix_nano": observed, "body": "observed"})
    found = {record.body: record for record in list_logs(store, hour())}
    assert found["old"].placed_at_receipt
    assert found["future"].placed_at_receipt
    assert not found["observed"].placed_at_receipt
    assert int(found["observed"].time.timestamp() * 1e6) == observed // 1000


def test_repeated_batch_counts_once_in_every_table(store, send_logs, hour):
    record = {"body": "once", "time": time.time_ns()}
    for _ in range(3):
        send_logs(record, token="same")
    assert _bodies(list_logs(store, hour())) == ["once"]
    assert len(store._rows("SELECT * FROM resources")) == 1


def test_logs_of_an_invocation_are_its_own(store, send_spans, send_logs):
    start = time.time_ns() - 60 * SECOND
    for number, request_id in ((0, "r-1"), (1, "r-2")):
        send_spans(
            {"kind": 2, "trace_id": bytes([number + 1] * 16), "span_id": bytes([number + 1] * 8),
             "start": start + number * 10 * SECOND, "duration": SECOND,
             "attributes": {"faas.invocation_id": request_id}},
            resource=INSTANCE,
        )  # fmt: skip
    send_logs(
        {"body": "by its id", "time": start, "attributes": {"faas.invocation_id": "r-1"}},
        {"body": "by its instance", "time": start + SECOND // 2},
        {"body": "after it", "time": start + 5 * SECOND},
        {"body": "another", "time": start, "attributes": {"faas.invocation_id": "r-2"}},
        {"body": "by its span", "time": start + 2, "trace_id": bytes([1] * 16), "span_id": bytes([1] * 8)},
    )
    send_logs({"body": "elsewhere", "time": start + SECOND // 2}, resource={**INSTANCE, "faas.instance": "other"})
    assert _bodies(invocation_logs(store, "r-1~1")) == ["by its id", "by its span", "by its instance"]
    assert _bodies(invocation_logs(store, "r-2")) == ["another"]


def test_what_agent_and_cloudwatch_both_tell_is_told_once(store, send_spans, send_logs, hour):
    start = time.time_ns() - 60 * SECOND
    attributes = {"faas.invocation_id": "r-1"}
    send_spans({"kind": 2, "start": start, "duration": SECOND, "attributes": attributes}, resource=INSTANCE)

    def told(offset, body, **more):
        return {"time": start + offset, "body": body, "attributes": {**attributes, **more}}

    send_logs(told(1, "twice"), told(2, "twice"), told(3, "failed"), told(4, "only sent"), scope_name=FROM_AGENT)
    send_logs(
        *[told(10**6 + n, "twice\n") for n in range(3)], told(10**6 + 3, "failed\nTraceback (most recent call last):"),
        told(10**6 + 4, "only in the log"), told(10**6 + 5, "twice", **{"mendline.platform": "fault"}),
        scope_name=FROM_CLOUDWATCH,
    )  # fmt: skip
    found = [(record.body.strip(), record.scope.name == FROM_AGENT) for record in invocation_logs(store, "r-1")]
    assert found[:4] == [("twice", True), ("twice", True), ("failed", True), ("only sent", True)]
    assert found[4:] == [("twice", False), ("only in the log", False), ("twice", False)]
    assert len(list_logs(store, hour())) == 10


def test_logs_of_an_invocation_without_a_span_are_its_own(store, tell, send_logs):
    start = time.time_ns() - 60 * SECOND
    tell([report(start, request_id="r-9")])
    send_logs({"body": "of nobody", "time": start}, resource={"service.name": "other"})
    own = {"body": "its own", "time": start, "attributes": {"faas.invocation_id": "r-9"}}
    send_logs(own, resource={**INSTANCE, "faas.instance": "i1"})
    assert _bodies(invocation_logs(store, "r-9")) == ["its own", "report"]


def test_attributes_of_spans_nest_to_any_depth_too(store, send_spans):
    send_spans({"attributes": {"deep": [[1, [2]], {"a": {"b": 3}}]}})
    (span,) = get_trace(store, (b"t" * 16).hex()).spans
    assert span.attributes["deep"] == '[[1,[2]],{"a":{"b":3}}]'
