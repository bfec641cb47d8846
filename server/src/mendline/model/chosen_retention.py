"""How long a project's people decided to keep its telemetry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ChosenRetention:
    """Days of each signal; None where the server's settings say it."""

    traces: int | None
    logs: int | None
    metrics: int | None
    changed: datetime
    changed_by: str = ""


@dataclass(frozen=True, slots=True)
class Going:
    """What is older than a retention and still stored: `days` of them, from `first` to `last` (YYYY-MM-DD; empty where
    there are none), with their rows and bytes."""

    days: int
    first: str
    last: str
    rows: int
    bytes: int
