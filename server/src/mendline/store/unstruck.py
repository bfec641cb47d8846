"""A store for reading, without the transactions that experiments struck: all that has the trace of something marked,
its callers and what came after it too, and log records of the struck invocations.

Tables of single things are filtered by the engine, in whatever statement reads them. Sums by minute and day are made
anew for the time of the runs, of the invocations and calls that are left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from clickhouse_connect.driver.query import QueryResult

from mendline.errors import StoreError
from mendline.store.contract import Retention, StruckBy, TelemetryStore
from mendline.store.reads import Reads
from mendline.store.schema import all_steps, table_text
from mendline.store.statements import sql_of

_TAG = re.compile(r"exp-[0-9]{1,12}")
_MINUTE_S, _DAY_S = 60, 86_400
_SUMS = re.compile(r"\b(FROM|JOIN)\s+(function_minutes|function_days|resource_minutes|resource_days)\b(\s+AS\s+\w+)?")
_MADE_BY = {
    "function_minutes": ("invocations_to_function_minutes",),
    "function_days": ("function_minutes_to_function_days",),
    "resource_minutes": ("spans_to_resource_minutes", "unsent_to_resource_minutes"),
    "resource_days": ("resource_minutes_to_resource_days",),
}
"""The views whose sums each table holds."""
_WITH_REQUESTS = ("invocations", "logs", "errors")


Read = Callable[[str, str, Mapping[str, Any], Mapping[str, str]], QueryResult]
"""Runs a statement under a name, with parameters, and with settings of the engine beside those of all reads."""


@dataclass(frozen=True, slots=True, weakref_slot=True)
class UnstruckStore(Reads):
    """Reads that leave out what some runs struck."""

    project: str
    runs: tuple[StruckBy, ...]
    _through: Read
    _without: Callable[[Sequence[StruckBy]], TelemetryStore]

    def without(self, runs: Sequence[StruckBy]) -> TelemetryStore:
        """See TelemetryStore.without; what is left out already stays so."""
        together = {run.tag: run for run in self.runs}
        for run in runs:
            known = together.get(run.tag, run)
            start_ns, end_ns = min(known.start_ns, run.start_ns), max(known.end_ns, run.end_ns)
            together[run.tag] = StruckBy(run.tag, start_ns, end_ns)
        wanted = tuple(together.values())
        return cast(TelemetryStore, self) if wanted == self.runs else self._without(wanted)

    def _read(self, statement: str, sql: str, parameters: Mapping[str, Any]) -> QueryResult:
        return self._through(statement, _with_sums_anew(sql, self.runs), parameters, _settings(self.runs))


def unstruck(
    project: str, runs: Sequence[StruckBy], read: Read, without: Callable[[Sequence[StruckBy]], TelemetryStore]
) -> TelemetryStore:
    """A store without what these runs struck; `without` makes one for others. Raises StoreError for what is not the id
    of a run: it becomes part of statements."""
    for run in runs:
        if not _TAG.fullmatch(run.tag):
            raise StoreError(f"'{run.tag[:40]}' is not the id of a run of an experiment; this is a fault of Mendline.")
    return cast(TelemetryStore, UnstruckStore(project, tuple(runs), read, without))


@cache
def _settings(runs: tuple[StruckBy, ...]) -> Mapping[str, str]:
    """What the engine leaves out of each table."""
    ids = ", ".join(f"'{run.tag}'" for run in runs)
    of_trace = " AND ".join(f"trace_id NOT IN ({_part(name, ids)})" for name in ("struck_traces", "struck_members"))
    of_request = f"(request_id = '' OR request_id NOT IN ({_part('struck_requests', ids)}))"
    filters = {"spans": of_trace} | dict.fromkeys(_WITH_REQUESTS, f"{of_trace} AND {of_request}")
    told = ", ".join(f"'{table}': '{_escaped(condition)}'" for table, condition in filters.items())
    return {"additional_table_filters": f"{{{told}}}"}


def _part(name: str, ids: str) -> str:
    lines = sql_of("sql/parts", name).replace("{RUNS}", ids).splitlines()
    return " ".join(line.strip() for line in lines if not line.startswith("--"))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def _with_sums_anew(sql: str, runs: tuple[StruckBy, ...]) -> str:
    return _SUMS.sub(lambda found: f"{found[1]} ({_anew(found[2], runs)}){found[3] or f' AS {found[2]}'}", sql)


@cache
def _anew(table: str, runs: tuple[StruckBy, ...]) -> str:
    """The rows of a table of sums, of which those in the time of the runs are made of what is left. Days whose minutes
    are not kept any more stay as they are."""
    column, length_s = ("day", _DAY_S) if table.endswith("_days") else ("minute", _MINUTE_S)
    within = " OR ".join(_between(column, *stretch) for stretch in _stretches(runs, length_s))
    if column == "day":
        minutes = table.replace("_days", "_minutes")
        within = f"({within}) AND day >= (SELECT toDate(min(minute)) FROM {minutes})"  # noqa: S608 - our own words
    sums = [f"SELECT * FROM {table} WHERE NOT ({within})"]  # noqa: S608 - likewise
    for view in _MADE_BY[table]:
        body = _with_sums_anew(_body(view), runs)
        sums.append(f"SELECT * FROM ({body}) WHERE {within}")  # noqa: S608 - likewise
    return " UNION ALL ".join(sums)


def _between(column: str, start_s: int, end_s: int) -> str:
    told: Callable[[int], str] = (
        (lambda at: f"toDate({at // _DAY_S})") if column == "day" else (lambda at: f"toDateTime({at}, 'UTC')")
    )
    return f"{column} >= {told(start_s)} AND {column} < {told(end_s)}"


def _stretches(runs: Sequence[StruckBy], length_s: int) -> list[tuple[int, int]]:
    """The whole minutes, or days, of the runs, in s; what meets is one."""
    found: list[tuple[int, int]] = []
    for run in sorted(runs, key=lambda one: one.start_ns):
        start_s = run.start_ns // 10**9 // length_s * length_s
        end_s = -(-run.end_ns // 10**9 // length_s) * length_s + length_s
        if found and start_s <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end_s))
        else:
            found.append((start_s, end_s))
    return found


@cache
def _body(view: str) -> str:
    """What a materialised view selects; retention is no part of these."""
    step = next(it for it in all_steps("views") if it.name == view)
    return table_text(step, Retention()).partition(" AS\n")[2].strip()
