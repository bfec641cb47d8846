"""What is known of a project's telemetry when a query is checked; all of it may be empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Known:
    """`attributes`: keys that have been seen. `values`: by name of a field, its values of the last day, where these are
    few enough to be all of them, the most frequent first. `metric_units`: by name of a metric, its UCUM unit."""

    attributes: frozenset[str] = frozenset()
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    metric_units: Mapping[str, str] = field(default_factory=dict)


NOTHING_KNOWN = Known()
