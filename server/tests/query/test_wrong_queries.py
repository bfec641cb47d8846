"""Wrong queries, as people who know other languages or type in haste write them, each with what it is told.

The file is to be read: a message must help somebody at three in the morning. What a query says is its contract here,
unlike elsewhere, where tests look at codes alone.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mendline import errors
from mendline.errors import QueryTextError
from mendline.query import read_query
from mendline.query.faults import shown

TEXT = (Path(__file__).parent / "wrong_queries.txt").read_text()
BLOCKS = [block for block in TEXT.rstrip("\n").split("\n\n") if not block.startswith("#")]
QUERIES = [block.split("\n")[1] for block in BLOCKS]


def _told(query):
    try:
        read_query(query)
    except QueryTextError as error:
        return error
    return None


@pytest.mark.parametrize("block", BLOCKS, ids=QUERIES)
def test_wrong_query_is_told_what_the_file_says(block):
    error = _told(block.split("\n")[1])
    assert error is not None, "this query is not wrong (any more): move it to the habits that are accepted"
    assert f"{error.code}\n{shown(error)}" == block


def test_there_are_many_wrong_queries_and_each_once():
    assert len(QUERIES) >= 60
    assert len(set(QUERIES)) == len(QUERIES)


@pytest.mark.parametrize("query", QUERIES)
def test_offered_query_works(query):
    corrected = _told(query).corrected
    if corrected is not None:
        assert corrected != query
        read_query(corrected)


def test_most_wrong_queries_are_offered_one_that_works():
    offered = sum(_told(query).corrected is not None for query in QUERIES)
    assert offered >= 0.85 * len(QUERIES)


def test_every_code_of_the_language_is_in_the_file():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, QueryTextError)]
    codes = {kind.code for kind in kinds} - {QueryTextError.code, errors.QueryTooLargeError.code}
    assert {block.split("\n")[0] for block in BLOCKS} == codes


def test_error_names_the_line_and_shows_only_that_one():
    error = _told("error\n  and durration > 1s")
    assert (error.line, error.column) == (2, 7)
    assert shown(error).splitlines()[:2] == ["  and durration > 1s", "      ^^^^^^^^^"]


def test_long_line_is_cut_around_the_place():
    error = _told("function:x and " * 40 + "durration > 1s")
    line, mark, *_ = shown(error).splitlines()
    assert len(line) == 100
    assert line[mark.index("^") : mark.rindex("^") + 1] == "durration"
