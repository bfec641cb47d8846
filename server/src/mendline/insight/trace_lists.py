"""Recent traces. Newest first, no more of a range is read than a page takes: its newest hours, then what is before."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from mendline.errors import UsageError
from mendline.insight.moments import from_ns, range_parameters
from mendline.model.timerange import TimeRange
from mendline.model.trace import TraceSummary
from mendline.store.contract import TelemetryStore

_Row = Mapping[str, Any]
_AROUND_NS = 86_400 * 10**9  # as far before and after the spans in the range others of a trace are looked for
_FIRST_LOOK = timedelta(hours=1)
_MORE = 6  # times as far is looked back next
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
        page: Sequence[_Row] = store.select(
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


def _newest(store: TelemetryStore, time_range: TimeRange, asked: Mapping[str, Any], most: int) -> list[_Row]:
    """The traces that began last, `most` of them; of those with spans before a part, when they really did."""
    found: list[_Row] = []
    begun_before: dict[str, _Row] = {}
    for part in _parts(time_range):
        here: list[_Row] = []
        for page in _pages(store, {**range_parameters(part), **asked}, most + _SPARE):
            unknown = [row for row in page if row["id"] not in begun_before]
            begun_before |= _begun(store, TimeRange(time_range.start, part.start), unknown)
            here += [row for row in unknown if row["id"] not in begun_before]
            if len(found) + len(here) >= most:
                break
        start_ns = range_parameters(part)["start_ns"]
        here += [begun_before.pop(id_) for id_, row in [*begun_before.items()] if row["first_ns"] >= start_ns]
        found += sorted(here, key=lambda row: (-row["first_ns"], row["id"]))
        if len(found) >= most:
            break
    return found[:most]


def _pages(store: TelemetryStore, wanted: Mapping[str, Any], size: int) -> Iterator[Sequence[_Row]]:
    for offset in itertools.count(0, size):
        page = store.select("traces_page", {**wanted, "limit": size, "offset": offset})
        yield page
        if len(page) < size:
            return


def _begun(store: TelemetryStore, before: TimeRange, traces: Sequence[_Row]) -> dict[str, _Row]:
    """By id, when those of the traces began that have spans in the time before."""
    if before.start >= before.end or not traces:
        return {}
    wanted = {**range_parameters(before), "ids": [row["id"] for row in traces]}
    return {row["id"]: row for row in store.select("traces_with_spans", wanted)}


def _parts(time_range: TimeRange) -> Iterator[TimeRange]:
    """The newest part of a range, from a full hour on, then what is before it, always more at once."""
    length, end = _FIRST_LOOK, time_range.end
    while length * 2 < time_range.end - time_range.start:
        begun = (time_range.end - length).replace(minute=0, second=0, microsecond=0)
        yield TimeRange(begun, end)
        length, end = length * _MORE, begun
    yield TimeRange(time_range.start, end)


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
