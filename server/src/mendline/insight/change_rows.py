"""What sampled invocations of two windows may be told apart by: whose they are, but not the hour that an attribute
tells, nor what is replaced in the course of time anyway, as instances are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import correlation, fmean

from mendline.analysis.predicate import Value, as_number
from mendline.insight.outlier_rows import Sampled
from mendline.query.spelling import DATE

_ALWAYS = (
    "instance",
    "version",
)  # that instances come and go is no cause; that a version is new is asked for by itself
_TENANTS = ("tenant", "customer", "account_id", "organisation", "organization", "workspace", "brand", "shop")
_LEAST_ROWS = 20
_WITH_TIME = 0.9  # rank correlation with the time from which on a number is a clock
_AGAIN = 0.5  # share of rows whose value was there before, below which values are replaced
_REPEATED = 3.0


def drifting(usual: Sequence[Sampled], now: Sequence[Sampled]) -> frozenset[str]:
    """The attributes that differ between any two times."""
    found = {"instance"}
    ordered = sorted(usual, key=lambda row: row.start_ns)
    later = sorted(now, key=lambda row: row.start_ns)
    for name in {name for row in (*ordered, *later) for name in row.attributes} - set(_ALWAYS):
        if _is_clock(name, ordered) or _is_clock(name, later) or _is_replaced(name, ordered):
            found.add(name)
    return frozenset(found)


def is_who(name: str) -> bool:
    """Whether an attribute says whose invocations they are: of which function, version, tenant."""
    last = name.rpartition(".")[2].lower().replace("-", "_")
    return name in ("function", "version") or last in _TENANTS or last.removesuffix("id").removesuffix("_") in _TENANTS


def _is_clock(name: str, ordered: Sequence[Sampled]) -> bool:
    values = [row.attributes[name] for row in ordered if name in row.attributes]
    if len(values) < _LEAST_ROWS:
        return False
    if all(isinstance(value, str) and DATE.match(value) for value in values[:_LEAST_ROWS]):
        return True
    numbers = [as_number(value) for value in values[:: max(1, len(values) // 400)]]
    told = [number for number in numbers if number is not None]
    if len(told) < len(numbers) or len(set(told)) < _LEAST_ROWS / 2:
        return False
    return abs(_with_order(told)) >= _WITH_TIME


def _with_order(values: Sequence[float]) -> float:
    """The rank correlation of values with their places (C. Spearman, 1904); equal values share their rank."""
    places: dict[float, list[int]] = {}
    for rank, value in enumerate(sorted(values)):
        places.setdefault(value, []).append(rank)
    return correlation([fmean(places[value]) for value in values], range(len(values)))


def _is_replaced(name: str, ordered: Sequence[Sampled]) -> bool:
    """Whether values stay for a while and then others come."""
    values = [row.attributes[name] for row in ordered if name in row.attributes]
    if len(values) < _LEAST_ROWS:
        return False
    counts: Counter[tuple[type, Value]] = Counter((type(value), value) for value in values)
    if len(values) / len(counts) < _REPEATED or len(counts) < _REPEATED:
        return False
    half = len(values) // 2
    before = {(type(value), value) for value in values[:half]}
    again = sum((type(value), value) in before for value in values[half:])
    return again < _AGAIN * (len(values) - half)
