"""What is usual for a value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Band:
    """`middle` is expected; what is below `low` or above `high` is hardly there by chance."""

    low: float
    middle: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether a value is usual."""
        return self.low <= value <= self.high
