"""The schema of a project, as numbered .sql files with one statement each, applied in order and recorded."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from typing import Any

from mendline.errors import StoreError
from mendline.store.otlp_columns import expand

_NAME = re.compile(r"(\d{4})_(\w+)\.sql")
_RECORD = """CREATE TABLE IF NOT EXISTS schema_migrations (number UInt32, name String, applied DateTime DEFAULT now())
ENGINE = MergeTree ORDER BY number"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema."""

    number: int
    name: str
    sql: str


def all_migrations() -> list[Migration]:
    """Every step that this version knows, in order."""
    found = []
    for entry in resources.files("mendline.store").joinpath("migrations").iterdir():
        match = _NAME.fullmatch(entry.name)
        if match:
            found.append(Migration(int(match[1]), match[2], entry.read_text("utf-8")))
    return sorted(found, key=lambda step: step.number)


def migrate(
    command: Callable[[str], Any], numbers_applied: Callable[[], set[int]], *, retention_days: int
) -> list[Migration]:
    """Apply what is missing and answer it. Raises StoreError when the data was written by a newer version."""
    command(_RECORD)
    applied = numbers_applied()
    known = all_migrations()
    unknown = applied - {step.number for step in known}
    if unknown:
        raise StoreError(
            f"The data was written by a newer Mendline (schema step {max(unknown)}; this one knows {known[-1].number})."
            " Start that version, or choose another directory with --data."
        )
    missing = [step for step in known if step.number not in applied]
    for step in missing:
        command(expand(step.sql, retention_days=retention_days))
        record = f"INSERT INTO schema_migrations (number, name) VALUES ({step.number}, '{step.name}')"  # noqa: S608 - both from our file names
        command(record)
    return missing
