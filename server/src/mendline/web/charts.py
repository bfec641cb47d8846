"""Geometry of the small charts: numbers in, SVG attribute values out. Pure."""

from __future__ import annotations

from collections.abc import Sequence


def bars(values: Sequence[float], width: int, height: int, most: float = 0) -> str:
    """The `d` of one path that draws a bar for each value, from zero; a value above 0 is at least 1 high. `most` is
    the value of a full bar, where that is not the largest."""
    most = most or max(values, default=0)
    if not most:
        return ""
    step = width / len(values)
    drawn = []
    for index, value in enumerate(values):
        if value:
            tall = max(1.0, value / most * height)
            drawn.append(f"M{index * step:.1f} {height}v-{tall:.1f}h{step * 0.8:.1f}v{tall:.1f}z")
    return "".join(drawn)


def width_percent(part: float, whole: float) -> str:
    """How much of a bar is filled, as an SVG length; what is above 0 stays visible."""
    if whole <= 0 or part <= 0:
        return "0"
    return f"{min(100.0, max(1.0, part / whole * 100)):.1f}%"
