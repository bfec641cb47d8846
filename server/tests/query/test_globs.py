"""Patterns fit as they say, and hostile ones take no longer than others."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendline.query.globs import fits

CASES = [
    ("", "", True), ("*", "", True), ("?", "", False), ("a", "a", True), ("a", "A", False), ("a*", "abc", True),
    ("a?c", "abc", True),
    ("a?c", "ac", False), ("a*b*c", "aXbYc", True), ("a*b*c", "aXcYb", False),
    ("\\*", "*", True), ("\\*", "x", False), ("\\?", "?", True), ("\\\\", "\\", True), ("*a\nb*", "xa\nby", True),
    ("**", "anything", True), ("*ab", "aab", True), ("a", "ab", False),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "text", "expected"), CASES)
def test_pattern_fits_the_whole_text_or_not(pattern, text, expected):
    assert fits(pattern, text) is expected


@given(st.lists(st.sampled_from(["*", "?", "a", "b", "\\*"]), max_size=8).map("".join), st.text("ab*", max_size=12))
def test_pattern_means_what_the_same_regular_expression_means(pattern, text):
    pieces = re.findall(r"\\.|.", pattern)
    regex = "".join({"*": ".*", "?": "."}.get(piece, re.escape(piece[-1])) for piece in pieces)
    assert fits(pattern, text) is (re.fullmatch(regex, text) is not None)


def test_many_wildcards_are_answered_at_once():
    assert not fits("*a" * 500 + "b", "a" * 2000)
