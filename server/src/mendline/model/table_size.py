"""How much a table of telemetry takes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TableSize:
    """`bytes` on the disk, compressed; `oldest` is the day of the oldest row (YYYY-MM-DD), empty where days do not
    matter."""

    name: str
    rows: int
    bytes: int
    oldest: str
