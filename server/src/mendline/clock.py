"""The clock, as a parameter: the server is given one, tests give their own."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the server knows of time."""

    def now(self) -> datetime:
        """The wall clock, in UTC."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment, never going back."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The wall clock, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since some fixed moment, never going back."""
        return time.monotonic()


class HeldClock:
    """A clock that stands still until it is told another moment; seconds go on as they do."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def now(self) -> datetime:
        """The moment that it was told last, in UTC."""
        return self._moment

    def monotonic(self) -> float:
        """Seconds since some fixed moment, never going back: waits and rates are the machine's."""
        return time.monotonic()

    def move(self, moment: datetime) -> bool:
        """Go on to a moment; False, and nothing happens, where that would be back."""
        if moment < self._moment:
            return False
        self._moment = moment
        return True
