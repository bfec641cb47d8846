"""The halves of executions of an older data directory, brought into the order of now, in which a batch finds its own.

They are copied and exchanged: a copy that was cut short is begun anew at the next start. What ClickHouse remembers of
the last inserts stays with the table of before, so that no batch may be open, which would be repeated.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from mendline.store.contract import Retention
from mendline.store.schema import all_steps, table_text
from mendline.store.statements import sql_of

_HALVES = re.compile(r"\bTABLE (?:IF NOT EXISTS )?execution_halves\b")


def renew_halves(command: Callable[[str], Any], sorting_key: str, retention: Retention) -> bool:
    """Bring the halves over, where they are in another order; whether they were. Nothing else may write meanwhile."""
    command(sql_of("upkeep", "drop_copy_of_halves"))
    if sorting_key.endswith(", key"):
        return False
    for step in all_steps("tables"):
        text = table_text(step, retention)
        if _HALVES.search(text):
            command(text.replace("execution_halves", "execution_halves_anew"))
    for statement in ("copy_halves", "exchange_halves", "drop_copy_of_halves"):
        command(sql_of("upkeep", statement))
    return True
