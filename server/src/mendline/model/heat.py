"""A heat map of invocations: how many began when, and how long they took, or what else was measured."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class HeatCell:
    """Column from the left, row from the bottom, invocations, and how many of them have the mark."""

    column: int
    row: int
    count: int
    marked: int


@dataclass(frozen=True, slots=True)
class HeatMap:
    """`columns` of `column_ns` each from `start` on. `edges` are the borders of the rows, rising, one more than
    rows, in `unit` (`ms`, `B`, `$`, `%`) of `measure`; `scale` is `log` or `linear`. Cells without invocations are left
    out; counts are exact. `untold` counts invocations that have no value of the measure."""

    start: datetime
    end: datetime
    columns: int
    column_ns: int
    measure: str
    unit: str
    edges: tuple[float, ...]
    scale: str
    cells: tuple[HeatCell, ...]
    untold: int = 0

    @property
    def total(self) -> int:
        """All invocations of it."""
        return sum(cell.count for cell in self.cells)

    @property
    def marked(self) -> int:
        """All that have the mark."""
        return sum(cell.marked for cell in self.cells)
