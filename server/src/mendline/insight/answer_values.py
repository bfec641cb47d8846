"""Values of an answer as they are given: numbers in their unit, moments as ISO 8601."""

from __future__ import annotations

import math
from typing import Any

from mendline.insight.moments import from_ns
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
