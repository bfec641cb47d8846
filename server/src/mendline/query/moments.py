"""Moments as people write them: how long ago, `now`, or ISO 8601."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from mendline.query.plan import Moment
from mendline.query.units import TIME, print_quantity, read_quantity

_MOST_AGO_NS = 10 * 366 * 86400 * 10**9
_WORDS = {"yesterday": "1d", "today": "24h", "last_week": "7d", "midnight": "24h"}
_DATE = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?([Zz]|[+-]\d{2}:?\d{2})?)?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Readable:
    """A moment and its one spelling; `is_ago` where it is told from the present."""

    moment: Moment
    text: str
    is_ago: bool


@dataclass(frozen=True, slots=True)
class Unreadable:
    """No moment; `suggestion` is one that may have been meant, or empty."""

    suggestion: str = ""


def read_moment(text: str) -> Readable | Unreadable:
    """`2h` and `-2h` are both two hours ago; a date without an offset is UTC, a day begins at midnight."""
    if text.lower() in ("now", "now()"):
        return Readable(Moment(), "now", False)
    found = read_quantity(text.removeprefix("-"))
    if found is not None:
        if found.unit is None or found.unit.dimension != TIME or not 0 <= found.value <= _MOST_AGO_NS:
            digits = text.removeprefix("-")
            return Unreadable(f"{digits}m" if found.unit is None and digits.isdecimal() and len(digits) < 5 else "")
        return Readable(Moment(ago_ns=int(found.value)), print_quantity(found.value, found.unit), True)
    return _absolute(text) or Unreadable(_WORDS.get(text.lower(), ""))


def _absolute(text: str) -> Readable | None:
    if not _DATE.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text.upper().replace(" ", "T"))
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return Readable(Moment(at=moment), _printed(moment), False)


def _printed(moment: datetime) -> str:
    """To the minute where nothing is smaller."""
    precision = "microseconds" if moment.microsecond else "seconds" if moment.second else "minutes"
    return moment.isoformat(timespec=precision).removesuffix("+00:00") + "Z"
