"""Every script of this folder runs against the real store, and every query's SQL is the one that was reviewed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from scripts.script import run

from mendline.query import read_query
from mendline.store.plans import Span, Steps, groups_statement, rows_statement

HERE = Path(__file__).parent
SCRIPTS = sorted(HERE.glob("*.script"))
GOLDEN = sorted((HERE / "golden").glob("*.sql"))
HOUR = 3600 * 10**9
SPAN, STEPS = Span(24 * HOUR, 48 * HOUR, 48 * HOUR), Steps(24 * HOUR, HOUR, 25, HOUR)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_script_is_answered_as_it_says(store, tell, path):
    for line, expected, found in run(path.read_text(), store, tell):
        assert found == expected, f"{path.name}:{line}"


def _told(text):
    asked = read_query(text).plan
    if not asked.is_aggregated:
        made = rows_statement(asked, SPAN, 100)
    else:
        made = groups_statement(asked, SPAN, STEPS if asked.is_series else None)
    values = "".join(f"-- {name} = {value!r}\n" for name, value in made.parameters.items())
    return f"-- {text}\n{values}-- from {made.origin}\n{made.sql}\n"


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_sql_is_the_one_that_was_reviewed(path):
    """After a change of the SQL that is meant: MENDLINE_WRITE_GOLDEN=1, and read the difference."""
    kept = path.read_text()
    told = _told(kept.split("\n", 1)[0].removeprefix("-- "))
    if os.environ.get("MENDLINE_WRITE_GOLDEN") == "1":
        path.write_text(told)
    assert path.read_text() == told


def test_there_are_scripts_and_golden_files():
    assert len(SCRIPTS) >= 5
    assert len(GOLDEN) >= 12
