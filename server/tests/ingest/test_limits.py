"""What is over a limit is cut, counted, and the record is kept; what is not is left byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from otlp_requests import any_value, pairs, request_message

from mendline.ingest.check import check
from mendline.model.signal import Signal

_NESTED_17 = ["x"]
for _ in range(17):
    _NESTED_17 = [_NESTED_17]


def _checked_span(**given):
    message = request_message([{"name": "n"}], {})
    span = message.resource_spans[0].scope_spans[0].spans[0]
    for key, value in given.items():
        if key == "attributes":
            span.attributes.extend(pairs(value))
        elif key in ("events", "links"):
            for _ in range(value):
                getattr(span, key).add()
            span.status.message = "x" * 1100  # large enough to be looked at
        else:
            setattr(span, key, value)
    checked = check(Signal.TRACES, message.SerializeToString(), 100)
    kept = ExportTraceServiceRequest.FromString(checked.body).resource_spans[0].scope_spans[0].spans[0]
    return kept, dict(checked.cut)


@pytest.mark.parametrize(
    ("given_", "cut"),
    [
        ({"attributes": {f"k{n}": "v" * 10 for n in range(130)}}, {"attributes": 2}),
        ({"attributes": {"k": "v" * 4097}}, {"value": 1}),
        ({"attributes": {"k": "v" * 4096}}, {}),
        ({"attributes": {"k": b"v" * 4097}}, {"value": 1}),
        ({"attributes": {"k" * 257: "v" * 1000}}, {"key": 1}),
        ({"attributes": {"mendline.response": "v" * 16_384}}, {}),
        ({"attributes": {"mendline.response": "v" * 16_385}}, {"value": 1}),
        ({"attributes": {"exception.stacktrace": "v" * 16_385}}, {"value": 1}),
        ({"attributes": {"k": {"in": ["v" * 5000]}}}, {"value": 1}),
        ({"attributes": {"k": _NESTED_17, "long": "x" * 1024}}, {"depth": 1}),
        ({"name": "n" * 1025}, {"name": 1}),
        ({"events": 129}, {"events": 1}),
        ({"links": 200}, {"links": 72}),
        ({"events": 128, "links": 128}, {}),
    ],
)
def test_span_over_a_limit_is_cut_and_counted(given_, cut):
    kept, counted = _checked_span(**given_)
    assert counted == cut
    assert len(kept.attributes) <= 128
    assert all(len(pair.key.encode()) <= 256 for pair in kept.attributes)
    assert kept.dropped_attributes_count == cut.get("attributes", 0)
    assert kept.dropped_events_count == cut.get("events", 0)
    assert kept.dropped_links_count == cut.get("links", 0)


def test_what_nests_too_deeply_says_so():
    kept, _ = _checked_span(attributes={"k": _NESTED_17, "long": "x" * 1024})
    value = kept.attributes[0].value
    for _ in range(16):
        (value,) = value.array_value.values
    assert value.string_value == "[too deep]"


@settings(max_examples=100, deadline=None)
@given(st.text(min_size=1000, max_size=3000))
def test_cut_text_is_valid_begins_as_it_did_and_has_a_mark(text):
    kept, counted = _checked_span(name=text)
    assert len(kept.name.encode()) <= 1024
    if counted:
        assert text.startswith(kept.name.removesuffix("…"))
    else:
        assert kept.name == text


def _logs(**fields):
    message = ExportLogsServiceRequest()
    record = message.resource_logs.add().scope_logs.add().log_records.add(**fields)
    return message, record


def test_log_body_is_cut_at_its_own_limit():
    message, _ = _logs(body=any_value("x" * 65_537))
    checked = check(Signal.LOGS, message.SerializeToString(), 10)
    assert checked.cut == {"body": 1}
    (record,) = ExportLogsServiceRequest.FromString(checked.body).resource_logs[0].scope_logs[0].log_records
    assert len(record.body.string_value.encode()) <= 65_536


@pytest.mark.parametrize(
    ("trace_id", "span_id", "cleared"),
    [(b"", b"", 0), (b"t" * 16, b"s" * 8, 0), (b"t" * 15, b"s" * 8, 1), (b"t", b"s", 2)],
)
def test_wrong_ids_of_a_log_record_are_cleared_and_the_record_is_kept(trace_id, span_id, cleared):
    message, _ = _logs(trace_id=trace_id, span_id=span_id, body=any_value("kept"))
    checked = check(Signal.LOGS, message.SerializeToString(), 10)
    assert (checked.records, checked.left_out, checked.cleared) == (1, {}, cleared)
    (record,) = ExportLogsServiceRequest.FromString(checked.body).resource_logs[0].scope_logs[0].log_records
    assert record.body.string_value == "kept"
    assert len(record.trace_id) in (0, 16)
    assert len(record.span_id) in (0, 8)


def _metrics(*shape):
    """(name, kind, points) of each metric."""
    message = ExportMetricsServiceRequest()
    scope = message.resource_metrics.add().scope_metrics.add()
    for name, kind, points in shape:
        metric = scope.metrics.add(name=name)
        if kind:
            getattr(metric, kind).SetInParent()
            for _ in range(points):
                getattr(metric, kind).data_points.add()
    return message


_KIND = st.sampled_from(["gauge", "sum", "histogram", "exponential_histogram", "summary", ""])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["a", "b", ""]), _KIND, st.integers(0, 5)), max_size=8))
def test_points_of_every_kind_are_counted_and_those_without_a_name_left_out(shape):
    checked = check(Signal.METRICS, _metrics(*shape).SerializeToString(), 1000)
    assert checked.records == sum(points for name, kind, points in shape if kind and name)
    assert checked.rejected == sum(points for name, kind, points in shape if kind and not name)


def test_metric_that_came_twice_on_the_wire_counts_once():
    body = _metrics(("a", "gauge", 2)).SerializeToString()
    metric = b"\x0a\x01a" + b"\x2a\x04\x0a\x00\x0a\x00" + b"\x3a\x02\x0a\x00"  # a gauge of 2, then a sum of 1
    scope = b"\x12" + bytes([len(metric)]) + metric
    group = b"\x12" + bytes([len(scope)]) + scope
    assert check(Signal.METRICS, body, 10).records == 2
    assert check(Signal.METRICS, b"\x0a" + bytes([len(group)]) + group, 10).records == 1
