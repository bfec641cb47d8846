"""A store of many spans, made where the store is: rows shaped like those of real functions, by statements of its own.

Ten days, each as busy as the others. What the writer would have made of the spans (invocations, errors) is made of the
same numbers, and views make the rest. Parts are merged, as they are an hour after telemetry came.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mendline.store import ClickHouseStore

HERE = Path(__file__).resolve().parent
DAYS = 10
SPANS_OF_ONE = 5  # an invocation's own, and those of its calls
AT_ONCE = 200_000
_TABLES = ("resources", "spans", "invocations", "errors", "logs")


def first_day(now: datetime) -> datetime:
    """The midnight at which the oldest day begins; the newest is the day before today."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS)


def fill(store: ClickHouseStore, spans: int, now: datetime) -> None:
    """Make as many spans, with all that belongs to them, where there are none yet."""
    command = store._writer.command
    a_day = spans // DAYS // SPANS_OF_ONE
    for number in range(DAYS):
        day = first_day(now) + timedelta(days=number)
        begun = time.perf_counter()
        for first in range(0, a_day, AT_ONCE):
            values = {
                "day_ns": int(day.timestamp()) * 10**9,
                "a_day": a_day,
                "from": first,
                "to": min(first + AT_ONCE, a_day),
            }
            for table in _TABLES if first == 0 else _TABLES[1:]:
                command(_text(table), parameters=values)
        print(f"  {day:%Y-%m-%d} {time.perf_counter() - begun:.0f} s", file=sys.stderr, flush=True)
    for table in store.select("sizes"):
        command(f"OPTIMIZE TABLE `{table['name']}` FINAL")


def open_store(folder: Path, spans: int) -> tuple[ClickHouseStore, datetime]:
    """The store of a folder, filled if it is not, and the moment at which it is asked: the end of its last day."""
    store = ClickHouseStore.embedded(folder, "bench")
    kept = store._rows("SELECT count(), max(toDate(start)) FROM spans")[0]
    if kept[0] == 0:
        print(f"Making {spans:,} spans in {folder} …", file=sys.stderr)
        fill(store, spans, datetime.now(UTC))
    elif kept[0] < spans * 0.99:
        raise SystemExit(f"{folder} holds {kept[0]:,} spans, not {spans:,}; choose another --data, or delete it.")
    last = store._rows("SELECT max(toDate(start)) FROM spans")[0][0]
    return store, datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)


def _text(table: str) -> str:
    of = HERE / "shaped"
    return (of / f"{table}.sql").read_text().replace("{INVOKED}", (of / "invoked.sql").read_text())
