"""Metrics of every kind are kept as they were sent, each point once."""

from __future__ import annotations

import math
import time

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from otlp_requests import pairs

from mendline.insight.metrics import list_metrics, metric_points
from mendline.model.metric import Buckets
from mendline.model.signal import Signal
from mendline.model.timerange import parse_range
from mendline.store import Payload


@pytest.fixture
def message():
    """One metric of each kind, and one without data."""
    now = time.time_ns() - 10**9
    out = ExportMetricsServiceRequest()
    group = out.resource_metrics.add()
    group.resource.attributes.extend(pairs({"service.name": "shop"}))
    scope = group.scope_metrics.add()
    gauge = scope.metrics.add(name="gauge", unit="By", description="what it holds").gauge
    for value in (1.5, math.inf, -math.inf, math.nan):
        gauge.data_points.add(time_unix_nano=now, as_double=value)
    gauge.data_points.add(time_unix_nano=now, as_int=2**62 + 1)
    total = scope.metrics.add(name="sum").sum
    total.is_monotonic, total.aggregation_temporality = True, 2
    point = total.data_points.add(time_unix_nano=now, start_time_unix_nano=now - 1, as_int=-5, flags=2)
    point.attributes.extend(pairs({"kind": "express"}))
    exemplar = point.exemplars.add(as_double=0.5, trace_id=b"t" * 16, span_id=b"s" * 8, time_unix_nano=now)
    exemplar.filtered_attributes.extend(pairs({"k": "v"}))
    histogram = scope.metrics.add(name="histogram").histogram
    histogram.aggregation_temporality = 1
    histogram.data_points.add(
        time_unix_nano=now, count=6, sum=7.5, bucket_counts=[1, 2, 3], explicit_bounds=[1, 2], min=0
    )
    exponential = scope.metrics.add(name="exponential").exponential_histogram
    point = exponential.data_points.add(time_unix_nano=now, count=5, sum=1, scale=-2, zero_count=1, zero_threshold=0.1)
    point.positive.offset, point.negative.offset = -3, 4
    point.positive.bucket_counts.extend([1, 2])
    point.negative.bucket_counts.extend([1])
    summary = scope.metrics.add(name="summary").summary.data_points.add(time_unix_nano=now, count=2, sum=3)
    summary.quantile_values.add(quantile=0.5, value=1)
    scope.metrics.add(name="nothing")
    return out


@pytest.fixture
def points(store, message, now):
    """Points by the name of a metric, after the batch was stored three times under one token."""
    for _ in range(3):
        store.insert(Signal.METRICS, [Payload(message.SerializeToString(), 0, time.time_ns())], "same")
    return lambda name: metric_points(store, name, parse_range("-1h", None, now))


def test_gauge_keeps_doubles_that_are_no_numbers_and_ints_exactly(points):
    values = [point.value for point in points("gauge")]
    assert len(values) == 5
    assert {1.5, math.inf, -math.inf, 2**62 + 1} <= set(values)
    assert sum(isinstance(value, float) and math.isnan(value) for value in values) == 1
    assert any(isinstance(value, int) and value == 2**62 + 1 for value in values)


def test_sum_keeps_its_meaning(points):
    (point,) = points("sum")
    assert (point.value, point.temporality, point.monotonic, point.flags) == (-5, "cumulative", True, 2)
    assert point.attributes == {"kind": "express"}
    (exemplar,) = point.exemplars
    assert (exemplar.value, exemplar.trace_id, exemplar.attributes) == (0.5, (b"t" * 16).hex(), {"k": "v"})


def test_histogram_keeps_buckets_and_what_was_not_sent_is_not_zero(points):
    (point,) = points("histogram")
    assert (point.count, point.total, point.least, point.largest) == (6, 7.5, 0, None)
    assert (point.bounds, point.counts, point.temporality) == ((1, 2), (1, 2, 3), "delta")
    assert point.value is None


def test_exponential_histogram_keeps_both_sides(points):
    (point,) = points("exponential")
    assert (point.kind, point.count, point.total) == ("exponential_histogram", 5, 1)
    assert (point.scale, point.zero_count, point.zero_threshold) == (-2, 1, 0.1)
    assert (point.positive, point.negative) == (Buckets(-3, (1, 2)), Buckets(4, (1,)))


def test_summary_keeps_quantiles(points):
    (point,) = points("summary")
    assert (point.count, point.total, point.quantiles) == (2, 3, ((0.5, 1),))


def test_metrics_are_listed_with_what_they_measure(points, store, now):
    found = {metric.name: metric for metric in list_metrics(store, parse_range("-1h", None, now))}
    assert set(found) == {"gauge", "sum", "histogram", "exponential", "summary"}
    gauge = found["gauge"]
    assert (gauge.kind, gauge.unit, gauge.description, gauge.series, gauge.points) == (
        "gauge", "By", "what it holds", 1, 5,
    )  # fmt: skip
