"""Which partitions are too old to keep. They are dropped whole, day by day; a full disk would stop a mutation."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from mendline.store.contract import Retention
from mendline.store.schema import all_steps, signal_of

_13_MONTHS = 397
_LONGEST_MONTH = 31  # the partition of a month has the name of its first day
_OWN_DAYS = {
    "function_days": _13_MONTHS + _LONGEST_MONTH,
    "resource_days": _13_MONTHS + _LONGEST_MONTH,
    "execution_halves": 8,  # only what may still meet another half: AWS delivers for a day, from a backup for a week
}


def kept_days(retention: Retention) -> dict[str, int]:
    """For how many days each table keeps what comes."""
    return {step.name: _OWN_DAYS.get(step.name, retention.days(signal_of(step))) for step in all_steps("tables")}


def expired(parts: Iterable[tuple[str, str]], today: date, retention: Retention) -> list[tuple[str, str]]:
    """Of (table, partition as `YYYY-MM-DD`), those that lie wholly before the retention of the table's signal."""
    keeps = kept_days(retention)
    return [
        (table, day)
        for table, day in parts
        if table in keeps and date.fromisoformat(day) < today - timedelta(days=keeps[table])
    ]
