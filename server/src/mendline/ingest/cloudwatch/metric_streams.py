"""CloudWatch metric streams, JSON and OpenTelemetry 1.0, as ExportMetricsServiceRequest: one shape for both.

Every datum is a Summary point as AWS's own OpenTelemetry 1.0 format has it (name `amazonaws.com/NAMESPACE/METRIC`;
attributes `Namespace`, `MetricName`, `Dimensions`; quantile 0 is the minimum, 1 the maximum). A metric with a name of
ours (`mendline.model.metric_names`) is there a second time under it, as a gauge or a delta sum, with plain dimensions.
Source: CloudWatch user guide, "Metric streams output formats".
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AggregationTemporality,
    Metric,
    ResourceMetrics,
    ScopeMetrics,
    SummaryDataPoint,
)

from mendline.errors import MalformedError, MetricStreamVersionError
from mendline.ingest.cloudwatch.events import Value, clean
from mendline.ingest.cloudwatch.to_otlp import add_attributes
from mendline.ingest.wire import weigh
from mendline.model.metric_names import MetricName, from_stream_name, our_dimension, our_name, stream_name
from mendline.model.signal import Signal

SCOPE = "mendline.cloudwatch"
PERIOD_NS = 60_000_000_000  # metric streams have one-minute resolution; a datum carries the start of its minute
MOST_STREAM_RECORD = 2 * 1024 * 1024  # Firehose takes 1,000 KiB
MOST_POINTS, MOST_POINTS_BYTES = 50_000, 64 * 1024 * 1024
_LABELS_OF_0_7 = 1  # field of a data point that held its labels before OpenTelemetry 1.0
_UNITS = {
    "Seconds": "s", "Second": "s", "Microseconds": "us", "Milliseconds": "ms", "Bytes": "By", "Kilobytes": "kBy",
    "Megabytes": "MBy", "Gigabytes": "GBy", "Terabytes": "TBy", "Bits": "bit", "Kilobits": "kbit", "Megabits": "MBit",
    "Gigabits": "GBit", "Terabits": "Tbit", "Percent": "%", "Count": "{Count}", "None": "1",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Datum:
    """One datum of a JSON metric stream. `quantiles` are (quantile, value), with minimum (0) and maximum (1)."""

    stream: str
    account: str
    region: str
    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    time_ns: int
    count: float
    sum: float
    quantiles: tuple[tuple[float, float], ...]
    unit: str


def is_datum(document: object) -> bool:
    """Whether a JSON document is a datum of a metric stream."""
    return isinstance(document, dict) and "metric_name" in document and "namespace" in document


def read_datum(document: Mapping[str, Any]) -> Datum:
    """The datum in a JSON document. Raises MalformedError when its name, time or numbers are not there."""
    value, time_ms = document.get("value"), document.get("timestamp")
    namespace, metric = document.get("namespace"), document.get("metric_name")
    if not (isinstance(namespace, str) and isinstance(metric, str) and isinstance(value, dict)):
        raise MalformedError("A metric stream's datum lacks its name or its values.")
    if type(time_ms) is not int or not 0 < time_ms < 2**63 // 1_000_000 - 60_000:
        raise MalformedError("A metric stream's datum lacks its time (Unix ms).")
    numbers = {key: float(number) for key, number in value.items() if _is_number(number)}
    if not {"min", "max", "sum", "count"} <= numbers.keys() or numbers["count"] < 0:
        raise MalformedError("A metric stream's datum lacks one of min, max, sum and count.")
    dimensions = document.get("dimensions")
    return Datum(
        str(document.get("metric_stream_name") or ""),
        str(document.get("account_id") or ""),
        str(document.get("region") or ""),
        namespace,
        metric,
        {key: str(text) for key, text in dimensions.items()} if isinstance(dimensions, dict) else {},
        time_ms * 1_000_000,
        numbers["count"],
        numbers["sum"],
        _quantiles(numbers),
        str(document.get("unit") or ""),
    )


def metrics_of_data(data: Iterable[Datum]) -> bytes:
    """Data of JSON streams as one ExportMetricsServiceRequest, grouped by resource and metric."""
    request = ExportMetricsServiceRequest()
    scopes: dict[tuple[str, str, str], ScopeMetrics] = {}
    metrics: dict[tuple[str, str, str, str, str, str], Metric] = {}
    for datum in data:
        source = (datum.stream, datum.account, datum.region)
        scope = scopes.get(source)
        if scope is None:
            scope = scopes[source] = _scope_of(request, *source)
        unit = _unit(datum.unit)
        metric = metrics.get((*source, datum.namespace, datum.metric, unit))
        if metric is None:
            metric = scope.metrics.add(name=clean(stream_name(datum.namespace, datum.metric)), unit=clean(unit))
            metrics[*source, datum.namespace, datum.metric, unit] = metric
        _fill_summary(metric.summary.data_points.add(), datum)
    for group in request.resource_metrics:
        _add_ours(group)
    return bytes(request.SerializeToString(deterministic=True))


def metrics_of_stream(data: bytes) -> tuple[bytes, ...]:
    """The requests in a record of an OpenTelemetry 1.0 stream (each behind its length), with our names added.

    Raises MetricStreamVersionError for format 0.7, MalformedError for anything else, TooManyRecordsError and
    TooManyValuesError.
    """
    return tuple(_with_ours(message) for message in _delimited(data))


def _delimited(data: bytes) -> Iterable[bytes]:
    if not 0 < len(data) <= MOST_STREAM_RECORD:
        raise MalformedError("The record is not a metric stream's: it is empty, or larger than Firehose takes.")
    position = 0
    while position < len(data):
        length = shift = 0
        while True:
            if position >= len(data) or shift > 28:
                raise MalformedError("The record is not a metric stream's: a message's length is broken.")
            byte = data[position]
            position += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        if not 0 < length <= len(data) - position:
            raise MalformedError("The record is not a metric stream's: a message is shorter than it says.")
        yield data[position : position + length]
        position += length


def _with_ours(message: bytes) -> bytes:
    weigh(Signal.METRICS, message, MOST_POINTS, MOST_POINTS_BYTES)
    request = ExportMetricsServiceRequest()
    try:
        request.ParseFromString(message)
    except DecodeError:
        raise MalformedError("The record is not an ExportMetricsServiceRequest.") from None
    metrics = [
        metric for group in request.resource_metrics for scope in group.scope_metrics for metric in scope.metrics
    ]
    if not metrics:
        raise MalformedError("The record holds no metric of OpenTelemetry 1.0.")
    if any(_is_of_0_7(metric) for metric in metrics):
        raise MetricStreamVersionError(
            "The metric stream sends OpenTelemetry 0.7, which is not read here: change its output format to"
            " opentelemetry1.0 (or json)."
        )
    for group in request.resource_metrics:
        _add_ours(group)
    return bytes(request.SerializeToString(deterministic=True))


def _is_of_0_7(metric: Metric) -> bool:
    return any(
        not point.attributes and any(field.field_number == _LABELS_OF_0_7 for field in UnknownFieldSet(point))
        for point in metric.summary.data_points
    )


def _scope_of(request: ExportMetricsServiceRequest, stream: str, account: str, region: str) -> ScopeMetrics:
    group = request.resource_metrics.add()
    arn = f"arn:aws:cloudwatch:{region}:{account}:metric-stream/{stream}" if stream else ""
    known: dict[str, Value] = {
        "cloud.provider": "aws",
        "cloud.account.id": account,
        "cloud.region": region,
        "aws.exporter.arn": arn,
    }
    add_attributes(group.resource.attributes, {key: value for key, value in known.items() if value})
    scope: ScopeMetrics = group.scope_metrics.add()
    scope.scope.name = SCOPE
    return scope


def _fill_summary(point: SummaryDataPoint, datum: Datum) -> None:
    point.start_time_unix_nano = datum.time_ns
    point.time_unix_nano = datum.time_ns + PERIOD_NS
    point.count = int(min(datum.count, 2**63))
    point.sum = datum.sum
    for quantile, value in datum.quantiles:
        point.quantile_values.add(quantile=quantile, value=value)
    values: dict[str, Value] = {"Namespace": datum.namespace, "MetricName": datum.metric}
    values["Dimensions"] = dict(datum.dimensions)
    add_attributes(point.attributes, values)


def _add_ours(group: ResourceMetrics) -> None:
    for scope in group.scope_metrics:
        for metric in list(scope.metrics):
            if metric.WhichOneof("data") != "summary":
                continue
            ours = from_stream_name(metric.name)
            points = metric.summary.data_points
            if ours is None and points:
                texts = _texts(points[0].attributes)
                ours = our_name(texts.get("Namespace", ""), texts.get("MetricName", ""))
            if ours is not None:
                _fill_ours(scope.metrics.add(name=ours.name, unit=ours.unit), ours, points)


def _fill_ours(metric: Metric, ours: MetricName, points: Iterable[SummaryDataPoint]) -> None:
    if ours.is_sum:
        metric.sum.is_monotonic = True
        metric.sum.aggregation_temporality = AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA
    out = metric.sum.data_points if ours.is_sum else metric.gauge.data_points
    for point in points:
        value = _statistic(point, ours.statistic)
        if value is None:
            continue
        number = out.add(time_unix_nano=point.time_unix_nano, as_double=value)
        number.start_time_unix_nano = point.start_time_unix_nano
        for pair in point.attributes:
            if pair.key == "Dimensions":
                inner = _texts(pair.value.kvlist_value.values)
                add_attributes(number.attributes, {our_dimension(key): text for key, text in inner.items()})


def _statistic(point: SummaryDataPoint, statistic: str) -> float | None:
    if statistic == "Sum":
        return float(point.sum)
    if statistic == "Average":
        return point.sum / point.count if point.count else None
    wanted = 1.0 if statistic == "Maximum" else 0.0
    return next((float(each.value) for each in point.quantile_values if each.quantile == wanted), None)


def _texts(pairs: Iterable[KeyValue]) -> dict[str, str]:
    return {pair.key: pair.value.string_value for pair in pairs}


def _quantiles(numbers: Mapping[str, float]) -> tuple[tuple[float, float], ...]:
    found = {0.0: numbers["min"], 1.0: numbers["max"]}
    for key, number in numbers.items():
        if key[:1] == "p" and key[1:].replace(".", "", 1).isdecimal() and 0 < float(key[1:]) < 100:
            found[float(key[1:]) / 100] = number
    return tuple(sorted(found.items()))


def _unit(unit: str) -> str:
    """A CloudWatch unit as UCUM; both sides of a rate (`Bytes/Second`) are translated."""
    return "/".join(_UNITS.get(part, part) for part in unit.split("/"))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(_float(value))


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf
