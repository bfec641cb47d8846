"""A dependency: a resource of AWS or of a third party, as its callers saw it over a time range."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dependency:
    """Durations in ms; percentiles are off by 1 % at most. `error_kinds` has the most frequent kinds of errors with
    their counts (an empty one where nobody knows), `trend` counts calls in equal slices of the range, oldest first."""

    type: str
    name: str
    calls: int
    errors: int
    throttled: int
    total_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    services: tuple[str, ...]
    error_kinds: tuple[tuple[str, int], ...]
    trend: tuple[int, ...]

    @property
    def availability(self) -> float:
        """The share of calls that did not fail, from 0 to 1."""
        return 1 - self.errors / self.calls if self.calls else 1.0
