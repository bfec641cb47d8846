"""The schema of a project: tables, made once and recorded by number, and views, made anew when their text changes.

What was made is recorded after the last statement: each can be run again, so that a start cut short is only repeated.
Both are .sql files with one statement each, applied in the order of their numbers. A view holds no data (a materialised
one only says how rows flow between tables), so that a better text simply replaces it at the next start.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from typing import Any

from mendline.errors import StoreError
from mendline.model.signal import Signal
from mendline.store import written
from mendline.store.contract import Retention
from mendline.store.otlp_columns import expand
from mendline.store.otlp_points import COLUMN_TYPES
from mendline.store.statements import sql_of, with_parts

_NAME = re.compile(r"(\d{4})_(\w+)\.sql")
Query = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One statement of the schema: what it makes is called `name`."""

    number: int
    name: str
    sql: str


def all_steps(kind: str) -> list[Step]:
    """Every table (`kind="tables"`) or view (`kind="views"`) that this version knows, in order."""
    found = []
    for entry in resources.files("mendline.store").joinpath(kind).iterdir():
        match = _NAME.fullmatch(entry.name)
        if match:
            found.append(Step(int(match[1]), match[2], entry.read_text("utf-8")))
    return sorted(found, key=lambda step: step.number)


def migrate(command: Query, rows: Query, retention: Retention, written_in: str | None) -> None:
    """Apply what is missing. `rows` answers a list of tuples for a SELECT; `written_in` is the project, where the
    OpenTelemetry Collector may write to it (store/written.py), else None.

    Raises StoreError when the data was written by a newer version.
    """
    for record in ("make_schema_tables", "make_schema_views"):
        command(sql_of("upkeep", record))
    _make_tables(command, {row[0] for row in rows(sql_of("upkeep", "tables_made"))}, retention)
    made = dict(rows(sql_of("upkeep", "views_made")))
    doors = [step.name for step in all_steps("written")]
    views = {step.name: _expanded(step.sql, step, retention) for step in all_steps("views")}
    changed = _make_views(command, {name: made[name] for name in made.keys() - set(doors)}, views)
    if written_in is not None:
        for statement in written.null_tables(written_in, again=changed):
            command(statement)
        views = {
            step.name: _expanded(written.expand(step.sql, written_in), step, retention) for step in all_steps("written")
        }
        known = {name: made[name] for name in doors if name in made and not changed}
        _make_views(command, known, views)


def table_text(step: Step, retention: Retention) -> str:
    """The statement of a step of `tables`, with its placeholders told."""
    return _expanded(step.sql, step, retention)


def _make_tables(command: Query, applied: set[int], retention: Retention) -> None:
    known = all_steps("tables")
    unknown = applied - {step.number for step in known}
    if unknown:
        raise StoreError(
            f"The data was written by a newer Mendline (schema step {max(unknown)}; this one knows {known[-1].number})."
            " Start that version, or choose another directory with --data."
        )
    missing = [step for step in known if step.number not in applied]
    for step in missing:
        command(table_text(step, retention))
    if missing:
        rows = ", ".join(f"({step.number}, '{step.name}')" for step in missing)
        command(f"INSERT INTO schema_tables (number, name) VALUES {rows}")  # noqa: S608 - both from our file names


def _make_views(command: Query, made: dict[str, str], texts: dict[str, str]) -> bool:
    """Make what is not there as it should be, drop what should not be there; whether there was anything to do."""
    digests = {name: hashlib.sha256(sql.encode()).hexdigest() for name, sql in texts.items()}
    for name in made.keys() - texts.keys():
        command(f"DROP VIEW IF EXISTS `{name}`")
    changed = {name: digest for name, digest in digests.items() if made.get(name) != digest}
    for name in changed:
        command(f"DROP VIEW IF EXISTS `{name}`")
        command(texts[name])
    changed |= dict.fromkeys(made.keys() - texts.keys(), "")
    if changed:
        rows = ", ".join(f"('{name}', '{digest}')" for name, digest in changed.items())
        command(f"INSERT INTO schema_views (name, digest) VALUES {rows}")  # noqa: S608 - both from our own texts
    return bool(changed)


def signal_of(step: Step) -> Signal:
    """Whose table or view it is: 01xx are of traces, 02xx of logs, 03xx of metrics, and what reads all of traces."""
    return {2: Signal.LOGS, 3: Signal.METRICS}.get(step.number // 100, Signal.TRACES)


def _expanded(sql: str, step: Step, retention: Retention) -> str:
    for name, column_type in COLUMN_TYPES.items():
        sql = sql.replace(name, column_type)
    return expand(with_parts(sql), retention_days=retention.days(signal_of(step)))
