"""Metrics: what is measured, and single points of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from mendline.model.origin import Scope


@dataclass(frozen=True, slots=True)
class Metric:
    """What a metric is. `kind` is gauge, sum, histogram, exponential_histogram or summary; `series` counts the
    different sets of attributes and resources in the range, `last` is the time of the newest point. `metadata` is what
    was told of it beside unit and description, with types as in model.trace.Span."""

    name: str
    kind: str
    unit: str
    description: str
    series: int
    points: int
    last: datetime
    metadata: Mapping[str, str]
    metadata_types: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Buckets:
    """One side of an exponential histogram: bucket n of `counts` ends at base^(offset + n + 1), with
    base = 2^(2^-scale)."""

    offset: int
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Exemplar:
    """One of the measurements behind a point, with the span in which it was made (empty where that is not told)."""

    time_ns: int
    value: float | int
    trace_id: str
    span_id: str
    attributes: Mapping[str, str]
    attribute_types: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MetricPoint:
    """One data point. `value` is that of a gauge or a sum (exact where it is an int; None where `flags` say that
    nothing was recorded); the other kinds have `count`, and `total`, `least` and `largest` where they were sent.
    `bounds` and `counts` are a histogram's buckets (one more count than bounds); `scale`, `zero_count`,
    `zero_threshold`, `positive` and `negative` an exponential histogram's; `quantiles` a summary's. `temporality`
    is delta, cumulative or empty.

    `time` is cut to the microsecond, `time_ns` is exact; `start_ns` is when counting began, 0 where that is not told.
    Its resource stands in insight.origins.resources_of; types and flags are as in model.trace.Span and OTLP.
    """

    name: str
    kind: str
    service: str
    time: datetime
    time_ns: int
    start_ns: int
    placed_at_receipt: bool
    flags: int
    resource_id: str
    scope: Scope
    attributes: Mapping[str, str]
    attribute_types: Mapping[str, str]
    value: float | int | None
    count: int
    total: float | None
    least: float | None
    largest: float | None
    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    scale: int
    zero_count: int
    zero_threshold: float
    positive: Buckets
    negative: Buckets
    quantiles: tuple[tuple[float, float], ...]
    temporality: str
    monotonic: bool
    exemplars: tuple[Exemplar, ...]
