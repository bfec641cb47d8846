"""Numbers of answers as people read them: a value in the unit of its column. Pure."""

from __future__ import annotations

import math

from mendline.web import formats
from mendline.web.formats import NARROW_SPACE, NOTHING

_MILLISECONDS = {"ns": 1e-6, "us": 1e-3, "ms": 1.0, "s": 1e3, "m": 60e3, "h": 3600e3, "d": 86400e3, "w": 7 * 86400e3}
_BYTES = {"B": 1, "KB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}


def milliseconds_of(unit: str) -> float:
    """How many ms one of this unit is; 0 for what is no duration."""
    return _MILLISECONDS.get(unit, 0.0)


def bytes_of(unit: str) -> int:
    """How many bytes one of this unit is; 0 for what is no size."""
    return _BYTES.get(unit, 0)


def quantity(value: float | None, unit: str) -> str:
    """`12.3 ms`, `1.50 GB`, `4.5 %`, `$0.0012`, `1 234`, `0.25 /s`; a dash where there is no value."""
    if value is None or not math.isfinite(value):
        return NOTHING
    if unit in _MILLISECONDS:
        return formats.duration(value * _MILLISECONDS[unit])
    if unit in _BYTES:
        sign = "−" if value < 0 else ""  # noqa: RUF001 - a minus sign
        return sign + formats.size(round(abs(value) * _BYTES[unit]))
    if unit == "%":
        return formats.percent(value / 100)
    text = plain(abs(value))
    sign = "−" if value < 0 else ""  # noqa: RUF001 - a minus sign
    if unit == "$":
        return f"{sign}${text}"
    return f"{sign}{text}{NARROW_SPACE}{unit}" if unit else sign + text


def plain(value: float) -> str:
    """A number from 0 on: whole ones with thin separators, others with three significant digits."""
    if value == int(value) and value < 1e15:
        return formats.count(int(value))
    if value >= 100:
        return formats.count(round(value)) if value < 1e15 else f"{value:.2e}"
    if value >= 1e-9:
        return f"{value:.{2 - math.floor(math.log10(value))}f}"
    return f"{value:.2e}"
