"""Metrics: which there are, and their points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mendline.insight.moments import from_ns, range_parameters
from mendline.model.metric import Metric, MetricPoint
from mendline.model.otlp_value import readable_values
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore

MOST_METRICS = 5000
_TEMPORALITY = ("", "delta", "cumulative")


def list_metrics(store: TelemetryStore, time_range: TimeRange) -> tuple[Metric, ...]:
    """Every metric with a point in the range, by name, at most 5,000."""
    rows = store.select("metrics", {**range_parameters(time_range), "limit": MOST_METRICS})
    return tuple(
        Metric(last=from_ns(row["last_ns"]), **{name: row[name] for name in _METRIC_AS_STORED}) for row in rows
    )


def metric_points(
    store: TelemetryStore, name: str, time_range: TimeRange, *, service: str = "", limit: int = 1000
) -> tuple[MetricPoint, ...]:
    """Points of one metric in the range, newest first."""
    parameters = {**range_parameters(time_range), "name": name, "service": service, "limit": limit}
    return tuple(map(_point, store.select("metric_points", parameters)))


def _point(row: Mapping[str, Any]) -> MetricPoint:
    has_value = row["kind"] in ("gauge", "sum")
    return MetricPoint(
        time=from_ns(row["time_ns"]),
        attributes=readable_values(row["attributes"]),
        value=(row["integer"] if row["is_integer"] else row["value"]) if has_value else None,
        bounds=tuple(row["bounds"]),
        counts=tuple(row["counts"]),
        quantiles=tuple((quantile, value) for quantile, value in row["quantiles"]),
        temporality=_TEMPORALITY[row["temporality"]],
        monotonic=bool(row["monotonic"]),
        **{name: row[name] for name in _POINT_AS_STORED},
    )


_METRIC_AS_STORED = ("name", "kind", "unit", "description", "series", "points")
_POINT_AS_STORED = ("name", "kind", "service", "count", "total", "least", "largest")
