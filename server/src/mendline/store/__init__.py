"""Telemetry at rest: the contract, chDB and ClickHouse behind one adapter, migrations, reads as .sql files."""

from mendline.store.clickhouse import ClickHouseStore, probe
from mendline.store.contract import Payload, Retention, Rows, TelemetryStore
from mendline.store.lock import DataLock

__all__ = ["ClickHouseStore", "DataLock", "Payload", "Retention", "Rows", "TelemetryStore", "probe"]
