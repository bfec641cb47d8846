"""Answers to queries of the language: from a text to a table."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mendline.errors import QueryTextError, UnknownFieldError
from mendline.insight.answer_groups import MOST_ROWS, groups
from mendline.insight.answer_values import all_shown, kind_shown
from mendline.insight.asked import ask
from mendline.insight.evaluations import Question, evaluations_of, span_of
from mendline.insight.moments import from_ns
from mendline.insight.seen import known_telemetry, seen_values
from mendline.model.answer import Answer, AnswerColumn
from mendline.query import Checked, Known, Plan, read_query
from mendline.query.fields import find_field
from mendline.query.plan import Column, Compare, Constant, parts_of
from mendline.store.contract import TelemetryStore
from mendline.store.plans import ROW_COLUMNS, Span, Statement, groups_statement, rows_statement

DEFAULT_ROWS = 100


def answer(store: TelemetryStore, question: Question) -> Answer:
    """Reads, checks and runs a query. Raises QueryTextError for a text that makes no sense, QueryLimitError for an
    answer that takes too much, StoreError where the store cannot answer."""
    begun = time.perf_counter()
    checked = read(store, question.text, question.now)
    asked = checked.plan
    table = _of_groups(store, asked, question) if asked.is_aggregated else _of_rows(store, asked, question)
    return Answer(
        columns=table.columns,
        rows=tuple(table.rows),
        warnings=(
            *(notice.text for notice in checked.notices),
            *table.warnings,
            *_unseen(store, checked, table, question),
        ),
        query=checked.text,
        start=from_ns(table.span.start_ns),
        end=from_ns(table.span.end_ns),
        origin=table.statement.origin,
        approximate=table.statement.approximate,
        learning=table.learning,
        truncated=table.truncated,
        is_series=asked.is_series,
        seconds=time.perf_counter() - begun,
    )


def _unseen(store: TelemetryStore, checked: Checked, table: _Table, question: Question) -> Sequence[str]:
    """Of a query that found nothing: which values of its filter nothing had in the last day, and what was meant."""
    if any(map(_says_something, table.rows)) or not any(map(_is_of_a_text, parts_of(checked.plan.filter))):
        return ()
    try:
        again = read_query(checked.text, Known(values=seen_values(store, question.now)))
    except QueryTextError:  # its unit is one that only the metric tells
        return ()
    return [notice.text for notice in again.notices if notice.code == "value_not_seen"]


def _is_of_a_text(part: object) -> bool:
    match part:
        case Compare(Column(), _, Constant(str())):
            return True
    return False


def _says_something(row: Sequence[Any]) -> bool:
    return any(value not in (None, 0, "") for value in row)


def read(store: TelemetryStore, text: str, now: datetime) -> Checked:
    """Reads and checks a query. What a project has sent is looked at only where a name is not one of the registry."""
    try:
        return read_query(text)
    except UnknownFieldError:
        return read_query(text, known_telemetry(store, now))


def explain(store: TelemetryStore, question: Question) -> tuple[Checked, Statement]:
    """What would be run."""
    checked = read(store, question.text, question.now)
    if checked.plan.is_aggregated:
        span, steps = evaluations_of(checked.plan, question)
        return checked, groups_statement(checked.plan, span, steps)
    limit = _most_rows(checked.plan, question)
    return checked, rows_statement(checked.plan, span_of(checked.plan, question), limit, question.offset)


@dataclass(frozen=True, slots=True)
class _Table:
    columns: tuple[AnswerColumn, ...]
    rows: Sequence[Sequence[Any]]
    span: Span
    statement: Statement
    warnings: tuple[str, ...] = ()
    learning: bool = False
    truncated: bool = False


def _of_rows(store: TelemetryStore, asked: Plan, question: Question) -> _Table:
    """Rows that are shown themselves."""
    span, limit = span_of(asked, question), _most_rows(asked, question)
    statement = rows_statement(asked, span, limit + 1, question.offset)
    found = ask(store, statement)
    fields = [field for field in (find_field(name, asked.source) for name in ROW_COLUMNS[asked.source]) if field]
    columns = tuple(AnswerColumn(field.name, kind_shown(field.type), field.type.unit.symbol) for field in fields)
    shown = [
        all_shown(column, field.type) for column, field in zip(zip(*found[:limit], strict=True), fields, strict=False)
    ]
    rows = list(map(list, zip(*shown, strict=True)))
    return _Table(columns, rows, span, statement, truncated=len(found) > limit and asked.limit is None)


def _most_rows(asked: Plan, question: Question) -> int:
    return min(asked.limit or question.limit or DEFAULT_ROWS, MOST_ROWS)


def _of_groups(store: TelemetryStore, asked: Plan, question: Question) -> _Table:
    found = groups(store, asked, question)
    outputs = (*asked.keys, *asked.columns)
    columns = tuple(AnswerColumn(output.name, kind_shown(output.type), output.unit.symbol) for output in outputs)
    if asked.is_series:
        columns = (AnswerColumn("time", "time", ""), *columns)
    return _Table(columns, found.rows, found.span, found.statement, found.warnings, found.learning, found.truncated)
