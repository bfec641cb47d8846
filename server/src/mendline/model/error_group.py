"""Errors that are the same but for ids and line numbers, as one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """`kind` is one of model.error_kinds, empty where the table of kinds does not know the type or its message.

    `type`, `message`, `stack`, `trace_id` and `span_id` (empty where it has none) are of the newest; `count` counts
    errors in the range, `invocations` the executions that had one.
    """

    fingerprint: str
    kind: str
    type: str
    message: str
    stack: str
    count: int
    invocations: int
    functions: tuple[str, ...]
    first: datetime
    last: datetime
    trace_id: str
    span_id: str
