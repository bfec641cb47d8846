"""The query bar offers what can stand at the cursor, the likeliest first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from query.test_canonical import EXAMPLES

from mendline.query import Known
from mendline.query.completion import MOST, complete
from mendline.query.lexer import Lexer
from mendline.query.tokens import Kind

SEEN = Known(
    attributes=frozenset({"customer.tier", "faas.trigger"}),
    values={"function": ("checkout", "price", "order worker"), "error.type": ("TimeoutError",)},
)
OFFERED = [
    # what stands before the cursor, what is offered first
    ("", ["invocations", "operations", "traces", "logs", "functions", "metrics"]),
    ("du", ["duration"]),
    ("error.", ["error.type", "error.kind", "error.message"]),
    ("latency", ["duration"]),
    ("traces thr", ["through("]),
    ("function:", ["checkout", "price", '"order worker"']),
    ("function:ch", ["checkout"]),
    ('function:"or', ['"order worker"']),
    ("function in (checkout, pr", ["price"]),
    ("error.type:(Ti", ["TimeoutError"]),
    ("error.kind:th", ["throttled"]),
    ("logs level:", ["trace", "debug", "info", "warn", "error", "fatal"]),
    ("duration > 25", ["25ms", "25s", "25m"]),
    ("memory.used > 10", ["10KB", "10MB", "10GB"]),
    ("functions health < 9", ["9%"]),
    ("error | ", ["count(", "sum("]),
    ("error | co", ["count(", "consecutive("]),
    ("error | wh", ["where"]),
    ("error | p95(du", ["duration"]),
    ("error | count(er", ["error", "error.type"]),
    ("error | count() by fu", ["function"]),
    ("error | count() by function, ver", ["version"]),
    ("error | count() by function | over ", ["5m", "10m", "1h", "1d", "today", "this month"]),
    ("error | over 1", ["1ms", "1s", "1m"]),
    ("error | p95(duration) | over 5m | where ", ["p95(duration)"]),
    ("error | p95(duration) | over 5m | where p95(duration) > ", ["3x usual", "usual", "100ms"]),
    ("error | p95(duration) | over 5m | where p95(duration) > 2", ["2ms", "2s"]),
    ("error | count() | over 5m | where count() > 2 for ", ["3 of 5", "10m", "3 in a row"]),
    ("error | count() by function | sort ", ["count()"]),
    ("error | count() by function | sort count() d", ["desc"]),
    ("error since ", ["1h", "24h", "7d"]),
    ("customer", ['attr("customer.tier")']),
    ("| count() by customer", ['attr("customer.tier")']),
    ("error and col", ["cold_start"]),
    ("error col", ["cold_start"]),
]


@pytest.mark.parametrize(("before", "expected"), OFFERED, ids=[before for before, _ in OFFERED])
def test_what_is_due_is_offered_first(before, expected):
    offered = [completion.text for completion in complete(before, len(before), SEEN)]
    assert offered[: len(expected)] == expected


@pytest.mark.parametrize("text", EXAMPLES)
def test_names_and_keywords_of_the_examples_are_offered_from_their_first_letters(text):
    lexer, position, value = Lexer(text), 0, False
    while (token := lexer.token(position, value=value)).kind is not Kind.END:
        if token.kind is Kind.WORD and not value and "." not in token.text and len(token.text) > 3:
            cursor = token.start + 3
            offered = [completion.text.rstrip("(") for completion in complete(text[:cursor], cursor, SEEN)]
            if token.text not in ("usual", "today", "checkout", "price"):
                assert token.text in offered
        value, position = token.is_mark(":", "=", "!="), token.end


def test_offer_replaces_the_word_at_the_cursor():
    (first, *_) = complete("error and dur > 1s", len("error and dur"))
    assert (first.text, first.start, first.kind) == ("duration", len("error and "), "field")
    assert first.detail


@given(st.text(max_size=40) | st.sampled_from([*EXAMPLES]), st.integers(-2, 60))
def test_any_text_and_cursor_has_an_answer(text, cursor):
    offered = complete(text, cursor, SEEN)
    assert len(offered) <= MOST
    assert all(0 <= completion.start <= max(cursor, 0) for completion in offered)
