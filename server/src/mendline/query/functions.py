"""The functions of the language: aggregates, and the few that are none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Argument(StrEnum):
    """What an aggregate takes."""

    CONDITION = "condition"
    NUMBER = "number"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A function over rows. `optional`: the argument may be left out. `counts`: groups that were not there this time
    count as 0 in conditions. `example` is how it is called."""

    name: str
    argument: Argument
    meaning: str
    example: str
    optional: bool = False
    counts: bool = False


AGGREGATES = {
    aggregate.name: aggregate
    for aggregate in (
        Aggregate("count", Argument.CONDITION, "how many rows, or how many for which a condition holds", "count(error)",
                  optional=True, counts=True),
        Aggregate("sum", Argument.NUMBER, "the sum", "sum(cost)", counts=True),
        Aggregate("avg", Argument.NUMBER, "the mean", "avg(duration)"),
        Aggregate("min", Argument.NUMBER, "the smallest", "min(remaining)"),
        Aggregate("max", Argument.NUMBER, "the largest", "max(duration / timeout)"),
        Aggregate("distinct", Argument.VALUE, "how many different values", "distinct(tags.user.id)",
                  counts=True),
        Aggregate("ratio", Argument.CONDITION, "the share of rows for which a condition holds", "ratio(error)"),
        Aggregate("rate", Argument.CONDITION, "rows per second", "rate()", optional=True, counts=True),
        Aggregate("consecutive", Argument.CONDITION, "how many rows in a row, newest first, fulfil a condition",
                  "consecutive(error.type:MappingError)", counts=True),
        Aggregate("first", Argument.VALUE, "the value of the oldest row", "first(version)"),
        Aggregate("last", Argument.VALUE, "the value of the newest row", "last(version)"),
    )
}  # fmt: skip
PERCENTILE = Aggregate("p", Argument.NUMBER, "a percentile: p50, p95, p99.9 …", "p99(duration)")
OTHERS = {
    "bucket": ("a number cut into steps, as a key of `by`", "bucket(duration, 100ms)"),
    "exists": ("whether a row has the field", "exists(tags.user.id)"),
    "through": ("traces that passed these functions in this order", "through(checkout, price)"),
    "attr": ("an attribute by its key, also one never seen", 'attr("customer tier")'),
}
"""Functions that are no aggregates: meaning and example."""

ALIASES = {
    "average": "avg", "mean": "avg", "median": "p50", "minimum": "min", "maximum": "max", "total": "sum",
    "count_distinct": "distinct", "countdistinct": "distinct", "dcount": "distinct", "uniq": "distinct",
    "unique": "distinct", "cardinality": "distinct", "earliest": "first", "latest": "last", "streak": "consecutive",
    "bin": "bucket", "has": "exists", "isnotnull": "exists",
}  # fmt: skip
_PERCENTILE = re.compile(r"(?:p|perc|pct|percentile)([0-9]{1,2}(?:\.[0-9]{1,4})?)", re.IGNORECASE)


def spelled(name: str) -> str:
    """The one spelling of a function's name; a name that is not known stays as it is."""
    small = name.lower()
    percentile = _PERCENTILE.fullmatch(small)
    if percentile:
        whole, _, part = percentile[1].partition(".")
        part = part.rstrip("0")
        return f"p{int(whole)}.{part}" if part else f"p{int(whole)}"
    return ALIASES.get(small, small if small in AGGREGATES or small in OTHERS else name)


def percentile_of(name: str) -> float | None:
    """The quantile, 0 to 1, that a spelled name asks for; None where it is no percentile."""
    found = _PERCENTILE.fullmatch(name)
    return float(found[1]) / 100 if found else None


def find_aggregate(name: str) -> Aggregate | None:
    """The aggregate that a name means."""
    name = spelled(name)
    return PERCENTILE if percentile_of(name) is not None else AGGREGATES.get(name)
