"""Errors that are the same but for ids and line numbers, as one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

_UNLIKELY = 4.6  # -ln(1 %)


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """`kind` is one of model.error_kinds, empty where the table of kinds does not know the type or its message.

    `type`, `message`, `stack`, `trace_id` and `span_id` (empty where it has none) are of the newest; `count` counts
    errors in the range, `trend` those of equal slices of it, oldest first, `invocations` the executions that had one.
    `first` and `last` are within the range, `first_ever` is the first that is kept at all. `is_new` is that it surely
    never happened before the range (`was_missing`).
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
    is_new: bool
    trace_id: str
    span_id: str

    @property
    def began_here(self) -> bool:
        """Whether nothing is kept of it from before the range."""
        return self.first_ever >= self.first


def was_missing(first: datetime, count: int, known_since: datetime, end: datetime) -> bool:
    """Whether what happened so often from `first` to `end` would have been seen before, had it always been as frequent.

    With a probability of 99 % at least, for a Poisson process: while history is still coming in, and in the first hours
    of a project, what has always been there looks new.
    """
    before_s, since_s = (first - known_since).total_seconds(), (end - first).total_seconds()
    return before_s * count >= _UNLIKELY * max(since_s, 1.0)


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
