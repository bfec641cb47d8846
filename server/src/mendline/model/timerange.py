"""A range of time, and how people write one: `-1h`, `now`, or ISO 8601."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mendline.errors import UsageError

_RELATIVE = re.compile(r"([-+])(\d{1,6})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
DEFAULT_START = "-1h"
DEFAULT_END = "now"


@dataclass(frozen=True, slots=True)
class TimeRange:
    """From `start` (included) to `end` (excluded), both UTC; `start_text` and `end_text` as they were written."""

    start: datetime
    end: datetime
    start_text: str = DEFAULT_START
    end_text: str = DEFAULT_END

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return (self.end - self.start).total_seconds()

    @property
    def before(self) -> TimeRange:
        """The range of the same length that ends where this one starts."""
        return TimeRange(self.start - (self.end - self.start), self.start)


def parse_moment(text: str, now: datetime) -> datetime:
    """Read `now`, `-90m`, `+2h`, or ISO 8601 (UTC where no offset is written). Raises UsageError."""
    if text == "now":
        return now
    relative = _RELATIVE.fullmatch(text)
    try:
        if relative:
            passed = timedelta(**{_UNITS[relative[3]]: int(relative[2])})
            return now - passed if relative[1] == "-" else now + passed
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(f"'{text[:40]}' is not a time; write now, -1h, -7d, or 2026-05-01T10:00Z.") from None


def parse_range(start: str | None, end: str | None, now: datetime) -> TimeRange:
    """Read a range; the default is the last hour. Raises UsageError when it does not end after it starts."""
    start, end = start or DEFAULT_START, end or DEFAULT_END
    first, last = parse_moment(start, now), parse_moment(end, now)
    if first >= last:
        raise UsageError(f"The time range ends ({end[:40]}) before it starts ({start[:40]}); swap the two.")
    return TimeRange(first, last, start, end)
