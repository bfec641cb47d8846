"""Which partitions are too old to keep. They are dropped whole, day by day; a full disk would stop a mutation."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from mendline.store.contract import Retention
from mendline.store.schema import all_steps, signal_of


def expired(parts: Iterable[tuple[str, str]], today: date, retention: Retention) -> list[tuple[str, str]]:
    """Of (table, partition as `YYYY-MM-DD`), those that lie wholly before the retention of the table's signal."""
    signals = {step.name: signal_of(step) for step in all_steps("tables")}
    return [
        (table, day)
        for table, day in parts
        if table in signals and date.fromisoformat(day) < today - timedelta(days=retention.days(signals[table]))
    ]
