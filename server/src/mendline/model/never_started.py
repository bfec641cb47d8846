"""Events that a function failed at, so that what usually follows never started."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Stranded:
    """An event (a message's id, or a request's) at which each of so many tries failed; in which trace, with which
    error. `payload_hash` is the same for the same payload, '' where none was captured."""

    event: str
    first: datetime
    trace_id: str
    request_id: str
    tries: int
    error: str
    payload_hash: str


@dataclass(frozen=True, slots=True)
class NeverStarted:
    """`downstream` are what good executions of the function, invoked by the same, nearly always call (TYPE/NAME) and
    what is invoked by it; none of `events` got so far. `usual` is the least of their shares. `cost_usd` is that of all
    tries; None where it is not known."""

    function: str
    trigger: str
    source: str
    downstream: tuple[tuple[str, tuple[str, ...]], ...]
    usual: float
    learned_from: int
    events: tuple[Stranded, ...]
    cost_usd: float | None
