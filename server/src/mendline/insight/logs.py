"""Log records: found by words, by trace, by invocation."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from mendline.errors import UsageError
from mendline.insight.invocations import find_invocation
from mendline.insight.moments import from_ns, range_parameters, to_ns
from mendline.insight.origins import scope_of
from mendline.model.log import FROM_AGENT, FROM_CLOUDWATCH, LogRecord, LogVolume
from mendline.model.otlp_value import readable, readable_values, types_of
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore

MOST_LOGS = 1000
VOLUME_SLICES = 120
_COMPARED = 500
_TRACE_ID = re.compile(r"[0-9a-f]{32}|")
# As the text index cuts a body into words: whatever is no ASCII letter or digit separates.
_WORD = re.compile(r"[A-Za-z0-9\x80-\U0010ffff]+")


def list_logs(
    store: TelemetryStore, time_range: TimeRange, *, limit: int = 100, offset: int = 0, **filters: Any
) -> tuple[LogRecord, ...]:
    """Records in the range that fit all filters (see `fitting`), newest first. Raises UsageError."""
    parameters = {**fitting(time_range, **filters), "limit": limit, "offset": offset}
    return tuple(map(_record, store.select("logs", parameters)))


def log_volume(store: TelemetryStore, time_range: TimeRange, **filters: Any) -> LogVolume:
    """How many records fit (see `fitting`) in each of VOLUME_SLICES equal slices of the range, oldest first."""
    rows = store.select("log_volume", {**fitting(time_range, **filters), "slices": VOLUME_SLICES})
    records, errors = [0] * VOLUME_SLICES, [0] * VOLUME_SLICES
    for row in rows:
        records[row["slice"]], errors[row["slice"]] = row["records"], row["errors"]
    return LogVolume(tuple(records), tuple(errors))


def latest_log(store: TelemetryStore) -> datetime | None:
    """When the newest record was written; None where there is none."""
    row = store.select("latest_log")[0]
    return from_ns(row["last_ns"]) if row["records"] else None


def fitting(
    time_range: TimeRange,
    *,
    text: str = "",
    trace_id: str = "",
    request_id: str = "",
    service: str = "",
    least_severity: int = 0,
) -> dict[str, Any]:
    """The parameters of a read of records that fit everything that is given.

    `text` is looked for word by word, in any order, without regard to case. Raises UsageError.
    """
    words = _WORD.findall(text)  # the store makes their letters small, as it does with those of bodies
    if text.strip() and not words:
        raise UsageError(f"'{text[:40]}' holds no word to look for; words are of letters and digits.")
    if not _TRACE_ID.fullmatch(trace_id.lower()):
        raise UsageError(f"'{trace_id[:80]}' is not a trace id; it has 32 hexadecimal digits.")
    return {
        **range_parameters(time_range),
        "words": words,
        "trace_id": trace_id.lower(),
        "request_id": request_id,
        "service": service,
        "least_severity": least_severity,
    }


def invocation_logs(store: TelemetryStore, invocation_id: str) -> tuple[LogRecord, ...]:
    """What one execution logged, oldest first, at most 1,000 records. Raises NotFoundError where there is none.

    A line that the agent sent and CloudWatch brought as well is here once, as the agent sent it.
    """
    invocation = find_invocation(store, invocation_id)
    request_id = invocation_id.partition("~")[0] if invocation.id != invocation.span_id else ""
    parameters = {
        "start_ns": to_ns(invocation.start),
        "end_ns": to_ns(invocation.start + timedelta(milliseconds=invocation.duration_ms)),
        "request_id": request_id,
        "instance": invocation.instance,
        "trace_id": invocation.trace_id,
        "span_id": invocation.span_id,
        "limit": 2 * MOST_LOGS,
    }
    return tuple(_once(map(_record, store.select("invocation_logs", parameters))))[:MOST_LOGS]


def _once(records: Iterable[LogRecord]) -> Iterator[LogRecord]:
    """The records without CloudWatch's repeats of the agent's: as many as the agent sent with the same first line."""
    told = list(records)
    sent = Counter(_first_line(record) for record in told if record.scope.name == FROM_AGENT)
    for record in told:
        if record.scope.name == FROM_CLOUDWATCH and not record.platform and sent[_first_line(record)] > 0:
            sent[_first_line(record)] -= 1
        else:
            yield record


def _first_line(record: LogRecord) -> str:
    return record.body.partition("\n")[0].strip()[:_COMPARED]


def _record(row: Mapping[str, Any]) -> LogRecord:
    return LogRecord(
        time=from_ns(row["time_ns"]),
        body=readable(row["body"]),
        attributes=readable_values(row["attributes"]),
        attribute_types=types_of(row["attribute_types"]),
        scope=scope_of(row),
        placed_at_receipt=bool(row["placed_at_receipt"]),
        **{name: row[name] for name in _AS_STORED},
    )


_AS_STORED = (
    "time_ns", "observed_ns", "severity_number", "severity_text", "body_type", "service", "function", "instance",
    "request_id", "trace_id", "span_id", "flags", "event_name", "platform", "resource_id", "dropped_attributes",
)  # fmt: skip
