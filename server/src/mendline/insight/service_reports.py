"""Service reports of vendors: months and days from what is kept for 13 months, and whether it is getting slower."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from mendline.insight.handled import handled_of
from mendline.insight.moments import range_parameters
from mendline.model.histogram import quantile
from mendline.model.service_report import Handled, Served, ServiceReport, Tendency, tendency
from mendline.model.slope import sen_slope
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore

LOOKED_BACK = timedelta(days=397)
TENDENCY_DAYS = 56
HANDLED_DAYS = 7
_LEAST_CALLS = 20  # of a day whose percentiles say something


def service_report(store: TelemetryStore, end: datetime, type_: str, name: str) -> ServiceReport:
    """The 13 months before a moment; empty for what was never called. Whether it gets slower is told of the last eight
    weeks, without the day of the moment, which is not over."""
    span = range_parameters(TimeRange(end - LOOKED_BACK, end))
    rows = store.select("resource_report", {**span, "type": type_, "name": name})
    days = tuple(_served(date.fromisoformat(row["date"]), [row]) for row in rows)
    months: dict[date, list[Mapping[str, Any]]] = {}
    for row in rows:
        months.setdefault(date.fromisoformat(row["date"]).replace(day=1), []).append(row)
    told = [it for it in days if end.date() - timedelta(days=TENDENCY_DAYS) <= it.begins < end.date()]
    return ServiceReport(
        type_,
        name,
        tuple(_served(month, of_month) for month, of_month in months.items()),
        days,
        tuple(_tendency(told, percentile) for percentile in ("p50", "p95")),
        handled_of(store, TimeRange(end - timedelta(days=HANDLED_DAYS), end), type_, name) if rows else Handled(),
        HANDLED_DAYS,
    )


def known_resources(store: TelemetryStore, end: datetime) -> tuple[tuple[str, str], ...]:
    """Types and names of what was called in the 13 months, most called first (at most 500)."""
    rows = store.select("resource_names", range_parameters(TimeRange(end - LOOKED_BACK, end)))
    return tuple((row["type"], row["name"]) for row in rows)


def _served(begins: date, rows: list[Mapping[str, Any]]) -> Served:
    counts: Counter[int] = Counter()
    for row in rows:
        counts.update(dict(zip(*row["durations"], strict=True)))
    calls, errors, throttled = (sum(row[name] for row in rows) for name in ("calls", "errors", "throttled"))
    return Served(begins, calls, errors, throttled, *(quantile(counts, share) for share in (0.5, 0.95, 0.99)))


def _tendency(days: list[Served], percentile: str) -> Tendency:
    points = [
        (float(it.begins.toordinal()), math.log2(value))
        for it in days
        if it.calls >= _LEAST_CALLS and (value := getattr(it, percentile + "_ms")) > 0
    ]
    return tendency(percentile, sen_slope(points))
