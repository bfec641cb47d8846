"""An invocation: one execution of one function."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mendline.model.function import FunctionId


@dataclass(frozen=True, slots=True)
class Invocation:
    """One execution. Durations in ms, memory in bytes; 0 where not known.

    `id` is `{request_id}~{n}` (executions of one request id count from 1); without a request id, the span id.
    `trace_id` and `span_id` are empty where nothing but the platform's report tells of it. `billed_ms` is what AWS
    billed, and `reported` whether that is known. `attempt`, `recovered` and `final`: see model.attempts.
    `slowest` names the operation that took longest, with its ms; empty where there was none. `calls` has what it called
    itself, `type name`, with the ms of all calls to each, most first. `error_kind` is the kind of its error
    (model.error_kinds); empty where it did not fail, or where nobody knows.
    """

    id: str
    function: FunctionId
    version: str
    instance: str
    trace_id: str
    span_id: str
    start: datetime
    duration_ms: float
    error: bool
    error_kind: str
    error_type: str
    error_message: str
    cold_start: bool
    init_ms: float
    restore_ms: float
    billed_ms: int
    timeout_ms: int
    unfinished: bool
    memory_size_bytes: int
    memory_used_bytes: int
    trigger: str
    trigger_source: str
    reported: bool
    attempt: int
    recovered: bool
    final: bool | None
    slowest: str = ""
    slowest_ms: float = 0.0
    calls: tuple[tuple[str, float], ...] = ()
