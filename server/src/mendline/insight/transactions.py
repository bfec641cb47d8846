"""Transactions by what starts them: how many, how they went from end to end, and which functions they reach."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mendline.insight.answers import answer
from mendline.insight.evaluations import Question
from mendline.insight.moments import range_parameters
from mendline.model.timerange import TimeRange
from mendline.model.transaction import Transaction
from mendline.query.spelling import value_text
from mendline.store.contract import TelemetryStore

NUMBERS = "count(), count(error), count(lost), p50(duration), p95(duration), p99(duration), sum(cost)"
MOST_INVOCATIONS = 60_000
"""As many are joined to transactions in a second or so."""
_SELDOM = 0.01


def readable_range(store: TelemetryStore, time_range: TimeRange, most: int = MOST_INVOCATIONS) -> TimeRange:
    """The newest part of a range that has about so many invocations; the range itself where it has no more."""
    invocations = int(store.select("invocations_between", range_parameters(time_range))[0]["invocations"])
    if invocations <= most:
        return time_range
    return TimeRange(time_range.end - (time_range.end - time_range.start) * (most / invocations), time_range.end)


def list_transactions(
    store: TelemetryStore, time_range: TimeRange, now: datetime, *, entry: str = ""
) -> tuple[Transaction, ...]:
    """By entry, the most frequent first; or those of one entry. Functions that less than one of 100 reaches are left
    away. Raises as mendline.insight.answers.answer does."""
    only = f" entry:{value_text(entry)}" if entry else ""
    told = answer(store, Question(f"traces{only} | {NUMBERS} by entry | sort count() desc", time_range, now))
    reached = answer(store, Question(f"traces{only} | count() by entry, function", time_range, now))
    functions: dict[str, list[tuple[str, int]]] = {}
    for name, function, count in reached.rows:
        if function:
            functions.setdefault(name or "", []).append((function, count))
    return tuple(_transaction(row, functions.get(row[0] or "", [])) for row in told.rows)


def _transaction(row: Any, functions: list[tuple[str, int]]) -> Transaction:
    entry, count, errors, lost, p50, p95, p99, cost = row
    shares = [(function, min(1.0, reached / count)) for function, reached in functions]
    return Transaction(
        entry=entry or "",
        count=count,
        errors=errors,
        lost=lost,
        p50_ms=p50 or 0.0,
        p95_ms=p95 or 0.0,
        p99_ms=p99 or 0.0,
        cost_usd=cost,
        functions=tuple(sorted((it for it in shares if it[1] >= _SELDOM), key=lambda it: (-it[1], it[0]))),
    )
