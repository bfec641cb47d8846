"""Data points of metrics as rows of `points_sent`: what a point's kind has not is empty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mendline.store.sent.row_binary import (
    FLOAT64,
    INT32,
    INT64,
    NOTHING,
    UINT32,
    UINT64,
    listed,
    nullable,
    numbers,
    octets,
    text,
)
from mendline.store.sent.values import attribute_columns

_KINDS = {
    name: bytes((number,))
    for number, name in enumerate(("gauge", "sum", "histogram", "exponential_histogram", "summary"), 1)
}
_NO_COUNTS = UINT64(0) + nullable(None) * 3 + NOTHING * 2  # nor sum, extremes, buckets
_NO_SCALE = INT32(0) + UINT64(0) + FLOAT64(0.0) + (INT32(0) + NOTHING) * 2
_NO_NUMBER = NOTHING + INT64(0) + FLOAT64(0.0)


def point_rows(scope: Any) -> Iterator[bytes]:
    """Each point of a ScopeMetrics, in the order of the columns of tables/0358_points_sent.sql from `name` on."""
    for metric in scope.metrics:
        kind = metric.WhichOneof("data")
        if kind not in _KINDS:
            continue
        data = getattr(metric, kind)
        before = b"".join(
            (
                text(metric.name),
                text(metric.description),
                text(metric.unit),
                attribute_columns(metric.metadata),
                _KINDS[kind],
                INT32(getattr(data, "aggregation_temporality", 0)),
                b"\x01" if getattr(data, "is_monotonic", False) else NOTHING,
            )
        )
        measured = _MEASURED[kind]
        for point in data.data_points:
            yield b"".join(
                (
                    before,
                    UINT64(point.start_time_unix_nano),
                    UINT64(point.time_unix_nano),
                    UINT32(point.flags),
                    attribute_columns(point.attributes),
                    measured(point),
                    listed([_exemplar(exemplar) for exemplar in getattr(point, "exemplars", ())]),
                )
            )


def _number(point: Any) -> bytes:
    """Whether it is an integer, which, and as a Float64."""
    if point.WhichOneof("value") == "as_int":
        return b"\x01" + INT64(point.as_int) + FLOAT64(float(point.as_int))
    return NOTHING + INT64(0) + FLOAT64(point.as_double)


def _of_number(point: Any) -> bytes:
    return _number(point) + _NO_COUNTS + _NO_SCALE + NOTHING


def _sums(point: Any) -> bytes:
    told = (getattr(point, name) if point.HasField(name) else None for name in ("sum", "min", "max"))
    return UINT64(point.count) + b"".join(map(nullable, told))


def _of_histogram(point: Any) -> bytes:
    buckets = numbers("d", point.explicit_bounds) + numbers("Q", point.bucket_counts)
    return _NO_NUMBER + _sums(point) + buckets + _NO_SCALE + NOTHING


def _of_exponential(point: Any) -> bytes:
    zero = UINT64(point.zero_count) + FLOAT64(point.zero_threshold)
    buckets = b"".join(
        INT32(side.offset) + numbers("Q", side.bucket_counts) for side in (point.positive, point.negative)
    )
    return _NO_NUMBER + _sums(point) + NOTHING * 2 + INT32(point.scale) + zero + buckets + NOTHING


def _of_summary(point: Any) -> bytes:
    told = UINT64(point.count) + nullable(point.sum) + nullable(None) * 2 + NOTHING * 2
    quantiles = [FLOAT64(value.quantile) + FLOAT64(value.value) for value in point.quantile_values]
    return _NO_NUMBER + told + _NO_SCALE + listed(quantiles)


_MEASURED = {
    "gauge": _of_number,
    "sum": _of_number,
    "histogram": _of_histogram,
    "exponential_histogram": _of_exponential,
    "summary": _of_summary,
}


def _exemplar(exemplar: Any) -> bytes:
    ids = octets(exemplar.trace_id) + octets(exemplar.span_id)
    return UINT64(exemplar.time_unix_nano) + _number(exemplar) + ids + attribute_columns(exemplar.filtered_attributes)
