"""What telemetry a project has sent lately, as far as checking and completing queries needs it."""

from __future__ import annotations

from mendline.query import Known
from mendline.store.contract import TelemetryStore


def known_telemetry(store: TelemetryStore) -> Known:
    """Keys of attributes and units of metrics that were seen in the last days."""
    row = store.select("seen_attributes")[0]
    units = {metric["name"]: metric["unit"] for metric in store.select("metric_units")}
    return Known(attributes=frozenset(row["keys"]), metric_units=units)
