"""How quickly a store of many spans answers: `make bench ARGS="query --data DIR --write"`.

Twenty million spans over ten days (bench/query/stored.py; `--spans` for another number), asked through the same
functions as pages and the API do, from the question to the rows in Python. Warm: what is read was read before, but each
round asks for another trace, user or word, so that no answer is remembered. Bars are those of the median time that
passes; CPU time, of all threads, says what it costs where others use the machine too. `--data` keeps the store for the
next run, `--write` writes the table into docs/performance.md.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import reading
from bars import Bars, at_least_one
from marked import rewrite
from stored import DAYS, open_store

from mendline.insight.answers import answer
from mendline.insight.change_cause import explain_change
from mendline.insight.change_windows import BEFORE
from mendline.insight.errors import list_errors
from mendline.insight.evaluations import Question
from mendline.insight.heatmap import heat_map
from mendline.insight.outliers import explain_outliers
from mendline.insight.traces import get_trace
from mendline.model.measure import DURATION, Bound
from mendline.model.selection import Selection
from mendline.model.timerange import TimeRange
from mendline.store import ClickHouseStore

ROUNDS, WARM_UP = 15, 3
PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
_CITIES = ("Berlin", "Lima", "Oslo", "Lyon", "Porto", "Turin")


class Asked:
    """The questions of each row of the table, for one store."""

    def __init__(self, store: ClickHouseStore, end: datetime) -> None:
        self.store, self.end = store, end
        self.day, self.all = (TimeRange(end - timedelta(days=days), end) for days in (1, DAYS))
        wanted = (
            "SELECT lower(hex(trace_id)) FROM invocations WHERE revision = 1 ORDER BY cityHash64(trace_id) LIMIT 40"
        )
        self.traces = [row[0] for row in store._rows(wanted)]
        for other in self.traces[WARM_UP + ROUNDS :]:  # of each day, where its columns begin is read once
            get_trace(store, other)

    def trace(self, number: int) -> object:
        """All spans of a trace, of any day."""
        return get_trace(self.store, self.traces[number])

    def errors(self, number: int) -> object:
        """Groups of errors of all days."""
        return list_errors(self.store, self.all, limit=100 + number)

    def heat(self, number: int) -> object:
        """Time by duration, of half of all days; those that failed are marked."""
        return heat_map(self.store, self._of(DAYS / 2, number), mark="error")

    def explained(self, number: int) -> object:
        """What those that took two seconds and more have in common, and where their time went."""
        slow = Selection(bounds=(Bound(DURATION, 2 * 10**9 + number),))
        return explain_outliers(self.store, self._of(1, number), slow)

    def changed(self, number: int) -> object:
        """Why a day is not as the one before: of this one, only those of 100 ms and more are asked for."""
        asked = self._of(1, number)
        text = f"not (time >= {asked.range.start:%Y-%m-%dT%H:%M:%SZ} duration < 100ms)"
        found = explain_change(self.store, replace(asked, text=text), BEFORE)
        assert found.differences, "a planted change is not seen"
        return found

    def _of(self, days: float, number: int) -> Question:
        shift = timedelta(seconds=number)
        return Question("", TimeRange(self.end - timedelta(days=days) - shift, self.end - shift), self.end)

    def query(self, text: str) -> Callable[[int], object]:
        """A query over a day; `{n}`, `{city}` and `{order}` differ by round."""

        def ask(number: int) -> object:
            filled = text.replace("{n}", str(1000 + 977 * number)).replace("{city}", _CITIES[number % len(_CITIES)])
            filled = filled.replace("{order}", str(7_919 * (number + 3) % 1_000_000))
            return answer(self.store, Question(filled, self.day, self.end))

        return ask


def _rows(asked: Asked) -> Iterator[tuple[str, float, Callable[[int], object]]]:
    """What is asked, how long it may take (ms), and how."""
    yield "a trace by its id, of ten days", 50, asked.trace
    yield (
        "p50, p95, p99 of each function and minute, a day",
        150,
        asked.query("| p50(duration), p95(duration), p99(duration) by function | over 1m every 1m"),
    )
    yield "invocations with one attribute, a day", 150, asked.query("tags.user.id:{n}")
    yield "how many have it, by function", 150, asked.query("tags.user.id:{n} | count() by function")
    yield "calls with one attribute, a day", 150, asked.query("operations aws.request_id:none{n}")
    yield "a word in logs, a day: few have it", 500, asked.query('logs "order {order}"')
    yield "a word in logs, a day: many have it", 500, asked.query('logs "{city}"')
    yield "how many, by function", 500, asked.query('logs "{city}" | count() by function')
    yield "errors as groups, of ten days", 50, asked.errors
    yield "a heat map of five days, two million invocations", 100, asked.heat
    yield "why the slowest of a day are slow", 1000, asked.explained
    yield "why a day is not as the one before", 2000, asked.changed


def measure(asked: Asked, bars: Bars) -> list[str]:
    """The table, line by line."""
    lines = ["| | median | slowest | at most | CPU |", "|---|---:|---:|---:|---:|"]
    for name, bar, ask in _rows(asked):
        times, cpu = [], []
        for number in range(WARM_UP + ROUNDS):
            begun, begun_cpu = time.perf_counter(), time.process_time()
            ask(number)
            times.append((time.perf_counter() - begun) * 1000)
            cpu.append((time.process_time() - begun_cpu) * 1000)
        told, cost = times[WARM_UP:], statistics.median(cpu[WARM_UP:])
        median = statistics.median(told)
        bars.hold(f"{name}, ms", median, bar, at_most=True)
        lines.append(f"| {name} | {median:,.0f} ms | {max(told):,.0f} ms | {bar} ms | {cost:,.0f} ms |")
    return lines


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="How quickly a store of many spans answers.")
    parser.add_argument(
        "--spans", type=at_least_one, default=20_000_000, metavar="N", help="how many (default 20 million)"
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="where the store is kept for the next run")
    parser.add_argument("--write", action="store_true", help="write the table into docs/performance.md")
    parsed = parser.parse_args()
    bars = Bars()
    reading.measure(bars)
    with tempfile.TemporaryDirectory(prefix="mendline-bench-") as folder:
        store, end = open_store(parsed.data or Path(folder), parsed.spans)
        lines = measure(Asked(store, end), bars)
        store.close()
    print("\n".join(lines))
    if parsed.write:
        rewrite(PAGE, "answers", lines)
    return bars.status


if __name__ == "__main__":
    sys.exit(main())
