"""How the invocations that a query finds went, slice by slice: how many took how long, failed, ran out of time; and of
which functions they are."""

from __future__ import annotations

from mendline.query import Plan, Source
from mendline.store.plans.origins import origin_of
from mendline.store.plans.statement import Span, Statement, column_of, terms_of, where_of

FLAGS = ("error", "timed_out", "cold_start")


def course_statement(asked: Plan, span: Span, slice_ns: int, per_decade: int) -> Statement:
    """Columns: slice from the start of the span, bucket of the duration (steps of a logarithm, `per_decade` of them
    from 1 ns on), invocations, and how many of these have each of FLAGS."""
    terms = terms_of(Source.INVOCATIONS, span)
    where = where_of(asked, terms)
    flags = ", ".join(f"countIf({terms.value(column_of(flag, Source.INVOCATIONS))})" for flag in FLAGS)
    slice_ = f"intDiv(toUnixTimestamp64Nano(r.start) - {{start_ns:Int64}}, {terms.parameters.number(slice_ns)})"
    bucket = f"toInt32(floor(log10(greatest(r.duration_ns, 1)) * {terms.parameters.number(per_decade)}))"
    sql = (
        f"SELECT {slice_} AS x, {bucket} AS y, count(), {flags}\nFROM {origin_of(terms)}\nWHERE {where}\nGROUP BY x, y"
    )
    return Statement(sql, terms.parameters.values)


def functions_statement(asked: Plan, span: Span) -> Statement:
    """One column: the functions of the invocations that a query finds."""
    terms = terms_of(Source.INVOCATIONS, span)
    where = where_of(asked, terms)
    sql = (
        f"SELECT DISTINCT toString(r.function)\nFROM {origin_of(terms)}\nWHERE {where} AND r.function != ''\nLIMIT 2000"
    )
    return Statement(sql, terms.parameters.values)
