"""Metric streams: both formats lead to one shape, and metrics we have names for are there under them."""

from __future__ import annotations

import base64
import json

import pytest
from aws_payloads import attributes_of
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from otlp_requests import pairs

from mendline.errors import IngestError
from mendline.ingest.cloudwatch.convert import from_firehose
from mendline.model.signal import Signal
from mendline.store.handover import varint

HEADERS = {"x-amz-firehose-request-id": "r"}
TIME_NS = 1795414200000 * 1_000_000
MINUTE_NS = 60_000_000_000
DURATION = ("AWS/Lambda", "Duration", {"FunctionName": "shop"}, "Milliseconds")
AGE = ("AWS/SQS", "ApproximateAgeOfOldestMessage", {"QueueName": "orders"}, "Seconds")
THROTTLES = ("AWS/Lambda", "Throttles", {"FunctionName": "shop", "Resource": "shop:live"}, "Count")
CUSTOM = ("Shop", "Orders", {"Country": "NO"}, "Count")


def _datum(namespace, metric, dimensions, unit, **values):
    value = {"max": 18.0, "min": 1.0, "sum": 24.0, "count": 3.0} | values
    return {
        "metric_stream_name": "mendline", "account_id": "123456789012", "region": "eu-west-1",
        "namespace": namespace, "metric_name": metric, "dimensions": dimensions, "timestamp": TIME_NS // 1_000_000,
        "value": value, "unit": unit,
    }  # fmt: skip


def _json_record(*data):
    return "".join(json.dumps(datum) + "\n" for datum in data).encode()


def _otel_message(*metrics):
    """What AWS sends in format 1.0, as its documentation shows it."""
    request = ExportMetricsServiceRequest()
    group = request.resource_metrics.add()
    arn = "arn:aws:cloudwatch:eu-west-1:123456789012:metric-stream/mendline"
    source = {"cloud.provider": "aws", "cloud.account.id": "123456789012", "cloud.region": "eu-west-1"}
    group.resource.attributes.extend(pairs(source | {"aws.exporter.arn": arn}))
    scope = group.scope_metrics.add()
    for namespace, name, dimensions, _ in metrics:
        metric = scope.metrics.add(name=f"amazonaws.com/{namespace}/{name}", unit="ms")
        point = metric.summary.data_points.add(start_time_unix_nano=TIME_NS, time_unix_nano=TIME_NS + MINUTE_NS)
        point.count, point.sum = 3, 24.0
        point.attributes.extend(pairs({"Namespace": namespace, "MetricName": name, "Dimensions": dimensions}))
        for quantile, value in ((0.0, 1.0), (1.0, 18.0)):
            point.quantile_values.add(quantile=quantile, value=value)
    return request.SerializeToString()


def _delivery(*records):
    data = [{"data": base64.b64encode(record).decode()} for record in records]
    return json.dumps({"requestId": "r", "timestamp": 1, "records": data}).encode()


def _converted(*records):
    return from_firehose(_delivery(*records), HEADERS)


def _metrics(converted):
    found = {}
    for export in converted.exports:
        assert export.signal is Signal.METRICS
        for group in ExportMetricsServiceRequest.FromString(export.body).resource_metrics:
            source = attributes_of(group.resource)
            for scope in group.scope_metrics:
                for metric in scope.metrics:
                    found[metric.name] = (source, metric)
    return found


def _otel(*metrics):
    message = _otel_message(*metrics)
    return varint(len(message)) + message


@pytest.mark.parametrize("record", [_json_record(_datum(*DURATION)), _otel(DURATION)], ids=["json", "opentelemetry"])
def test_both_formats_give_the_summary_that_aws_documents(record):
    source, metric = _metrics(_converted(record))["amazonaws.com/AWS/Lambda/Duration"]
    assert source == {
        "cloud.provider": "aws", "cloud.account.id": "123456789012", "cloud.region": "eu-west-1",
        "aws.exporter.arn": "arn:aws:cloudwatch:eu-west-1:123456789012:metric-stream/mendline",
    }  # fmt: skip
    (point,) = metric.summary.data_points
    assert (metric.unit, point.count, point.sum) == ("ms", 3, 24.0)
    assert (point.start_time_unix_nano, point.time_unix_nano) == (TIME_NS, TIME_NS + MINUTE_NS)
    assert [(each.quantile, each.value) for each in point.quantile_values] == [(0.0, 1.0), (1.0, 18.0)]
    assert attributes_of(point) == {
        "Namespace": "AWS/Lambda", "MetricName": "Duration", "Dimensions": {"FunctionName": "shop"},
    }  # fmt: skip


