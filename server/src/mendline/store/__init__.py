"""Telemetry at rest: the contract, chDB and ClickHouse behind one adapter, migrations, reads as .sql files."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mendline.store.contract import Payload, Retention, Rows, TelemetryStore
from mendline.store.lock import DataLock

if TYPE_CHECKING:
    from mendline.store.clickhouse import ClickHouseStore, probe

__all__ = ["ClickHouseStore", "DataLock", "Payload", "Retention", "Rows", "TelemetryStore", "probe"]


def __getattr__(name: str) -> Any:
    """The client of the database is loaded when it is asked for: commands that read the state alone begin sooner."""
    if name in ("ClickHouseStore", "probe"):
        return getattr(import_module("mendline.store.clickhouse"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
