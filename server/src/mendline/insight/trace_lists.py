"""Recent traces. Newest first, no more of a range is read than a page takes: its newest hours, then more of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from mendline.errors import UsageError
from mendline.insight.moments import from_ns, range_parameters
from mendline.model.timerange import TimeRange
from mendline.model.trace import TraceSummary
from mendline.store.contract import TelemetryStore

_AROUND_NS = 86_400 * 10**9  # as far before and after the spans in the range others of a trace are looked for
_FIRST_LOOK = timedelta(hours=1)
_MORE = 6  # times as long is the next look
_SPARE = 50  # traces that are looked at beyond a page: some may have begun earlier


def list_traces(
    store: TelemetryStore,
    time_range: TimeRange,
    *,
    only_errors: bool = False,
    sort: str = "start",
    service: str = "",
    limit: int = 100,
    offset: int = 0,
) -> tuple[TraceSummary, ...]:
    """Traces with a span in the range: newest first (`sort="start"`) or longest first (`sort="duration"`)."""
    if sort not in ("start", "duration"):
        raise UsageError(f"Traces cannot be sorted by '{sort[:40]}'; use start or duration.")
    asked = {"only_errors": only_errors, "service": service, "slowest": sort == "duration"}
    if sort == "duration":
        page: Sequence[Mapping[str, Any]] = store.select(
            "traces_page", {**range_parameters(time_range), **asked, "limit": limit, "offset": offset}
        )
    else:
        page = _newest(store, time_range, asked, limit + offset)[offset:]
    if not page:
        return ()
    firsts = [row["first_ns"] for row in page]
    around = {"start_ns": min(firsts) - _AROUND_NS, "end_ns": max(firsts) + _AROUND_NS}
    wanted = {**around, "ids": [row["id"] for row in page], "slowest": asked["slowest"]}
    return tuple(map(_summary, store.select("traces", wanted)))


def _newest(store: TelemetryStore, time_range: TimeRange, asked: Mapping[str, Any], most: int) -> list[dict[str, Any]]:
    """The traces that began last, `most` of them; those that began before what was looked at come after all of it."""
    for part in _looks(time_range):
        whole = part.start == time_range.start
        wanted = {**range_parameters(part), **asked, "limit": most + (0 if whole else _SPARE), "offset": 0}
        found = store.select("traces_page", wanted)
        if whole:
            return found
        if len(found) >= most:
            before = {**range_parameters(TimeRange(time_range.start, part.start)), "ids": [row["id"] for row in found]}
            earlier = {row["id"] for row in store.select("traces_with_spans", before)}
            found = [row for row in found if row["id"] not in earlier][:most]
            if len(found) == most:
                return found
    return []


def _looks(time_range: TimeRange) -> Iterator[TimeRange]:
    """The newest part of a range, from a full hour on, then longer ones, at last all of it."""
    length = _FIRST_LOOK
    while length * 2 < time_range.end - time_range.start:
        begun = (time_range.end - length).replace(minute=0, second=0, microsecond=0)
        yield TimeRange(begun, time_range.end)
        length *= _MORE
    yield time_range


def _summary(row: Mapping[str, Any]) -> TraceSummary:
    return TraceSummary(
        trace_id=row["id"],
        start=from_ns(row["start_ns"]),
        duration_ms=row["total_ns"] / 1e6,
        entry=row["entry"],
        service=row["entry_service"],
        services=row["services"],
        spans=row["spans"],
        errors=row["errors"],
    )
