"""Invocations counted by when they began and how long they took, or what else is measured, as a heat map has them."""

from __future__ import annotations

from mendline.model.measure import Measure
from mendline.query import Plan, Source
from mendline.store.plans.measures import measured, measured_where_known
from mendline.store.plans.origins import origin_of
from mendline.store.plans.statement import Span, Statement, column_of, terms_of, where_of

UNTOLD = -(2**31)
"""The row of those without a value."""


def heat_statement(
    asked: Plan, span: Span, column_ns: int, measure: Measure, mark: str, row: float, rows: int
) -> Statement:
    """Columns `x`, `y`, count, and how many are marked by a flag of the registry, if one is named. `y` counts steps of
    `row` base units, of which there are `rows`; or (0) steps of a logarithm, of which there are `measure.per_decade`.
    Signs are summed (see table invocations)."""
    terms = terms_of(Source.INVOCATIONS, span)
    where = where_of(asked, terms)
    (known, value), number = measured_where_known(measure), terms.parameters.number
    marked = f"sumIf(r.sign, {terms.value(column_of(mark, Source.INVOCATIONS))})" if mark else "0"
    x = f"toUInt16(intDiv(toUnixTimestamp64Nano(r.start) - {{start_ns:Int64}}, {number(column_ns)}))"
    if row:
        step = f"least(floor({value} / {number(row)}), {rows - 1})"
    else:
        step = f"floor(log10(greatest(toFloat64({value}), {measure.least!r})) * {measure.per_decade})"
    y = f"if({known}, toInt32({step}), {UNTOLD})"
    sql = (
        f"SELECT {x} AS x, {y} AS y, sum(r.sign) AS number, {marked}\nFROM {origin_of(terms, signed=True)}\n"
        f"WHERE {where}\nGROUP BY x, y\nHAVING number != 0"
    )
    return Statement(sql, terms.parameters.values)


def largest_statement(asked: Plan, span: Span, measure: Measure) -> Statement:
    """The largest value; NULL where there is none. What was believed before more was known counts as well."""
    terms = terms_of(Source.INVOCATIONS, span)
    where, value = where_of(asked, terms), measured(measure, terms)
    sql = f"SELECT max({value})\nFROM {origin_of(terms, signed=True)}\nWHERE {where}"
    return Statement(sql, terms.parameters.values)
