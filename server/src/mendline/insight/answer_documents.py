"""Answers, errors and plans of the query language as JSON, the same for the API and for the page that explores."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from mendline.errors import QueryTextError
from mendline.model.answer import Answer
from mendline.model.jsonable import to_jsonable
from mendline.query import Checked
from mendline.query.faults import shown
from mendline.query.units import Unit
from mendline.store.plans import Statement


def answer_document(found: Answer) -> dict[str, Any]:
    """An answer."""
    return {
        "columns": [{"name": each.name, "type": each.type, "unit": each.unit} for each in found.columns],
        "rows": [list(row) for row in found.rows],
        "warnings": list(found.warnings),
        "query": found.query,
        "start": to_jsonable(found.start),
        "end": to_jsonable(found.end),
        "series": found.is_series,
        "read": {
            "from": found.origin,
            "approximate_percentiles": found.approximate,
            "seconds": round(found.seconds, 4),
        },
        "learning": found.learning,
        "truncated": found.truncated,
    }


def error_document(error: QueryTextError) -> dict[str, Any]:
    """An error in a query: where it is, what was expected, and a query that works."""
    return {
        "code": error.code,
        "message": error.message,
        "line": error.line,
        "column": error.column,
        "start": error.start,
        "end": error.end,
        "expected": error.expected,
        "suggestion": error.suggestion,
        "corrected": error.corrected,
        "shown": shown(error),
    }


def plan_document(checked: Checked, statement: Statement) -> dict[str, Any]:
    """What would be run for a query."""
    return {
        "query": checked.text,
        "plan": _told(checked.plan),
        "sql": statement.sql,
        "parameters": dict(statement.parameters),
    }


def _told(part: Any) -> Any:
    """A part of a plan: what it is, and all of it that says something."""
    if isinstance(part, Unit):
        return part.symbol
    if is_dataclass(part):
        told = {field.name: _told(getattr(part, field.name)) for field in fields(part)}
        return {
            "is": type(part).__name__,
            **{name: value for name, value in told.items() if value not in (None, [], "")},
        }
    return [_told(item) for item in part] if isinstance(part, tuple) else to_jsonable(part)
