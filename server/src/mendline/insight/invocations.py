"""The invocations of a function, and one invocation by its id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mendline.errors import NotFoundError, UsageError
from mendline.insight.moments import from_ns, range_parameters
from mendline.insight.retry_limits import RetryLimits
from mendline.model.attempts import Execution, attempt_of
from mendline.model.function import FunctionId
from mendline.model.invocation import Invocation
from mendline.model.retry_limit import RetryLimit
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore

SORTS = ("start", "duration")


def list_invocations(
    store: TelemetryStore,
    function: FunctionId,
    time_range: TimeRange,
    *,
    only_errors: bool = False,
    sort: str = "start",
    limit: int = 100,
    offset: int = 0,
) -> tuple[Invocation, ...]:
    """Invocations of one function: newest first (`sort="start"`) or slowest first (`sort="duration"`)."""
    if sort not in SORTS:
        raise UsageError(f"Invocations cannot be sorted by '{sort[:40]}'; use {' or '.join(SORTS)}.")
    parameters = {
        **range_parameters(time_range),
        "account": function.account,
        "region": function.region,
        "name": function.name,
        "only_errors": only_errors,
        "slowest": sort == "duration",
        "limit": limit,
        "offset": offset,
    }
    rows = store.select("invocations", parameters)
    limits = RetryLimits(store, rows)
    return tuple(_invocation(row, limits.of(row)) for row in rows)


def find_invocation(store: TelemetryStore, invocation_id: str) -> Invocation:
    """The invocation with this id: `{request_id}~{attempt}`, a request id alone for its newest attempt, or a span id
    where it has no request id. Raises NotFoundError."""
    request_id, mark, attempt = invocation_id.partition("~")
    rows = store.select("invocation_executions", {"id": request_id, "by_span": False}) if request_id else []
    if request_id and not rows and not mark:
        rows = store.select("invocation_executions", {"id": request_id, "by_span": True})
    is_number = attempt.isascii() and attempt.isdigit() and len(attempt) < 5
    number = int(attempt) if is_number else 0 if mark else len(rows)
    if not 1 <= number <= len(rows):
        raise NotFoundError(f"No invocation '{invocation_id[:120]}' is stored. It may be older than the retention.")
    row = rows[number - 1]
    return _invocation(row, RetryLimits(store, [row]).of(row))


def _invocation(row: Mapping[str, Any], limit: RetryLimit | None) -> Invocation:
    request_id = row["request_id"]
    execution = Execution(
        start_ns=row["start_ns"],
        end_ns=row["start_ns"] + row["duration_ns"],
        failed=bool(row["error"]),
        trigger=row["trigger"],
        has_request_id=bool(request_id),
        told_number=row["told_attempt"],
    )
    attempt = attempt_of(execution, row["attempts"], limit)
    return Invocation(
        id=f"{request_id}~{attempt.ordinal}" if request_id else row["span_id"],
        function=FunctionId(row["account"], row["region"], row["name"]),
        start=from_ns(row["start_ns"]),
        duration_ms=row["duration_ns"] / 1e6,
        error=bool(row["error"]),
        cold_start=bool(row["cold_start"]),
        unfinished=bool(row["unfinished"]),
        reported=bool(row["reported"]),
        attempt=attempt.number,
        recovered=attempt.recovered,
        final=attempt.final,
        slowest_ms=float(row["slowest_ms"]),
        calls=tuple((str(called), float(spent_ms)) for called, spent_ms in row["calls"]),
        **{name: row[name] for name in _AS_STORED},
    )


_AS_STORED = (
    "version", "instance", "trace_id", "span_id", "error_kind", "error_type", "error_message",
    "init_ms", "restore_ms", "billed_ms", "timeout_ms", "memory_size_bytes", "memory_used_bytes",
    "trigger", "trigger_source", "slowest",
)  # fmt: skip
