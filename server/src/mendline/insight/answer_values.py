"""Values of an answer as they are given: numbers in their unit, moments as ISO 8601."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from mendline.insight.moments import from_ns
from mendline.query import plan
from mendline.query.evaluate import Row
from mendline.query.types import Kind, Type


def kind_shown(type_: Type) -> str:
    """The type of a column: what is not known is shown as a text."""
    return "text" if type_.kind is Kind.ANY else str(type_.kind)


def finite(value: Any) -> Any:
    """None for what is no number or not finite."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def as_shown(value: Any, type_: Type) -> Any:
    """A value of the store as the answer gives it."""
    value = finite(value)
    if value is None:
        return None
    if type_.kind is Kind.TIME:
        return moment_shown(int(value))
    if type_.kind is Kind.BOOL:
        return bool(value)
    if type_.kind is Kind.NUMBER and isinstance(value, (int, float)):
        scale = type_.unit.scale
        return value if scale == 1 else float(value) / float(scale)
    return list(value) if isinstance(value, (list, tuple)) else value


def moment_shown(nanoseconds: int) -> str:
    """A moment as ISO 8601, to the millisecond."""
    return from_ns(nanoseconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def all_shown(values: Sequence[Any], type_: Type) -> Sequence[Any]:
    """The values of a column as the answer gives them."""
    if type_.kind is Kind.NUMBER and type_.unit.scale != 1 and _is_finite(values):
        scale = float(type_.unit.scale)
        return [None if value is None else value / scale for value in values]
    if type_.kind is Kind.TEXT and set(map(type, values)) == {str}:
        return values
    return [as_shown(value, type_) for value in values]


def all_finite(rows: Iterable[Row], behind: int, aggregates: Sequence[plan.Aggregate]) -> Iterable[Row]:
    """Rows with None for aggregates, from place `behind` on, that are no number or not finite. There may be many rows,
    and as good as never there is anything to do."""
    kept = list(rows)
    for place in range(behind, behind + len(aggregates)):
        if not _is_finite([row[place] for row in kept]):
            kept = [(*row[:place], finite(row[place]), *row[place + 1 :]) for row in kept]
    return kept


def column_finite(values: Sequence[Any]) -> Sequence[Any]:
    """Values with None for what is no number or not finite."""
    return values if _is_finite(values) else list(map(finite, values))


def _is_finite(values: Sequence[Any]) -> bool:
    """Whether all of them are finite numbers or missing, as far as a sum can tell."""
    try:
        return set(map(type, values)) <= {int, float, type(None)} and math.isfinite(sum(filter(None, values)))
    except OverflowError:
        return False
