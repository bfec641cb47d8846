"""Quantities: numbers with a unit, exact, and how they are printed so that equal ones look equal.

Base units are nanoseconds, bytes, US dollars, and plain numbers. KB, MB, GB, TB are 1024-based.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext

_MOST_LENGTH = 60
_EXACT = Context(prec=160)  # digits; more than any product or remainder of quantities of that length has
_LARGEST = Decimal(10) ** 24


@dataclass(frozen=True, slots=True)
class Dimension:
    """What is measured: exponents of time, bytes and money. All 0 is a plain number."""

    time: int = 0
    bytes: int = 0
    usd: int = 0

    def __mul__(self, other: Dimension) -> Dimension:
        return Dimension(self.time + other.time, self.bytes + other.bytes, self.usd + other.usd)

    def __truediv__(self, other: Dimension) -> Dimension:
        return Dimension(self.time - other.time, self.bytes - other.bytes, self.usd - other.usd)

    @property
    def name(self) -> str:
        """As a person says it."""
        return _NAMES.get(self, "a product of units")


PLAIN, TIME, BYTES, USD = Dimension(), Dimension(time=1), Dimension(bytes=1), Dimension(usd=1)
_NAMES = {PLAIN: "a plain number", TIME: "a duration", BYTES: "a size", USD: "an amount of money"}
EXAMPLES = {TIME: "250ms", BYTES: "128MB", USD: "$0.50", PLAIN: "10"}


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: `scale` of the base unit of its dimension."""

    symbol: str
    dimension: Dimension
    scale: Decimal


def _unit(symbol: str, dimension: Dimension, scale: str | int) -> Unit:
    return Unit(symbol, dimension, Decimal(scale))


NUMBER = _unit("", PLAIN, 1)
PERCENT = _unit("%", PLAIN, "0.01")
PER_SECOND = _unit("/s", PLAIN, 1)
MILLISECONDS = _unit("ms", TIME, 10**6)
SECONDS = _unit("s", TIME, 10**9)
MEBIBYTES = _unit("MB", BYTES, 2**20)
BYTE = _unit("B", BYTES, 1)
DOLLARS = _unit("$", USD, 1)

# in the order in which a printed quantity tries them
_PRINTED = (
    _unit("d", TIME, 86400 * 10**9), _unit("h", TIME, 3600 * 10**9), _unit("m", TIME, 60 * 10**9), SECONDS,
    MILLISECONDS, _unit("us", TIME, 1000), _unit("ns", TIME, 1),
    _unit("TB", BYTES, 2**40), _unit("GB", BYTES, 2**30), MEBIBYTES, _unit("KB", BYTES, 2**10), BYTE,
)  # fmt: skip
UNITS = {unit.symbol: unit for unit in (*_PRINTED, PERCENT, DOLLARS, _unit("w", TIME, 7 * 86400 * 10**9))}
_SPELLINGS = {
    "ns": "nanosecond nanoseconds nanos",
    "us": "µs μs microsecond microseconds micros usec usecs",
    "ms": "millisecond milliseconds millis msec msecs",
    "s": "sec secs second seconds",
    "m": "min mins minute minutes",
    "h": "hr hrs hour hours",
    "d": "day days",
    "w": "week weeks",
    "B": "byte bytes",
    "KB": "kib kilobyte kilobytes",
    "MB": "mib megabyte megabytes",
    "GB": "gib gigabyte gigabytes",
    "TB": "tib terabyte terabytes",
    "%": "percent pct",
    "$": "usd dollar dollars",
}
_BY_SPELLING = {
    spelling: UNITS[symbol] for symbol, row in _SPELLINGS.items() for spelling in (symbol.lower(), *row.split())
}
_NUMBER = r"[0-9][0-9_]*(?:\.[0-9_]+)?(?:[eE][+-]?[0-9]{1,3}(?![A-Za-z0-9]))?"
_FIRST = rf"(?:{_NUMBER}|\.[0-9]+)"
_PART = re.compile(rf"({_FIRST})(%|[^\W\d_]*)")
_WORD = r"(?:[^\W\d_]+|%)"
# a unit stands between any two numbers, so that there is one way to read a text and no backtracking
_WHOLE = re.compile(rf"(-?)(\$?)({_FIRST}(?:{_WORD}(?:{_NUMBER}{_WORD})*(?:{_NUMBER})?)?)")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in base units. `unit` is the (last) unit that was written, None for a bare number."""

    value: Decimal
    unit: Unit | None

    @property
    def dimension(self) -> Dimension:
        """What it measures."""
        return self.unit.dimension if self.unit else PLAIN


def find_unit(word: str) -> Unit | None:
    """The unit that a word names; letters' case matters only for a single letter (`M` is none)."""
    if word in UNITS:
        return UNITS[word]
    return _BY_SPELLING.get(word.lower()) if len(word) > 1 else None


