"""A heat map as geometry: cells in, attributes of SVG out. Pure.

Each cell is 10 by 10 units; the drawing is stretched to its place, and y grows downwards.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from mendline.model.heat import HeatMap
from mendline.model.measure import MEASURES
from mendline.model.selection import Selection
from mendline.web.axes import Tick, round_step, tick_text, time_axis
from mendline.web.quantities import quantity

LEVELS = 8
_CELL = 10
_MOST_LINES = 6
_LONG_MS = {5: 60e3, 6: 600e3, 7: 3600e3, 8: 36000e3}  # round above ten seconds, by powers of ten


@dataclass(frozen=True, slots=True)
class Level:
    """All cells of one shade as one path, and from how many invocations to how many these have."""

    shade: int
    path: str
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in units of the drawing."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class HeatDrawing:
    """`marks` is a path over the cells that have marked invocations; `texts` says of each cell what is in it, as
    `column,row,count,marked` with `|` between, and `borders` what the edges are, likewise."""

    width: int
    height: int
    levels: tuple[Level, ...]
    marks: str
    box: Box | None
    times: tuple[Tick, ...]
    lines: tuple[Tick, ...]
    texts: str
    borders: str


def draw_heat(heat: HeatMap, selection: Selection | None) -> HeatDrawing:
    """The drawing of a map; shades are even steps of the logarithm of the count."""
    rows = len(heat.edges) - 1
    most = max((cell.count for cell in heat.cells), default=1)
    shaded: dict[int, list[tuple[int, str]]] = {}
    marks = []
    for cell in heat.cells:
        x, y = cell.column * _CELL, (rows - 1 - cell.row) * _CELL
        shaded.setdefault(_shade(cell.count, most), []).append((cell.count, f"M{x} {y}h{_CELL}v{_CELL}h-{_CELL}z"))
        if cell.marked:
            inset = 3 - 2 * cell.marked / cell.count
            side = _CELL - 2 * inset
            marks.append(f"M{x + inset:.1f} {y + inset:.1f}h{side:.1f}v{side:.1f}h-{side:.1f}z")
    levels = tuple(
        Level(shade, "".join(path for _, path in cells), min(cells)[0], max(cells)[0])
        for shade, cells in sorted(shaded.items())
    )
    return HeatDrawing(
        width=heat.columns * _CELL,
        height=rows * _CELL,
        levels=levels,
        marks="".join(marks),
        box=_box(heat, selection) if selection else None,
        times=time_axis(heat.start, heat.end),
        lines=_lines(heat),
        texts="|".join(f"{cell.column},{cell.row},{cell.count},{cell.marked}" for cell in heat.cells),
        borders="|".join(quantity(edge, heat.unit) for edge in heat.edges),
    )


def _shade(count: int, most: int) -> int:
    return 1 + min(LEVELS - 1, int(LEVELS * math.log(count) / math.log(most))) if most > 1 else LEVELS


def _lines(heat: HeatMap) -> tuple[Tick, ...]:
    """Round values on the axis."""
    low, high = heat.edges[0], heat.edges[-1]
    if heat.scale == "linear":
        step = round_step(high / _MOST_LINES, heat.unit)
        values = [step * index for index in range(int(high / step + 1e-9) + 1)]
    elif heat.unit == "B":
        doublings = range(math.ceil(math.log2(low) - 1e-9), math.floor(math.log2(high) + 1e-9) + 1)
        values = [2.0**power for power in doublings[:: 1 + len(doublings) // 8]]
    else:
        powers = range(math.floor(math.log10(low)), math.floor(math.log10(high) + 1e-9) + 1)
        decades = [_LONG_MS.get(power, 10.0**power) if heat.unit == "ms" else 10.0**power for power in powers]
        values = [value for value in decades if value >= low * (1 - 1e-9)]
        if len(values) < 3:
            fine = [decade * digit for decade in decades for digit in (1, 2, 5)]
            values = [value for value in fine if low * (1 - 1e-9) <= value <= high * (1 + 1e-9)]
    return tuple(Tick(100 * (1 - position(heat, value)), tick_text(value, heat.unit)) for value in values)


def position(heat: HeatMap, value: float) -> float:
    """How far up a value stands, from 0 to 1."""
    low, high = heat.edges[0], heat.edges[-1]
    if heat.scale == "log":
        low, high, value = (math.log10(max(each, 1e-12)) for each in (low, high, value))
    return min(1.0, max(0.0, (value - low) / (high - low)))


def _box(heat: HeatMap, selection: Selection) -> Box:
    width, height = heat.columns * _CELL, (len(heat.edges) - 1) * _CELL
    start, end = _across(heat, selection.start_ns, 0.0), _across(heat, selection.end_ns, 1.0)
    measure = MEASURES[heat.measure]
    bound = selection.bound(measure)
    low = 0.0 if bound.least is None else position(heat, bound.least / measure.factor)
    high = 1.0 if bound.most is None else position(heat, bound.most / measure.factor)
    return Box(start * width, (1 - high) * height, (end - start) * width, (high - low) * height)


def _across(heat: HeatMap, moment_ns: int | None, otherwise: float) -> float:
    if moment_ns is None:
        return otherwise
    begun_ns = round(heat.start.timestamp() * 1e9)
    return min(1.0, max(0.0, (moment_ns - begun_ns) / (heat.columns * heat.column_ns)))


def odd_part(heat: HeatMap) -> float | None:
    """A value from which on (of what is odd when it is low: below which) to look first: beyond the widest gap that
    leaves five invocations, but not more than a tenth of them, on its far side, else the farthest fiftieth. None where
    nothing is far from the median."""
    counts = [0] * (len(heat.edges) - 1)
    for cell in heat.cells:
        counts[cell.row] += cell.count
    low_is_odd = MEASURES[heat.measure].low_is_odd
    row = _odd_row(counts[::-1] if low_is_odd else counts)
    if row is None:
        return None
    return heat.edges[len(counts) - row] if low_is_odd else heat.edges[row]


def _odd_row(counts: Sequence[int]) -> int | None:
    total, above, gap = sum(counts), 0, 0
    found: list[tuple[int, int, int]] = []  # (width of the gap below, row, how many are in it and above)
    for row in range(len(counts) - 1, -1, -1):
        if counts[row]:
            found = [*found[:-1], (gap, *found[-1][1:])] if found else found
            above, gap = above + counts[row], 0
            found.append((0, row, above))
        else:
            gap += 1
    fits = [one for one in found if 5 <= one[2] <= total / 10 and one[1] > _median_row(counts) + 2]
    widest = max(fits, default=None)
    if widest and widest[0] < 2:
        widest = max((one for one in fits if one[2] <= total / 50), key=lambda one: one[2], default=None)
    return widest[1] if widest else None


def _median_row(counts: Sequence[int]) -> int:
    sums = list(accumulate(counts))
    return bisect_left(sums, sums[-1] / 2)
