"""The laws of the language: what is printed reads back as the same, whatever the tree, and errors are only ours."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st
from query.sensible import spelled_twice
from query.trees import queries

from mendline.errors import QueryTextError
from mendline.query import parse, read_query
from mendline.query.faults import shown


@settings(max_examples=120, deadline=None)
@given(queries())
def test_what_is_printed_reads_back_as_the_same_tree(query):
    assert parse(str(query)) == query


@settings(max_examples=120, deadline=None)
@given(queries())
def test_what_passes_the_checker_has_a_canonical_text_that_passes_to_the_same_plan(query):
    try:
        checked = read_query(str(query))
    except QueryTextError:
        return
    again = read_query(checked.text)
    assert (again.text, again.query, again.plan) == (checked.text, checked.query, checked.plan)


PIECES = st.sampled_from(
    [
        "error",
        "duration",
        ">",
        "1s",
        "|",
        "count()",
        "by",
        "function",
        "over",
        "5m",
        "where",
        '"x"',
        "(",
        ")",
        "and",
        "or",
        "not",
        "in",
        "=",
        ":",
        ",",
        "~",
        "/a/",
        "3x",
        "usual",
        "*",
        "for",
        "3",
        "of",
        "5",
        "[5m]",
        "{",
        "}",
        "'q",
        "-5",
        "$1",
        "5%",
        "bucket(",
        "p99(",
        "exists(",
        "attr(",
        "since",
        "2h",
        "sort",
        "desc",
        "limit",
        "10",
        "traces",
        "logs",
        "functions",
        "#",
        "\\",
        "*",
        "?",
        "é",
        "5xx",
    ]
)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(PIECES | st.text(max_size=3), max_size=25).flatmap(
        lambda parts: st.sampled_from([" ", ""]).map(lambda gap: gap.join(parts))
    )
)
@example("limit ²")
@example("limit 5²")
@example("error | top ٣ by count()")
def test_any_text_is_a_query_or_one_of_our_errors_that_says_where(text):
    try:
        read_query(text)
    except QueryTextError as error:
        assert 0 <= error.start <= len(text)
        assert f" at {error.line}:{error.column}" in error.message
        assert error.message.endswith((".", "?", "…"))
        assert shown(error)
        if error.corrected is not None:
            read_query(error.corrected)


@settings(max_examples=80, deadline=None)
@given(spelled_twice())
def test_two_spellings_of_a_query_are_one(spellings):
    first, second = map(read_query, spellings)
    assert first.text == second.text
    assert (first.query, first.plan) == (second.query, second.plan)
