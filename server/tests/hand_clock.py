"""A clock that stands until it is moved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@dataclass
class HandClock:
    """See mendline.clock.Clock; `move(hours=1)` lets time pass."""

    moment: datetime = NOON
    passed: float = 1000.0

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.passed

    def move(self, **passing: float) -> None:
        self.moment += timedelta(**passing)
        self.passed += timedelta(**passing).total_seconds()
