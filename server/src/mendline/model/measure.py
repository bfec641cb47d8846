"""What invocations are measured by on a heat map, and the bounds that a selection sets to it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mendline.errors import UsageError

_LONGEST_MS = 366 * 86_400_000


@dataclass(frozen=True, slots=True)
class Measure:
    """`unit` is what people are told (`ms`, `B`, `$`, `%`), `factor` how many base units (ns, bytes, US dollars, shares
    of 1) one of it is. `bound` is the name of its bounds without `min_` or `max_`, `most` the largest of these.
    `per_decade` are the rows of a logarithmic map for each factor of ten; `least` is what smaller values count as
    there, in base units. `low_is_odd`: those at the lower end are looked at first."""

    key: str
    title: str
    unit: str
    factor: float
    bound: str
    most: float
    scale: str = "log"
    per_decade: int = 12
    least: float = 1.0
    low_is_odd: bool = False


DURATION = Measure("duration", "duration", "ms", 1e6, "duration_ms", _LONGEST_MS)
MEASURES = {
    measure.key: measure
    for measure in (
        DURATION,
        Measure("memory", "memory used", "B", 1, "memory_bytes", 2**50, per_decade=72),
        Measure("cost", "cost", "$", 1, "cost_usd", 1e6, per_decade=24, least=1e-9),
        Measure("wait", "queue wait", "ms", 1e6, "wait_ms", _LONGEST_MS),
        Measure("remaining", "time left", "%", 0.01, "remaining_percent", 100, "linear", 12, 1e-4, True),
    )
}


@dataclass(frozen=True, slots=True)
class Bound:
    """Values of a measure, in base units, both ends included; None is no bound."""

    measure: Measure
    least: float | None = None
    most: float | None = None


def bound_of(measure: Measure, name: str, value: float) -> float:
    """A bound as a person gives it, in base units. Raises UsageError for what is none; `name` is what it is called."""
    if not (math.isfinite(value) and 0 <= value <= measure.most):
        unit = {"ms": "a number of milliseconds", "B": "a number of bytes", "$": "US dollars", "%": "percent"}
        raise UsageError(f"{name} is {value:g}; it must be {unit[measure.unit]}, 0 to {measure.most:.12g}.")
    return round(value * measure.factor) if measure.unit in ("ms", "B") else value * measure.factor
