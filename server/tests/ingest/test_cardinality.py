"""Names made of ids are stopped: new attribute keys and new metric series have a number for each hour."""

from __future__ import annotations

from hand_clock import HandClock
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from otlp_requests import pairs

from mendline.ingest.cardinality import SAMPLE, Cardinality
from mendline.ingest.check import check
from mendline.model.signal import Signal


def _spans(*keys_of_each):
    message = ExportTraceServiceRequest()
    spans = message.resource_spans.add().scope_spans.add().spans
    for number, keys in enumerate(keys_of_each, 1):
        span = spans.add(trace_id=b"t" * 16, span_id=number.to_bytes(8, "big"))
        span.attributes.extend(pairs(dict.fromkeys(keys, "v")))
    return message.SerializeToString()


def _checked(cardinality, body, signal=Signal.TRACES):
    return check(signal, body, 100_000, cardinality=cardinality)


def _keys(checked):
    message = ExportTraceServiceRequest.FromString(checked.body)
    return [
        {pair.key for pair in span.attributes}
        for group in message.resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    ]


def test_keys_over_the_hours_number_are_dropped_and_known_ones_stay():
    cardinality = Cardinality(HandClock(), new_keys=3)
    assert _checked(cardinality, _spans(["a", "b"], ["c"])).cut == {}
    checked = _checked(cardinality, _spans(["a", "x", "y"], ["z"]))
    assert _keys(checked) == [{"a"}, set()]
    assert (checked.records, checked.cut) == (2, {"cardinality": 3})
    (span, _) = ExportTraceServiceRequest.FromString(checked.body).resource_spans[0].scope_spans[0].spans
    assert span.dropped_attributes_count == 2


def test_events_links_resources_and_scopes_count_and_are_limited_too():
    message = ExportTraceServiceRequest()
    group = message.resource_spans.add()
    group.resource.attributes.extend(pairs({"r": "v"}))
    scope = group.scope_spans.add()
    scope.scope.attributes.extend(pairs({"s": "v"}))
    span = scope.spans.add(trace_id=b"t" * 16, span_id=b"s" * 8)
    span.events.add(name="e").attributes.extend(pairs({"e": "v"}))
    span.links.add(trace_id=b"o" * 16, span_id=b"l" * 8).attributes.extend(pairs({"l": "v"}))
    assert _checked(Cardinality(HandClock(), new_keys=4), message.SerializeToString()).cut == {}
    assert _checked(Cardinality(HandClock(), new_keys=0), message.SerializeToString()).cut == {"cardinality": 4}


def test_a_new_hour_lets_new_keys_in_and_forgets_what_was_not_seen_for_one():
    clock = HandClock()
    cardinality = Cardinality(clock, new_keys=1)
    assert _keys(_checked(cardinality, _spans(["a"], ["b"]))) == [{"a"}, set()]
    clock.move(hours=1)
    assert _keys(_checked(cardinality, _spans(["a"], ["b"], ["c"]))) == [{"a"}, {"b"}, set()]
    clock.move(hours=1)
    assert _keys(_checked(cardinality, _spans(["b"], ["a"]))) == [{"b"}, {"a"}]
    clock.move(hours=2)
    assert _keys(_checked(cardinality, _spans(["n"], ["a"]))) == [{"n"}, set()]


def test_one_large_request_of_new_keys_is_the_last_that_passes():
    cardinality = Cardinality(HandClock(), new_keys=10)
    names = [[f"key-{number}"] for number in range(SAMPLE * 10)]
    _checked(cardinality, _spans(*names))
    assert len({key for keys in _keys(_checked(cardinality, _spans(*names))) for key in keys}) == 10


def test_ordinary_requests_are_passed_on_as_they_came():
    body = _spans(*[["a", "b"]] * 100)
    assert _checked(Cardinality(HandClock()), body).body == body


def test_keys_of_log_records_are_limited():
    message = ExportLogsServiceRequest()
    records = message.resource_logs.add().scope_logs.add().log_records
    for number in range(3):
        records.add(time_unix_nano=1).attributes.extend(pairs({f"k{number}": "v"}))
    checked = _checked(Cardinality(HandClock(), new_keys=2), message.SerializeToString(), Signal.LOGS)
    assert (checked.records, checked.cut) == (3, {"cardinality": 1})


def _points(*series, name="held"):
    message = ExportMetricsServiceRequest()
    metric = message.resource_metrics.add().scope_metrics.add().metrics.add(name=name)
    for attributes in series:
        metric.gauge.data_points.add(as_int=1, attributes=pairs(attributes))
    return message.SerializeToString()


def test_points_of_too_many_new_series_are_left_out_and_told():
    cardinality = Cardinality(HandClock(), new_series=2)
    assert _checked(cardinality, _points({"k": "1"}, {"k": "2"}), Signal.METRICS).rejected == 0
    checked = _checked(cardinality, _points({"k": "1"}, {"k": "3"}, {"k": "4"}), Signal.METRICS)
    assert (checked.records, checked.left_out) == (1, {"cardinality": 2})
    assert "new series" in checked.reason
    (metric,) = ExportMetricsServiceRequest.FromString(checked.body).resource_metrics[0].scope_metrics[0].metrics
    (point,) = metric.gauge.data_points
    assert point.attributes[0].value.string_value == "1"


def test_series_differ_by_metric_name_and_not_by_the_order_of_attributes():
    cardinality = Cardinality(HandClock(), new_series=1)
    assert _checked(cardinality, _points({"a": "1", "b": "2"}), Signal.METRICS).rejected == 0
    assert _checked(cardinality, _points({"b": "2", "a": "1"}), Signal.METRICS).rejected == 0
    assert _checked(cardinality, _points({"a": "1", "b": "2"}, name="other"), Signal.METRICS).rejected == 1


def test_series_of_a_new_hour_are_let_in():
    clock = HandClock()
    cardinality = Cardinality(clock, new_series=1)
    assert _checked(cardinality, _points({"k": "1"}, {"k": "2"}), Signal.METRICS).rejected == 1
    clock.move(hours=1)
    assert _checked(cardinality, _points({"k": "1"}, {"k": "2"}), Signal.METRICS).rejected == 0
