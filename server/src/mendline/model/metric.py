"""Metrics: what is measured, and single points of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Metric:
    """What a metric is. `kind` is gauge, sum, histogram, exponential_histogram or summary; `series` counts the
    different sets of attributes and resources in the range, `last` is the time of the newest point."""

    name: str
    kind: str
    unit: str
    description: str
    series: int
    points: int
    last: datetime


@dataclass(frozen=True, slots=True)
class MetricPoint:
    """One data point. `value` is that of a gauge or a sum (exact where it is an int); the other kinds have `count`,
    and `total`, `least` and `largest` where they were sent. `bounds` and `counts` are a histogram's buckets (one more
    count than bounds), `quantiles` a summary's; `temporality` is delta, cumulative or empty.
    """

    name: str
    kind: str
    service: str
    time: datetime
    attributes: Mapping[str, str]
    value: float | int | None
    count: int
    total: float | None
    least: float | None
    largest: float | None
    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    quantiles: tuple[tuple[float, float], ...]
    temporality: str
    monotonic: bool
