"""Export requests made of what was read: configuration as log records with an event name, metrics as points."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import SeverityNumber
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, Metric

from mendline.aws.configuration import Thing, compact
from mendline.model.metric_names import MetricName
from mendline.model.signal import Export, Signal

SCOPE = "mendline.aws"
_MOST_RECORDS = 200  # in one request; with bodies of a few KB each, about a megabyte
_MOST_POINTS = 10_000
_MOST_BODY_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Place:
    """Whose things these are."""

    account: str
    region: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """An event in the life of a thing: it was seen, or it changed. Times in ns since the epoch."""

    event_name: str
    thing: Thing
    time_ns: int
    observed_ns: int
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a metric for the period from `start_ns` to `end_ns`."""

    metric: MetricName
    attributes: tuple[tuple[str, str], ...]
    start_ns: int
    end_ns: int
    value: float


def sightings_to_exports(place: Place, sightings: Sequence[Sighting]) -> list[Export]:
    """Log export requests, each of at most 200 records, one resource a thing, in the order given."""
    exports = []
    for first in range(0, len(sightings), _MOST_RECORDS):
        request = ExportLogsServiceRequest()
        last_key = ""
        for sighting in sightings[first : first + _MOST_RECORDS]:
            if sighting.thing.key != last_key:
                group = request.resource_logs.add()
                group.resource.attributes.extend(_pairs(_resource(place, sighting.thing)))
                scope = group.scope_logs.add()
                scope.scope.name = SCOPE
                last_key = sighting.thing.key
            record = scope.log_records.add(
                time_unix_nano=sighting.time_ns,
                observed_time_unix_nano=sighting.observed_ns,
                severity_number=SeverityNumber.SEVERITY_NUMBER_INFO,
                severity_text="INFO",
                event_name=sighting.event_name,
            )
            record.body.string_value = compact(sighting.thing.facts, _MOST_BODY_BYTES)
            record.attributes.extend(_pairs(sighting.attributes))
        exports.append(Export(Signal.LOGS, request.SerializeToString()))
    return exports


def points_to_exports(place: Place, points: Sequence[Point]) -> list[Export]:
    """Metric export requests, each of at most 10,000 points: delta sums for counts, gauges for levels."""
    exports = []
    for first in range(0, len(points), _MOST_POINTS):
        request = ExportMetricsServiceRequest()
        group = request.resource_metrics.add()
        group.resource.attributes.extend(_pairs(_place(place)))
        scope = group.scope_metrics.add()
        scope.scope.name = SCOPE
        metrics: dict[str, Metric] = {}
        for point in points[first : first + _MOST_POINTS]:
            name = point.metric.name
            if name not in metrics:
                metrics[name] = _begin(scope.metrics.add(), point.metric)
            metric = metrics[name]
            target = metric.sum.data_points if point.metric.is_sum else metric.gauge.data_points
            target.add(
                start_time_unix_nano=point.start_ns,
                time_unix_nano=point.end_ns,
                as_double=point.value,
                attributes=_pairs(dict(point.attributes)),
            )
        exports.append(Export(Signal.METRICS, request.SerializeToString()))
    return exports


def _begin(metric: Metric, name: MetricName) -> Metric:
    metric.name, metric.unit = name.name, name.unit
    if name.is_sum:
        metric.sum.aggregation_temporality = AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA
        metric.sum.is_monotonic = True
    return metric


def _resource(place: Place, thing: Thing) -> dict[str, str]:
    about = _place(place)
    if thing.facts.get("arn"):
        about["cloud.resource_id"] = str(thing.facts["arn"])
    if thing.type == "lambda":
        return about | {
            "cloud.platform": "aws_lambda",
            "faas.name": thing.name,
            "faas.version": "$LATEST",
            "service.name": thing.name,
        }
    return about | {"mendline.resource.type": thing.type, "mendline.resource.name": thing.name}


def _place(place: Place) -> dict[str, str]:
    return {"cloud.provider": "aws", "cloud.account.id": place.account, "cloud.region": place.region}


def _pairs(attributes: Mapping[str, str]) -> Iterable[KeyValue]:
    return [KeyValue(key=key, value=AnyValue(string_value=value)) for key, value in attributes.items()]
