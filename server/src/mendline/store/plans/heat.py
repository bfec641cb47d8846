"""Invocations counted by when they began and how long they took, as a heat map has them."""

from __future__ import annotations

from mendline.query import Plan, Source
from mendline.store.plans.origins import origin_of
from mendline.store.plans.statement import Span, Statement, column_of, terms_of, where_of

PER_DECADE = 12
"""Rows of a logarithmic map for each factor of ten."""


def heat_statement(asked: Plan, span: Span, column_ns: int, mark: str = "", row_ns: int = 0) -> Statement:
    """Columns `x`, `y`, count, and how many are marked by a flag of the registry. `y` counts steps of `row_ns`, else
    steps of a logarithm of which there are PER_DECADE from 1 ns on."""
    terms = terms_of(Source.INVOCATIONS, span)
    where = where_of(asked, terms)
    marked = f"countIf({terms.value(column_of(mark, Source.INVOCATIONS))})" if mark else "0"
    column = f"intDiv(toUnixTimestamp64Nano(r.start) - {{start_ns:Int64}}, {terms.parameters.number(column_ns)})"
    if row_ns:
        row = f"toInt32(intDiv(r.duration_ns, {terms.parameters.number(row_ns)}))"
    else:
        row = f"toInt32(floor(log10(greatest(r.duration_ns, 1)) * {PER_DECADE}))"
    sql = f"SELECT {column} AS x, {row} AS y, count(), {marked}\nFROM {origin_of(terms)}\nWHERE {where}\nGROUP BY x, y"
    return Statement(sql, terms.parameters.values)


def longest_statement(asked: Plan, span: Span) -> Statement:
    """The longest duration, in ns; 0 where there is nothing."""
    terms = terms_of(Source.INVOCATIONS, span)
    where = where_of(asked, terms)
    return Statement(f"SELECT max(r.duration_ns)\nFROM {origin_of(terms)}\nWHERE {where}", terms.parameters.values)
