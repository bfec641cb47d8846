"""Text from outside cannot hide, reorder or flood what a person reads."""

from __future__ import annotations

import pytest
from markupsafe import Markup

from mendline.web.telemetry_text import clip, pretty_json, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ümlaut 日本 🙂", "plain ümlaut 日本 🙂"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("dos\r\nline", "dos\nline"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("nul\x00", "nul\\x00"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("a\u2066b\u2069", "a\\u2066b\\u2069"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_hidden_characters_become_visible(text, shown):
    assert visible(text) == shown


def test_markup_and_numbers_pass_untouched():
    assert visible(Markup("<b>\u202e</b>")) == Markup("<b>\u202e</b>")
    assert visible(3) == 3


def test_clipped_text_says_so_and_keeps_its_length():
    assert clip("abc", 3) == "abc"
    assert clip("abcd", 3) == "ab…"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"a":[1,"ü"]}', '{\n  "a": [\n    1,\n    "ü"\n  ]\n}'),
        ('{"cut": "he', '{"cut": "he'),
        ("[" * 100_000, "[" * 100_000),
        ("", ""),
        ("null", "null"),
    ],
)
def test_json_is_indented_and_anything_else_left_alone(text, shown):
    assert pretty_json(text) == shown
