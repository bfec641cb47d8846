"""What a project's telemetry takes on the disk."""

from __future__ import annotations

from mendline.model.table_size import TableSize
from mendline.store.contract import TelemetryStore


def table_sizes(store: TelemetryStore) -> tuple[TableSize, ...]:
    """Every table with rows, largest first."""
    return tuple(TableSize(**row) for row in store.select("sizes"))
