"""A query taken apart into rows, written as the builder writes them, is the same query."""

from __future__ import annotations

import pytest
from query.test_canonical import EXAMPLES

from mendline.query import read_query
from mendline.query.parts import FAILS, HOLDS, Term, parts


def _written(term):
    """As `textOf` of query_builder.js."""
    if not term.relation:
        return term.text
    if term.relation == HOLDS:
        return term.field
    if term.relation == FAILS:
        return f"not {term.field}"
    return f"{term.field}{':' if term.relation == ':' else f' {term.relation} '}{term.value}"


def _together(of):
    """As `write` of query_builder.js."""
    source = "" if of.source == "invocations" else of.source
    first = " ".join(filter(None, (source, " and ".join(map(_written, of.terms)))))
    columns = f"{', '.join(of.columns)} {'by ' + ', '.join(of.keys) if of.keys else ''}".strip()
    window = f"over {of.over}{' every ' + of.every if of.every else ''}" if of.over else ""
    where = " and ".join(map(_written, of.conditions))
    where = f"where {where}{' for ' + of.hold if of.hold else ''}" if where else ""
    order, limit = f"sort {', '.join(of.order)}" if of.order else "", f"limit {of.limit}" if of.limit else ""
    stages = filter(None, (columns, of.range, window, where, order, limit))
    return " ".join(filter(None, (first, *(f"| {stage}" for stage in stages))))


def test_every_example_is_the_same_query_when_its_parts_are_written_again():
    for text in EXAMPLES:
        checked = read_query(text)
        assert read_query(_together(parts(checked.query))).text == checked.text, text


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("function:check* duration > 1s", [Term("function:check*", "function", ":", "check*"),
                                          Term("duration > 1s", "duration", ">", "1s")]),
        ("error and not cold_start", [Term("error", "error", HOLDS), Term("not cold_start", "cold_start", FAILS)]),
        ("error or timed_out", [Term("(error or timed_out)")]),
        ("region in (a, b)", [Term("region in (a, b)", "region", "in", "(a, b)")]),
        ("error.type !~ /x/", [Term("error.type !~ /x/", "error.type", "!~", "/x/")]),
        ('attr("a b") != 1', [Term('attr("a b") != 1', 'attr("a b")', "!=", "1")]),
        ('"card declined"', [Term('"card declined"')]),
        ("memory.used / memory.size > 90%",
         [Term("memory.used / memory.size > 90%", "memory.used / memory.size", ">", "90%")]),
    ],
)  # fmt: skip
def test_term_is_a_field_a_relation_and_a_value_where_it_is_one(text, terms):
    assert parts(read_query(text).query).terms == terms
