"""Numbers with units are exact, and equal ones print alike."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendline.query.units import UNITS, as_number, looks_like_quantity, print_quantity, read_quantity

READ = [
    ("250ms", 250 * 10**6), ("2s", 2 * 10**9), ("0.1s", 10**8), ("1h30m", 5400 * 10**9), ("-2h", -7200 * 10**9),
    ("1w", 7 * 86400 * 10**9), ("10us", 10_000), ("10µs", 10_000), ("5minutes", 300 * 10**9),
    ("5KB", 5 * 1024), ("128MB", 2**27), ("128mb", 2**27), ("1GiB", 2**30), ("3%", Decimal("0.03")),
    ("$0.01", Decimal("0.01")), (".5s", 5 * 10**8), ("5usd", 5), ("1_000", 1000), ("1e6", 10**6),
]  # fmt: skip
NOT_READ = [
    "",
    "ms",
    "5M",
    "5xx",
    "1.2.3",
    "5m30h",
    "5ms5MB",
    "$5ms",
    "5 ms",
    "1e999",
    "9" * 80,
    "0x10",
    "5mm",
    "--5",
    "1e6e",
]
PRINTED = [
    ("1000ms", "1s"), ("1500ms", "1500ms"), ("1.5ms", "1.5ms"), ("90s", "90s"), ("60m", "1h"), ("24h", "1d"),
    ("7d", "7d"), ("0s", "0ms"), ("0.5us", "500ns"), ("1024KB", "1MB"), ("1536B", "1536B"), ("0.030%", "0.03%"),
    ("$10.00", "$10"), ("-$1", None), ("100", "100"), ("1e3", "1000"), ("0.10", "0.1"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), READ)
def test_quantity_is_exact(text, value):
    found = read_quantity(text)
    assert found is not None
    assert found.value == value


@pytest.mark.parametrize("text", NOT_READ)
def test_what_is_no_quantity_is_none(text):
    assert read_quantity(text) is None


@pytest.mark.parametrize(("text", "printed"), [row for row in PRINTED if row[1]])
def test_quantity_has_one_spelling(text, printed):
    found = read_quantity(text)
    unit = found.unit or UNITS["%"].__class__("", found.dimension, Decimal(1))
    shown = print_quantity(found.value, unit if found.value else UNITS["ms"])
    assert shown == printed


VALUES = st.decimals(min_value=0, max_value=10**9, allow_nan=False, places=3)


@given(VALUES, st.sampled_from([unit for unit in UNITS.values() if unit.symbol != "$"]))
def test_printed_quantity_reads_back_exactly(number, unit):
    first = read_quantity(f"{number:f}{unit.symbol}")
    again = read_quantity(print_quantity(first.value, unit))
    assert again.value == first.value
    assert print_quantity(again.value, unit) == print_quantity(first.value, unit)


def test_whole_numbers_stay_whole_where_64_bits_hold_them():
    assert as_number(Decimal(2**62)) == 2**62
    assert isinstance(as_number(Decimal(2**63)), float)
    assert as_number(Decimal("0.5")) == 0.5


@pytest.mark.parametrize(
    "text", ["1" * 4000 + "-", "1m" * 2000 + "-", "1e1" * 1300 + "-", "1_" * 2000 + "-", "1.1" * 1300 + "-"]
)
def test_long_text_that_begins_like_a_quantity_is_refused_at_once(text):
    assert not looks_like_quantity(text)
    assert read_quantity(text) is None
