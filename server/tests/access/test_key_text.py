"""The text of a key: its form, its randomness, and that a slip of the pen is noticed."""

from __future__ import annotations

import hashlib
import random
import re
import secrets
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendline.access import Scope, make_key, read_key
from mendline.access.key_text import ALPHABET, RANDOM_LENGTH, checksum


@pytest.mark.parametrize("scope", Scope)
def test_form_is_the_documented_one(scope):
    text = make_key(scope, secrets.randbelow)
    assert re.fullmatch(rf"mlk_{scope}_[0-9A-Za-z]{{26}}_[0-9A-Za-z]{{6}}", text)
    told = read_key(text)
    assert told
    assert (told.scope, told.hash) == (scope, hashlib.sha256(text.encode()).digest())
    assert text.startswith(told.prefix)


def test_what_is_shown_leaves_128_bits_unknown():
    text = make_key(Scope.READ, secrets.randbelow)
    told = read_key(text)
    assert told
    shown = len(told.prefix) - len("mlk_read_")
    assert len(ALPHABET) ** (RANDOM_LENGTH - shown) >= 2**128


def test_checksum_is_crc_32_in_base62():
    rest = "mlk_read_" + "A" * 26
    value = 0
    for character in checksum(rest):
        value = value * 62 + ALPHABET.index(character)
    assert value == zlib.crc32(rest.encode())


@given(st.integers(), st.sampled_from(Scope), st.data())
def test_any_wrong_character_is_noticed(seed, scope, data):
    text = make_key(scope, random.Random(seed).randrange)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters().filter(lambda it: it != text[at]))
    assert read_key(text[:at] + other + text[at + 1 :]) is None


@given(st.text())
def test_other_texts_are_no_keys(text):
    assert read_key(text) is None


@pytest.mark.parametrize(
    "change", [str.upper, str.lower, lambda it: it + "\n", lambda it: " " + it, lambda it: it[:-1]]
)
def test_near_misses_are_no_keys(change):
    assert read_key(change("mlk_read_aB" + make_key(Scope.READ, secrets.randbelow)[11:])) is None


def test_keys_differ():
    assert len({make_key(Scope.READ, secrets.randbelow) for _ in range(1000)}) == 1000
