"""Errors that are the same but for ids and line numbers, as one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """`kind` is one of model.error_kinds, empty where the table of kinds does not know the type or its message.

    `type`, `message`, `stack`, `trace_id` and `span_id` (empty where it has none) are of the newest; `count` counts
    errors in the range, `trend` those of equal slices of it, oldest first, `invocations` the executions that had one.
    `first` and `last` are within the range, `first_ever` is the first that is kept at all.
    """

    fingerprint: str
    kind: str
    type: str
    message: str
    stack: str
    count: int
    trend: tuple[int, ...]
    invocations: int
    functions: tuple[str, ...]
    versions: tuple[str, ...]
    first: datetime
    last: datetime
    first_ever: datetime
    trace_id: str
    span_id: str

    @property
    def is_new(self) -> bool:
        """Whether it never happened before the range."""
        return self.first_ever >= self.first


@dataclass(frozen=True, slots=True)
class ErrorSample:
    """One occurrence; ids are empty where not known, `span_name` where a log record told of it."""

    time: datetime
    message: str
    function: str
    version: str
    request_id: str
    span_name: str
    trace_id: str
    span_id: str
