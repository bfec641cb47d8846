"""Moments are told in many ways, and each has one spelling."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mendline.query import read_query
from mendline.query.moments import Readable, Unreadable, read_moment

TOLD = {
    "2026-05-01": "2026-05-01T00:00Z", "2026-05-01T10:00Z": "2026-05-01T10:00Z",
    "2026-05-01T10:00": "2026-05-01T10:00Z",
    "2026-05-01 10:00:00": "2026-05-01T10:00Z", "2026-05-01T12:00+02:00": "2026-05-01T10:00Z",
    "2026-05-01t10:00:05z": "2026-05-01T10:00:05Z", "2026-05-01T10:00:00.250Z": "2026-05-01T10:00:00.250000Z",
    "now": "now", "NOW()": "now", "2h": "2h", "-2h": "2h", "120m": "2h", "90s": "90s", "1w": "7d",
}  # fmt: skip
NOT_TOLD = [
    "2026-13-01",
    "2026-02-30",
    "2026-05-01T25:00Z",
    "01/05/2026",
    "5",
    "5MB",
    "$5",
    "3%",
    "tomorrow",
    "",
    "9999999d",
    "-",
]


@pytest.mark.parametrize("text", TOLD)
def test_moment_has_one_spelling(text):
    found = read_moment(text)
    assert isinstance(found, Readable)
    assert found.text == TOLD[text]
    assert read_moment(found.text).moment == found.moment


@pytest.mark.parametrize("text", NOT_TOLD)
def test_what_is_no_moment_is_refused(text):
    assert isinstance(read_moment(text), Unreadable)


def test_moment_without_an_offset_is_utc():
    assert read_moment("2026-05-01T10:00").moment.at == datetime(2026, 5, 1, 10, tzinfo=UTC)


def test_range_of_a_query_is_in_its_plan():
    found = read_query("error | between -2d and 2026-05-01T11:00Z").plan.range
    assert found.start.ago_ns == 2 * 86400 * 10**9
    assert found.end.at == datetime(2026, 5, 1, 11, tzinfo=UTC)