@pytest.mark.parametrize("form", ["json", "opentelemetry"])
@pytest.mark.parametrize(
    ("metric", "name", "unit", "kind", "value", "attributes"),
    [
        (AGE, "sqs.age_of_oldest_message", "s", "gauge", 18.0, {"queue": "orders"}),
        (THROTTLES, "lambda.throttles", "{call}", "sum", 24.0, {"function": "shop", "resource": "shop:live"}),
        (DURATION, "lambda.duration", "ms", "gauge", 8.0, {"function": "shop"}),
    ],
)
def test_a_metric_of_ours_is_there_under_our_name(form, metric, name, unit, kind, value, attributes):
    record = _json_record(_datum(*metric)) if form == "json" else _otel(metric)
    found = _metrics(_converted(record))
    assert set(found) == {f"amazonaws.com/{metric[0]}/{metric[1]}", name}
    ours = found[name][1]
    assert (ours.unit, ours.WhichOneof("data")) == (unit, kind)
    (point,) = getattr(ours, kind).data_points
    assert (point.as_double, attributes_of(point)) == (value, attributes)
    assert (point.start_time_unix_nano, point.time_unix_nano) == (TIME_NS, TIME_NS + MINUTE_NS)
    if kind == "sum":
        assert (ours.sum.aggregation_temporality, ours.sum.is_monotonic) == (1, True)


def test_a_metric_without_a_name_of_ours_keeps_its_own():
    assert set(_metrics(_converted(_json_record(_datum(*CUSTOM))))) == {"amazonaws.com/Shop/Orders"}


def test_percentiles_of_a_json_stream_are_quantiles():
    datum = _datum(*DURATION, **{"p99": 17.0, "p99.9": 17.9, "tm98": 3.0, "PR(:300)": 1.0, "p": 1.0, "p1.2.3": 1.0})
    _, metric = _metrics(_converted(_json_record(datum)))["amazonaws.com/AWS/Lambda/Duration"]
    told = [(round(each.quantile, 6), each.value) for each in metric.summary.data_points[0].quantile_values]
    assert told == [(0.0, 1.0), (0.99, 17.0), (0.999, 17.9), (1.0, 18.0)]


def test_a_record_of_several_messages_is_read_whole():
    converted = _converted(_otel(DURATION) + _otel(AGE, CUSTOM))
    assert {"lambda.duration", "sqs.age_of_oldest_message", "amazonaws.com/Shop/Orders"} <= set(_metrics(converted))
    assert converted.left_out == ()


def test_a_message_as_long_as_a_brace_is_not_taken_for_json():
    request = ExportMetricsServiceRequest()
    request.resource_metrics.add().scope_metrics.add().metrics.add(name="m" * 115)
    message = request.SerializeToString()
    assert varint(len(message)) == b"{"
    assert set(_metrics(_converted(b"{" + message))) == {"m" * 115}


@pytest.mark.parametrize(
    "broken",
    [
        {"namespace": None}, {"metric_name": 3}, {"value": None}, {"value": {"max": 1}}, {"timestamp": "x"},
        {"timestamp": -1}, {"timestamp": 10**20}, {"timestamp": True},
        {"value": {"max": 1, "min": 1, "sum": float("nan"), "count": 1}},
        {"value": {"max": 1, "min": 1, "sum": 10**400, "count": 1}},
        {"value": {"max": 1, "min": 1, "sum": 1, "count": -1}},
    ],
    ids=str,
)  # fmt: skip
def test_a_broken_datum_costs_no_other(broken):
    converted = _converted(_json_record(_datum(*AGE), _datum(*CUSTOM) | broken, _datum(*DURATION)))
    assert {"sqs.age_of_oldest_message", "lambda.duration"} <= set(_metrics(converted))
    assert converted.left_out == (("malformed", 1),)


def _old_format():
    """A message as OpenTelemetry 0.7 had it: labels in field 1 of the point, where 1.0 has attributes in field 7."""
    request = ExportMetricsServiceRequest.FromString(_otel_message(DURATION))
    point = request.resource_metrics[0].scope_metrics[0].metrics[0].summary.data_points[0]
    del point.attributes[:]
    label = b"\x0a\x09Namespace\x12\x0aAWS/Lambda"
    point.MergeFromString(b"\x0a" + varint(len(label)) + label)
    message = request.SerializeToString()
    return varint(len(message)) + message


def test_format_0_7_is_recognised_and_its_sender_told():
    with pytest.raises(IngestError) as refused:
        _converted(_old_format(), _old_format())
    assert (refused.value.code, refused.value.status) == ("opentelemetry_0_7", 415)
    assert "opentelemetry1.0" in refused.value.message


def test_format_0_7_beside_good_records_is_left_out():
    converted = _converted(_old_format(), _otel(DURATION))
    assert "lambda.duration" in _metrics(converted)
    assert converted.left_out == (("opentelemetry_0_7", 1),)


@pytest.mark.parametrize(
    "record",
    [
        b"\x05\x0a",
        _otel(DURATION)[:-3],
        b"\x80" * 20,
        b"\x00",
        b"\x02\x0a\x00",
        b"\x00" * 3_000_000,
        _otel(DURATION) + b"\x09x",
    ],
    ids=["short", "cut", "length", "zero", "empty", "large", "tail"],
)
def test_a_record_that_is_no_metric_stream_is_left_out(record):
    converted = _converted(record, _otel(AGE))
    assert "sqs.age_of_oldest_message" in _metrics(converted)
    assert converted.left_out == (("malformed", 1),)
