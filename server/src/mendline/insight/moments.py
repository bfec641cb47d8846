"""Moments as the store keeps them: whole nanoseconds since 1970, UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mendline.model.timerange import TimeRange

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_ns(moment: datetime) -> int:
    """Nanoseconds since 1970, exact to the microsecond that a datetime can hold."""
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def from_ns(nanoseconds: int) -> datetime:
    """The moment, cut to the microsecond."""
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000)


def range_parameters(time_range: TimeRange) -> dict[str, int]:
    """The parameters `start_ns` and `end_ns` that every read over a range takes."""
    return {"start_ns": to_ns(time_range.start), "end_ns": to_ns(time_range.end)}
