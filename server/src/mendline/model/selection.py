"""A part of the invocations that a query finds: a box on the heat map of start and duration."""

from __future__ import annotations

from dataclasses import dataclass


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
