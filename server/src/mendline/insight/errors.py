"""What failed in a range of time, the same errors as one."""

from __future__ import annotations

from mendline.insight.moments import from_ns, range_parameters
from mendline.model.error_group import ErrorGroup
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore

_NO_TRACE, _NO_SPAN = "0" * 32, "0" * 16


def list_errors(
    store: TelemetryStore,
    time_range: TimeRange,
    *,
    function: str = "",
    unclassified: bool = False,
    limit: int = 100,
) -> tuple[ErrorGroup, ...]:
    """Groups of errors by fingerprint, most frequent first; `unclassified` leaves those whose kind nobody knows."""
    parameters = {
        **range_parameters(time_range),
        "function": function,
        "unclassified": unclassified,
        "limit": limit,
    }
    return tuple(
        ErrorGroup(
            functions=tuple(sorted(row["functions"])),
            first=from_ns(row["first_ns"]),
            last=from_ns(row["last_ns"]),
            trace_id="" if row["trace_id"] == _NO_TRACE else row["trace_id"],
            span_id="" if row["span_id"] == _NO_SPAN else row["span_id"],
            **{name: row[name] for name in _AS_STORED},
        )
        for row in store.select("errors", parameters)
    )


_AS_STORED = ("fingerprint", "kind", "type", "message", "stack", "count", "invocations")
