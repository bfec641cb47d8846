"""Numbers and times as people read them: every function answers text that is ready to show."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from itertools import pairwise

from mendline.web.zones import local

NARROW_SPACE = "\u202f"
NOTHING = "–"  # noqa: RUF001 - an en dash, for a number that is not known
_DURATIONS = ((1e-3, "µs"), (1.0, "ms"), (1e3, "s"), (60e3, "min"), (3600e3, "h"))  # in ms; the next one takes over
_SIZES = ("B", "KB", "MB", "GB", "TB")
_AGES = ((60, 1, "s"), (3600, 60, "min"), (2 * 86400, 3600, "h"), (math.inf, 86400, "d"))


def duration(milliseconds: float) -> str:
    """Three significant digits and a unit: `870 µs`, `12.3 ms`, `1.50 s`, `2.25 min`."""
    if not math.isfinite(milliseconds):
        return NOTHING
    if milliseconds < 0:
        return "−" + duration(-milliseconds)  # noqa: RUF001 - a minus sign
    if milliseconds == 0:
        return "0" + NARROW_SPACE + "ms"
    for (size, unit), (following, _) in pairwise(_DURATIONS):
        digits = _three(milliseconds / size)
        if float(digits) < following / size:
            return f"{digits}{NARROW_SPACE}{unit}"
    return f"{_three(milliseconds / 3600e3)}{NARROW_SPACE}h"


def size(number: int) -> str:
    """Bytes in 1024s, three significant digits where it is not whole: `512 B`, `128 MB`, `1.50 GB`."""
    value, unit = float(number), 0
    while value >= 1000 and unit < len(_SIZES) - 1:
        value, unit = value / 1024, unit + 1
    digits = f"{value:.0f}" if value == int(value) else _three(value)
    return f"{digits}{NARROW_SPACE}{_SIZES[unit]}"


def count(number: int) -> str:
    """A whole number with thin separators: `12 345`."""
    return f"{number:,}".replace(",", NARROW_SPACE)


def percent(share: float) -> str:
    """A share of 1 as a percentage that never rounds something to nothing or almost all to all."""
    if not math.isfinite(share):
        return NOTHING
    value = share * 100
    if 0 < value < 0.1:
        text = "<0.1"
    elif 99.9 < value < 100:
        text = ">99.9"
    elif value in (0, 100) or value >= 99.95:
        text = f"{value:.0f}"
    else:
        text = f"{value:.1f}"
    return f"{text}{NARROW_SPACE}%"


def rate(share: float) -> str:
    """A share of 1; of one in a thousand or less, one in how many."""
    return f"1 in {count(round(1 / share))}" if 0 < share <= 0.001 else percent(share)


def chance(share: float) -> str:
    """How likely something is by luck alone: in percent, or one in how many."""
    if share >= 0.001:
        return percent(share)
    if share < 1e-9:
        return "below 1 in a billion"
    times = 1 / share
    return f"1 in {times / 1e6:,.0f} million" if times >= 1e6 else f"1 in {times:,.0f}"


def changed(now: float, before: float) -> str:
    """How a number changed, in percent with a sign, or in times where it more than doubled; `new` where it was 0,
    nothing where it changed by less than 0.1 %."""
    if now == before:
        return ""
    if not before:
        return "new"
    times = now / before
    if times >= 2.5:
        return f"×{_three(times)}"  # noqa: RUF001 - a multiplication sign
    sign = "+" if times > 1 else "−"  # noqa: RUF001 - a minus sign
    part = abs(times - 1) * 100
    if part < 0.1:
        return ""
    return f"{sign}{part:.{0 if part >= 9.95 else 1}f}{NARROW_SPACE}%"


def share(part: float, whole: float) -> float:
    """`part` of `whole`; 0 where there is no whole."""
    return part / whole if whole else 0.0


def ago(moment: datetime, now: datetime) -> str:
    """How long ago: `12 s ago`, `3 min ago`, `2 h ago`, `5 d ago`; `in 3 min` for the future."""
    seconds = (now - moment).total_seconds()
    for limit, unit_seconds, unit in _AGES:
        if abs(seconds) < limit:
            text = f"{int(abs(seconds) // unit_seconds)}{NARROW_SPACE}{unit}"
            return f"{text} ago" if seconds >= 0 else f"in {text}"
    raise AssertionError("unreachable: the last age has no limit")


def moment_text(moment: datetime) -> str:
    """Date and time to the millisecond, in the zone of the page."""
    return local(moment).replace(tzinfo=None).isoformat(sep=" ", timespec="milliseconds")


def clock_time(moment: datetime) -> str:
    """Time of day to the millisecond, in the zone of the page."""
    return moment_text(moment)[11:]


def day_text(moment: datetime) -> str:
    """The day, in the zone of the page."""
    return moment_text(moment)[:10]


def iso(moment: datetime) -> str:
    """ISO 8601 for the `datetime` attribute and for URLs."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _three(value: float) -> str:
    for limit, places in ((9.995, 2), (99.95, 1)):
        if value < limit:
            return f"{value:.{places}f}"
    return f"{value:.0f}"
