"""What failed in a range of time, the same errors as one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mendline.errors import NotFoundError
from mendline.insight.moments import from_ns, range_parameters
from mendline.model.error_group import ErrorGroup, ErrorSample, was_missing
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore

_NO_TRACE, _NO_SPAN = "0" * 32, "0" * 16
_FINGERPRINT = re.compile(r"[0-9a-f]{16}")


def list_errors(
    store: TelemetryStore,
    time_range: TimeRange,
    *,
    function: str = "",
    unclassified: bool = False,
    limit: int = 100,
    offset: int = 0,
) -> tuple[ErrorGroup, ...]:
    """Groups of errors by fingerprint, most frequent first; `unclassified` leaves those whose kind nobody knows."""
    return _groups(store, time_range, function=function, unclassified=unclassified, limit=limit, offset=offset)


def find_error(store: TelemetryStore, fingerprint: str, time_range: TimeRange) -> ErrorGroup:
    """One group. Raises NotFoundError, which says when it happened last where that was not in the range."""
    known = fingerprint.lower()
    found = _groups(store, time_range, fingerprint=known) if _FINGERPRINT.fullmatch(known) else ()
    if found:
        return found[0]
    seen = store.select("error_seen", {"fingerprint": known})[0] if _FINGERPRINT.fullmatch(known) else {"count": 0}
    if not seen["count"]:
        raise NotFoundError(f"No error with the fingerprint '{fingerprint[:40]}' is stored.")
    raise NotFoundError(
        f"The error {known} did not happen in this range; it did last at {from_ns(seen['last_ns']):%Y-%m-%dT%H:%MZ}."
        " Ask for a longer range."
    )


def error_samples(
    store: TelemetryStore, fingerprint: str, time_range: TimeRange, *, limit: int = 100
) -> tuple[ErrorSample, ...]:
    """Its newest occurrences in the range."""
    parameters = {**range_parameters(time_range), "fingerprint": fingerprint, "limit": limit}
    return tuple(
        ErrorSample(time=from_ns(row["time_ns"]), **{name: row[name] for name in _OF_SAMPLES})
        for row in store.select("error_samples", parameters)
    )


_OF_SAMPLES = ("message", "function", "version", "request_id", "span_name", "trace_id", "span_id")


def _groups(
    store: TelemetryStore,
    time_range: TimeRange,
    *,
    function: str = "",
    fingerprint: str = "",
    unclassified: bool = False,
    limit: int = 1,
    offset: int = 0,
) -> tuple[ErrorGroup, ...]:
    parameters = {
        **range_parameters(time_range),
        "function": function,
        "fingerprint": fingerprint,
        "unclassified": unclassified,
        "limit": limit,
        "offset": offset,
    }
    rows = store.select("errors", parameters)
    if not rows:
        return ()
    fingerprints = [int(row["fingerprint"], 16) for row in rows]
    wanted = {**range_parameters(time_range), "fingerprints": fingerprints}
    first = store.select("errors_first_ever", wanted)
    first_ns = {row["fingerprint"]: row["first_ns"] for row in rows}
    first_ns |= {row["fingerprint"]: row["first_ever_ns"] for row in first}
    known = _known_since(store)
    return tuple(_group(row, first_ns[row["fingerprint"]], known, time_range.end) for row in rows)


def _known_since(store: TelemetryStore) -> datetime:
    at = store.select("known_since")[0]["at"]
    return datetime.fromtimestamp(at, UTC) if at else datetime.min.replace(tzinfo=UTC)


def _group(row: Mapping[str, Any], first_ever_ns: int, known_since: datetime, end: datetime) -> ErrorGroup:
    first, first_ever = from_ns(row["first_ns"]), from_ns(first_ever_ns)
    missing = was_missing(first, row["count"], known_since, end)
    return ErrorGroup(
        functions=tuple(sorted(filter(None, row["functions"]))),
        versions=tuple(sorted(filter(None, row["versions"]))),
        trend=tuple(row["trend"]),
        first=first,
        last=from_ns(row["last_ns"]),
        first_ever=first_ever,
        is_new=first_ever >= first and missing,
        trace_id="" if row["trace_id"] == _NO_TRACE else row["trace_id"],
        span_id="" if row["span_id"] == _NO_SPAN else row["span_id"],
        **{name: row[name] for name in _AS_STORED},
    )


def count_unclassified(store: TelemetryStore) -> int:
    """How many errors that are stored have a kind that nobody knows."""
    return int(store.select("unclassified_errors")[0]["errors"])


_AS_STORED = ("fingerprint", "kind", "type", "message", "stack", "count", "invocations")