def looks_like_quantity(text: str) -> bool:
    """Whether a text has the shape of a number with or without a unit, known or not."""
    return _WHOLE.fullmatch(text) is not None


def unit_word(text: str) -> str:
    """The first word in the place of a unit that is none, in a text that looks like a quantity; empty if all are."""
    return next((word for _, word in _PART.findall(text) if word and find_unit(word) is None), "")


def read_quantity(text: str) -> Quantity | None:
    """`250ms`, `1h30m`, `-2h`, `3%`, `$0.01`, `1_000`, `1e6`; None for anything else, and for what is too large."""
    whole = _WHOLE.fullmatch(text)
    if whole is None or len(text) > _MOST_LENGTH:
        return None
    sign, dollar, rest = whole.groups()
    total, last, units = Decimal(0), None, []
    for number, word in _PART.findall(rest):
        last = find_unit(word) if word else None
        if word and last is None:
            return None
        units.append(last)
        with localcontext(_EXACT):
            total += Decimal(number.replace("_", "")) * (last.scale if last else 1)
    if len(units) > 1 and not _falls(units):
        return None
    if dollar:
        if last is not None and last.dimension != USD:
            return None
        last = DOLLARS
    return Quantity(-total if sign else total, last) if abs(total) < _LARGEST else None


def _falls(units: list[Unit | None]) -> bool:
    """Whether units of a compound (`1h30m`) are durations, each smaller than the one before."""
    scales = [unit.scale for unit in units if unit is not None and unit.dimension == TIME]
    return len(scales) == len(units) and all(left > right for left, right in itertools.pairwise(scales))


def print_quantity(value: Decimal, unit: Unit) -> str:
    """The one spelling of a number in base units: in the largest unit of the dimension that leaves it whole, but no
    smaller one than ms for what is longer (`1.5ms`)."""
    with localcontext(_EXACT):
        return _print_exactly(value, unit)


def _print_exactly(value: Decimal, unit: Unit) -> str:
    if unit == PERCENT:
        return f"{_plain(value * 100)}%"
    if unit.dimension == USD:
        return f"-${_plain(-value)}" if value < 0 else f"${_plain(value)}"
    if unit.dimension not in (TIME, BYTES):
        return _plain(value / unit.scale)  # nothing is written behind it: it is read in this unit again
    sized = [candidate for candidate in _PRINTED if candidate.dimension == unit.dimension]
    if value == 0:
        return f"0{unit.symbol}"
    whole = next((each for each in sized if value % each.scale == 0), sized[-1])
    broken = whole.scale < MILLISECONDS.scale <= abs(value) and whole.dimension == TIME
    chosen = MILLISECONDS if broken else whole
    return f"{_plain(value / chosen.scale)}{chosen.symbol}"


def _plain(value: Decimal) -> str:
    """Without exponent, and without zeros that say nothing."""
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def as_number(value: Decimal) -> int | float:
    """The number itself: an int where it is whole and fits 64 bits."""
    return int(value) if value == value.to_integral_value() and abs(value) < 2**63 else float(value)
