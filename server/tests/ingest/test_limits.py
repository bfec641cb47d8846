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
        ({"attributes": {"k": ["0123456789"] * 292}}, {}),
        ({"attributes": {"k": ["0123456789"] * 293}}, {"value": 1}),
        ({"attributes": {"k": {str(n): n for n in range(2000)}}}, {"value": 1}),
        ({"attributes": {"k": [{"in": ["v"] * 1000}] * 1000}}, {"value": 1}),
        ({"attributes": {"mendline.request": ["0123456789"] * 1000}}, {}),
        ({"attributes": {"k": _NESTED_17, "long": "x" * 1024}}, {"depth": 1}),
        ({"name": "n" * 1025}, {"name": 1}),
        ({"events": 129}, {"events": 1}),
        ({"links": 10_001}, {"links": 1}),
        ({"attributes": {"mendline.links.in": [f"sqs:059f36b4-87a3-44ab-83d2-{i:012}" for i in range(10_000)]}}, {}),
        ({"attributes": {"mendline.links.in": ["v" * 1_000_000] * 9}}, {"value": 1}),
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


@pytest.mark.parametrize(
    "value",
    [
        ["0123456789"] * 300_000,
        [1] * 300_000,
        [None] * 5_000,
        [[[0] * 100] * 100] * 10,
        {str(n): "x" for n in range(100_000)},
        {"k" * 10_000: "v"},
        {"in": {"x" * 300: ["v" * 5000] * 50}},
        [b"v" * 5000] * 3,
    ],
)
def test_value_is_limited_as_a_whole(value):
    kept, counted = _checked_span(attributes={"k": value})
    assert kept.attributes[0].value.ByteSize() < 4096 * 1.5
    assert counted == {"value": 1}


def test_list_that_was_cut_begins_as_it_did_and_ends_in_a_mark():
    kept, _ = _checked_span(attributes={"k": [f"{n:010}" for n in range(1000)]})
    texts = [item.string_value for item in kept.attributes[0].value.array_value.values]
    assert texts[-1] == "…"
    assert texts[:-2] == [f"{n:010}" for n in range(len(texts) - 2)]
    assert len(texts) > 250


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


@pytest.mark.parametrize(
    ("field", "values", "kept"),
    [("bucket_counts", [1] * 4096, 2), ("bucket_counts", [1] * 4097, 1), ("explicit_bounds", [0.5] * 4097, 1)],
)
def test_histogram_of_too_many_buckets_is_left_out_and_the_others_are_kept(field, values, kept):
    message = _metrics(("h", "histogram", 2))
    getattr(message.resource_metrics[0].scope_metrics[0].metrics[0].histogram.data_points[0], field).extend(values)
    checked = check(Signal.METRICS, message.SerializeToString(), 10)
    assert checked.records == kept
    assert checked.left_out == ({"buckets": 1} if kept == 1 else {})


def test_summary_and_metadata_of_a_metric_are_limited():
    message = _metrics(("s", "summary", 1))
    metric = message.resource_metrics[0].scope_metrics[0].metrics[0]
    for number in range(200):
        metric.summary.data_points[0].quantile_values.add(quantile=number / 200, value=1)
    metric.metadata.extend(pairs({f"k{number}": "v" * 100 for number in range(150)}))
    checked = check(Signal.METRICS, message.SerializeToString(), 10)
    assert checked.cut == {"quantiles": 72, "attributes": 22}
    (kept,) = ExportMetricsServiceRequest.FromString(checked.body).resource_metrics[0].scope_metrics[0].metrics
    assert len(kept.summary.data_points[0].quantile_values) == len(kept.metadata) == 128
