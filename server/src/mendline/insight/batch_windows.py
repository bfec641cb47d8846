"""How long event source mappings gather a batch for functions, from the configuration that the AWS readers stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mendline.insight.retry_limits import TOLD_WITHIN_NS
from mendline.model.configuration import facts_of
from mendline.store.contract import TelemetryStore


def batch_windows_ms(store: TelemetryStore, functions: Sequence[str], start_ns: int) -> dict[str, float]:
    """By function, its longest batch window in ms; those of which none is known are left out."""
    wanted = {"functions": functions, "queues": [], "all": False, "start_ns": start_ns - TOLD_WITHIN_NS}
    found = {}
    for row in store.select("configurations", wanted):
        seconds = max(map(_window_s, _mappings(facts_of(row["body"]))), default=0.0)
        if seconds > 0:
            found[row["name"]] = 1000 * seconds
    return found


def _mappings(facts: Mapping[str, Any]) -> list[Any]:
    told = facts.get("event_sources")
    return told if isinstance(told, list) else []


def _window_s(mapping: Any) -> float:
    told = mapping.get("batching_window_s") if isinstance(mapping, Mapping) else None
    return float(told) if isinstance(told, (int, float)) and not isinstance(told, bool) else 0.0
