"""A record that is tried again and again and can never be processed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PoisonRecord:
    """By its id: the message id of a queue, `STREAM/SHARD/SEQUENCE` of a stream, `TABLE/EVENTID` of a table. `named`
    of the `tries` said that it was this one (it was alone, or the error was raised with it at hand); else it is one of
    `together` that failed at once. In `by_calls` of
    them a call to something failed. The newest try was in this trace and span, and failed with this error."""

    id: str
    function: str
    trigger: str
    source: str
    source_arn: str
    tries: int
    named: int
    by_calls: int
    together: int
    first: datetime
    last: datetime
    error: str
    message: str
    trace_id: str
    span_id: str
    request_ids: tuple[str, ...]

    @property
    def is_certain(self) -> bool:
        """Whether it is known to be this record, and no other of its batch."""
        return self.named > 1 or self.together == 1

    @property
    def resource(self) -> str:
        """`TYPE/NAME` of where it came from."""
        return f"{self.trigger}/{self.source}"
