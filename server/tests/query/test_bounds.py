"""A query is bounded in length and depth, and reading one takes time linear in its length, whatever it says."""

from __future__ import annotations

import sys

import pytest

from mendline.errors import QueryTextError
from mendline.query import parse, read_query
from mendline.query.completion import complete
from mendline.query.cursor import MOST_CHARACTERS

REPEATED = [
    "a and ", "a or b and ", "not ", "(", "a:b ", "x in (a, ", "x in (", "'", '"', "/", "1s < ", "count() ",
    "count(a) + ", "| count() ", "# x\n", "\\", "a|", "-", " ", "a:(b c ", "a ~ /x/ ", "[", "{", "count(", "a:b, ",
    "x not in a ", "| where a ", "| where count() > 1 ", "5 ",
    "5ms ", "5", "5m", "1e5", "a.", "*", "a:* ", "é", "p99(a) > 1 or ",
    "exists(a) ", "| sort a, ", "a, ", "=", ":",
]  # fmt: skip


def _work(task, text):
    """How many functions are called for a text: a measure of time that does not depend on the machine."""
    calls = 0

    def count(_frame, event, _argument):
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        task(text)
    except QueryTextError:
        pass
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.thorough
@pytest.mark.parametrize("piece", REPEATED)
def test_twice_the_text_takes_at_most_about_twice_the_work(piece):
    short, long = (piece * (length // len(piece)) for length in (1900, 3800))
    assert _work(parse, long) <= 2.5 * _work(parse, short) + 200


@pytest.mark.thorough
@pytest.mark.parametrize("piece", REPEATED)
def test_completing_twice_the_text_takes_at_most_about_twice_the_work(piece):
    short, long = (piece * (length // len(piece)) for length in (1900, 3800))
    offer = lambda text: complete(text, len(text))  # noqa: E731 - a word for a word
    assert _work(offer, long) <= 2.5 * _work(offer, short) + 200


@pytest.mark.thorough
@pytest.mark.parametrize("piece", REPEATED)
@pytest.mark.parametrize("end", ["", ")" * 30])
def test_hostile_text_is_answered_with_our_errors(piece, end):
    for length in (30, MOST_CHARACTERS - len(end)):
        try:
            read_query(piece * (length // len(piece)) + end)
        except QueryTextError as error:
            assert error.message


@pytest.mark.parametrize(
    "text",
    [
        "x" * (MOST_CHARACTERS + 1),
        "(" * 41 + "error" + ")" * 41,
        "not " * 41 + "error",
        "ratio(" * 41 + "error" + ")" * 41,
        "duration > " + "1ms + " * 65 + "1ms",
    ],
    ids=["long", "brackets", "negations", "calls", "operators"],
)
def test_what_is_too_large_is_said_to_be(text):
    with pytest.raises(QueryTextError) as told:
        read_query(text)
    assert told.value.code == "query_too_large"


def test_what_is_just_not_too_large_is_read():
    assert read_query("(" * 40 + "error" + ")" * 40).text == "error"
    assert read_query("not " * 40 + "error").text == "error"
    deepest = "duration > " + "(" * 38 + "1ms" + " + 1ms)" * 38 + " + 1ms" * 26
    assert read_query(read_query(deepest).text)


@pytest.mark.parametrize("text", ["error \0", "function:a\ud800"])
def test_character_that_no_text_can_hold_is_refused(text):
    with pytest.raises(QueryTextError) as told:
        read_query(text)
    assert told.value.code == "query_syntax"
