"""The time zone in which a page tells times: the one in its URL (`tz`), else the visitor's own (a cookie), else UTC.

Only what people read is in it; URLs, JSON and CSV stay in UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from starlette.requests import Request

from mendline.errors import UsageError

COOKIE = "mendline-zone"
_MOST_NAME = 60
_SEEN: ContextVar[tzinfo] = ContextVar("zone", default=UTC)


def zone_named(name: str) -> tzinfo:
    """The zone of an IANA name. Raises UsageError."""
    if name == "UTC":
        return UTC
    try:
        if len(name) > _MOST_NAME:
            raise ValueError
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(
            f"'{name[:_MOST_NAME]}' is no time zone known here; use a name such as Europe/Berlin, or UTC."
        ) from None


def zone_of(request: Request) -> tzinfo:
    """The zone that a page is asked for in. Raises UsageError for an unknown one in the URL; a cookie may be old."""
    asked = request.query_params.get("tz")
    if asked:
        return zone_named(asked)
    try:
        return zone_named(request.cookies.get(COOKIE) or "UTC")
    except UsageError:
        return UTC


@contextmanager
def told_in(zone: tzinfo) -> Iterator[None]:
    """Times are told in a zone within the block."""
    before = _SEEN.set(zone)
    try:
        yield
    finally:
        _SEEN.reset(before)


def local(moment: datetime) -> datetime:
    """A moment in the zone of the page."""
    return moment.astimezone(_SEEN.get())


def zone_name() -> str:
    """The name of the zone of the page, as people and browsers know it."""
    zone = _SEEN.get()
    return zone.key if isinstance(zone, ZoneInfo) else "UTC"
