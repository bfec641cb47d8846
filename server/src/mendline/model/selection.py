"""A part of the invocations that a query finds: a box on the heat map of start and duration."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mendline.errors import UsageError

_LONGEST_MS = 366 * 86_400_000


@dataclass(frozen=True, slots=True)
class Selection:
    """Start in ns since 1970, at or after `start_ns` and before `end_ns`; duration in ns, both ends included. None is
    no bound. Or those of these request ids, where some are named; attributes that begin as one of `without` does are
    then no reason, as they are what the selection is made by."""

    start_ns: int | None = None
    end_ns: int | None = None
    least_ns: int | None = None
    most_ns: int | None = None
    request_ids: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


def bound_ns(name: str, milliseconds: float) -> int:
    """A bound of durations as a person gives it, in ns. Raises UsageError for what is no duration."""
    if not (math.isfinite(milliseconds) and 0 <= milliseconds <= _LONGEST_MS):
        raise UsageError(f"{name} is {milliseconds:g}; it must be a number of milliseconds, 0 to {_LONGEST_MS}.")
    return round(milliseconds * 1e6)
