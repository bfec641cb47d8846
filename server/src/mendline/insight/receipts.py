"""What has arrived so far, for empty pages and for `mendline doctor`."""

from __future__ import annotations

from mendline.insight.moments import from_ns
from mendline.model.receipt import Receipt
from mendline.store.contract import TelemetryStore


def last_received(store: TelemetryStore) -> Receipt:
    """How many spans are stored and when the newest began."""
    row = store.select("receipt")[0]
    return Receipt(row["spans"], from_ns(row["last_ns"]) if row["spans"] else None)
