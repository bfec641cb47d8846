"""A part of the invocations that a query finds: a box on the heat map of start and duration, or another measure."""

from __future__ import annotations

from dataclasses import dataclass

from mendline.model.measure import Bound, Measure


@dataclass(frozen=True, slots=True)
class Selection:
    """Start in ns since 1970, at or after `start_ns` and before `end_ns`; None is no bound. `bounds` must all hold; who
    has no value of a measure is not in them. `flag` (`error`, `timed_out`, `cold_start`) must hold, where one is named.
    Or those of these request ids, where some are named; attributes that begin as one of `without` does are then no
    reason, as they are what the selection is made by."""

    start_ns: int | None = None
    end_ns: int | None = None
    bounds: tuple[Bound, ...] = ()
    flag: str = ""
    request_ids: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def bound(self, measure: Measure) -> Bound:
        """What it says of a measure."""
        return next((one for one in self.bounds if one.measure is measure), Bound(measure))
