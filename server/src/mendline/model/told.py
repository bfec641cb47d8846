"""Members of what a file, a form or a request tells, read one by one; what is wrong is said in a sentence."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from mendline.errors import UsageError

MOST_NAME, MOST_TEXT, MOST_LISTED = 100, 8_000, 20
_DURATION = re.compile(r"(\d{1,6})(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def duration_text(seconds: int) -> str:
    """Seconds as files write them: 10s, 2h."""
    for unit in ("d", "h", "m"):
        if seconds and seconds % _SECONDS[unit] == 0:
            return f"{seconds // _SECONDS[unit]}{unit}"
    return f"{seconds}s"


def require_known(told: Mapping[str, Any], known: Sequence[str], what: str) -> None:
    """Refuse a member that nobody knows, and say which is meant."""
    for key in told:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, 1)
            hint = f"Did you mean '{near[0]}'?" if near else f"It has {', '.join(known)}."
            raise UsageError(f"{what} has no '{str(key)[:40]}'. {hint}")


def named(name: str) -> str:
    """A text as a name. Raises UsageError."""
    if not name.isprintable() or "/" in name or name != " ".join(name.split()):
        raise UsageError(f"'{name}' is no name here: no slash, no line break, no space at an end or twice.")
    return name


def text(told: Mapping[str, Any], name: str, most: int, *, required: bool = False) -> str:
    """A member that is a text; empty where it is not there and need not be. Raises UsageError."""
    value = told.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or (required and not value.strip()):
        raise UsageError(f"{name} is {'missing' if value is None else 'to be a text that is not empty'}.")
    if len(value) > most:
        raise UsageError(f"{name} has {len(value):,} characters; {most:,} fit.")
    return value.strip()


def texts(told: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """A member that is a list of names, or one. Raises UsageError."""
    value = told.get(name)
    items = [] if value is None else [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) and 0 < len(item) <= MOST_NAME for item in items):
        raise UsageError(f"{name} is to be a list of names.")
    if len(items) > MOST_LISTED:
        raise UsageError(f"{name} has {len(items)} names; {MOST_LISTED} fit.")
    return tuple(dict.fromkeys(items))


def one_of(told: Mapping[str, Any], name: str, known: Sequence[str], default: str) -> str:
    """A member that is one of those known. Raises UsageError, which names the nearest."""
    value = told.get(name, default)
    if value in known:
        return str(value)
    near = difflib.get_close_matches(str(value), known, 1)
    hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(known)}."
    said = f"'{str(value)[:40]}'" if value else "missing"
    raise UsageError(f"{name} is {said}. {hint}")


def flag(told: Mapping[str, Any], name: str, *, default: bool) -> bool:
    """A member that is true or false. Raises UsageError."""
    value = told.get(name, default)
    if not isinstance(value, bool):
        raise UsageError(f"{name} is to be true or false.")
    return value


def seconds(told: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    """A member that is a duration with its unit, such as 10s. Raises UsageError."""
    value = told.get(name)
    if value is None:
        return default
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise UsageError(f"{name} is '{str(value)[:40]}'; write a duration with its unit, such as 10s or 2h.")
    seconds = int(found[1]) * _SECONDS[found[2]]
    if not least <= seconds <= most:
        raise UsageError(f"{name} is {value}; it must be {duration_text(least)} to {duration_text(most)}.")
    return seconds
