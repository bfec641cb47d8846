"""What telemetry a project has sent lately, as far as checking and completing queries needs it."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from mendline.clock import Clock
from mendline.insight.moments import to_ns
from mendline.query import Known
from mendline.store.contract import TelemetryStore

MOST_VALUES = 500  # a field with more is no choice of values
_KEPT_FOR = timedelta(seconds=60)


def known_telemetry(store: TelemetryStore, now: datetime) -> Known:
    """Keys of attributes and values that were seen in the day before now, and units of metrics."""
    row = store.select("seen_attributes", {"now_ns": to_ns(now)})[0]
    units = {metric["name"]: metric["unit"] for metric in store.select("metric_units")}
    return Known(attributes=frozenset(row["keys"]), values=seen_values(store, now), metric_units=units)


def seen_values(store: TelemetryStore, now: datetime) -> dict[str, list[str]]:
    """The values of the day before now, by field, where these are few."""
    values: dict[str, list[str]] = {}
    for seen in store.select("seen_values", {"most": MOST_VALUES, "now_ns": to_ns(now)}):
        values.setdefault(seen["name"], []).append(seen["value"])
    return {name: listed for name, listed in values.items() if len(listed) <= MOST_VALUES}


class Seen:
    """The same, asked for at most once a minute: who writes a query asks with each letter."""

    def __init__(self, store: TelemetryStore, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._asking = threading.Lock()
        self._kept: tuple[datetime, Known] | None = None

    def known(self) -> Known:
        """What is known. Raises StoreError."""
        with self._asking:
            now = self._clock.now()
            if self._kept is None or now - self._kept[0] > _KEPT_FOR:
                self._kept = (now, known_telemetry(self._store, now))
            return self._kept[1]
