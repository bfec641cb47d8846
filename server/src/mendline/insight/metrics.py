"""Metrics: which there are, and their points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mendline.insight.moments import from_ns, range_parameters
from mendline.insight.origins import scope_of
from mendline.model.metric import Buckets, Exemplar, Metric, MetricPoint
from mendline.model.otlp_value import readable_values, types_of
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore

MOST_METRICS = 5000
_TEMPORALITY = ("", "delta", "cumulative")
_NOT_RECORDED = 1  # DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK


def list_metrics(store: TelemetryStore, time_range: TimeRange) -> tuple[Metric, ...]:
    """Every metric with a point in the range, by name, at most 5,000."""
    rows = store.select("metrics", {**range_parameters(time_range), "limit": MOST_METRICS})
    return tuple(
        Metric(
            last=from_ns(row["last_ns"]),
            metadata=readable_values(row["metadata"]),
            metadata_types=types_of(row["metadata_types"]),
            **{name: row[name] for name in _METRIC_AS_STORED},
        )
        for row in rows
    )


def metric_points(
    store: TelemetryStore, name: str, time_range: TimeRange, *, service: str = "", limit: int = 1000
) -> tuple[MetricPoint, ...]:
    """Points of one metric in the range, newest first."""
    parameters = {**range_parameters(time_range), "name": name, "service": service, "limit": limit}
    return tuple(map(_point, store.select("metric_points", parameters)))


def _point(row: Mapping[str, Any]) -> MetricPoint:
    has_value = row["kind"] in ("gauge", "sum") and not row["flags"] & _NOT_RECORDED
    return MetricPoint(
        time=from_ns(row["time_ns"]),
        placed_at_receipt=bool(row["placed_at_receipt"]),
        scope=scope_of(row),
        attributes=readable_values(row["attributes"]),
        attribute_types=types_of(row["attribute_types"]),
        value=(row["integer"] if row["is_integer"] else row["value"]) if has_value else None,
        bounds=tuple(row["bounds"]),
        counts=tuple(row["counts"]),
        positive=Buckets(row["positive_offset"], tuple(row["positive_counts"])),
        negative=Buckets(row["negative_offset"], tuple(row["negative_counts"])),
        quantiles=tuple((quantile, value) for quantile, value in row["quantiles"]),
        temporality=_TEMPORALITY[row["temporality"]],
        monotonic=bool(row["monotonic"]),
        exemplars=tuple(_exemplars(row)),
        **{name: row[name] for name in _POINT_AS_STORED},
    )


def _exemplars(row: Mapping[str, Any]) -> Iterator[Exemplar]:
    """The exemplars of a point; `exemplar_details` has an item for each, or none at all where nothing is to tell."""
    for index, (time_ns, value, trace_id, span_id, attributes) in enumerate(row["exemplars"]):
        details = row["exemplar_details"][index] if row["exemplar_details"] else _PLAIN
        yield Exemplar(
            time_ns=time_ns,
            value=details["integer"] if details["is_integer"] else value,
            trace_id=trace_id,
            span_id=span_id,
            attributes=readable_values(attributes),
            attribute_types=types_of(details["attribute_types"]),
        )


_PLAIN: Mapping[str, Any] = {"is_integer": False, "attribute_types": ""}
_METRIC_AS_STORED = ("name", "kind", "unit", "description", "series", "points")
_POINT_AS_STORED = (
    "name", "kind", "service", "time_ns", "start_ns", "flags", "resource_id", "count", "total", "least", "largest",
    "scale", "zero_count", "zero_threshold",
)  # fmt: skip
