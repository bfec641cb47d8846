"""Failures that needed nobody: healed by a later try, answered by a fallback, put aside behind a circuit breaker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mendline.insight.moments import from_ns, range_parameters
from mendline.model.service_report import Handled
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore


@dataclass(frozen=True, slots=True)
class HandledByFunction:
    """Of one function: invocations answered by a fallback, and those that put calls aside, since `first_put_aside`; how
    often circuit breakers opened. `is_open`: the last that opened has not closed since, as far as was told."""

    function: str
    fallbacks: int
    put_aside: int
    first_put_aside: datetime | None
    breakers: int
    is_open: bool


def handled_calls(store: TelemetryStore, range_: TimeRange) -> tuple[tuple[str, str, Handled], ...]:
    """Type, name and what was handled of each resource that failed so, most first (at most 100)."""
    return tuple((row["type"], row["name"], _handled(row)) for row in _rows(store, range_, None))


def handled_of(store: TelemetryStore, range_: TimeRange, type_: str, name: str) -> Handled:
    """The same of one resource."""
    return next(map(_handled, _rows(store, range_, (type_, name))), Handled())


def handled_by_function(store: TelemetryStore, range_: TimeRange) -> tuple[HandledByFunction, ...]:
    """By function, most first (at most 100)."""
    return tuple(map(_of_function, store.select("handled_invocations", range_parameters(range_))))


def _rows(store: TelemetryStore, range_: TimeRange, only: tuple[str, str] | None) -> Any:
    type_, name = only or ("", "")
    return store.select(
        "handled_calls", {**range_parameters(range_), "only": only is not None, "type": type_, "name": name}
    )


def _handled(row: Mapping[str, Any]) -> Handled:
    return Handled(*(row[name] for name in ("healed", "fallbacks", "put_aside", "breakers")))


def _of_function(row: Mapping[str, Any]) -> HandledByFunction:
    since = from_ns(row["first_put_aside_ns"]) if row["put_aside"] else None
    is_open = row["last_opened_ns"] > row["last_closed_ns"]
    return HandledByFunction(row["function"], row["fallbacks"], row["put_aside"], since, row["breakers"], is_open)
