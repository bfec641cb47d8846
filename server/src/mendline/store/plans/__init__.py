"""Plans of the query language as SQL: values are parameters, names come from the registry of fields."""

from __future__ import annotations

from mendline.store.plans.statement import (
    MOST_GROUPS,
    ROW_COLUMNS,
    Span,
    Statement,
    Steps,
    aggregates_of,
    groups_statement,
    rows_statement,
)

__all__ = [
    "MOST_GROUPS",
    "ROW_COLUMNS",
    "Span",
    "Statement",
    "Steps",
    "aggregates_of",
    "groups_statement",
    "rows_statement",
]
