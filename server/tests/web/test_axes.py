"""Axes have round ticks in the unit of their values, start at zero, and hold what is drawn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mendline.web.axes import time_axis, value_axis
from mendline.web.formats import NARROW_SPACE
from mendline.web.quantities import quantity


def _texts(ticks):
    return [tick.text.replace(NARROW_SPACE, " ") for tick in ticks]


@pytest.mark.parametrize(
    ("least", "most", "unit", "whole", "texts"),
    [
        (0, 7, "", True, ["8", "6", "4", "2", "0"]),
        (0, 1, "", True, ["1", "0"]),
        (0, 0, "", True, ["1", "0"]),
        (0, 0, "ms", False, ["500 µs", "0"]),
        (3, 2490, "", True, ["3 000", "2 000", "1 000", "0"]),
        (0, 0.37, "", False, ["0.4", "0.3", "0.2", "0.1", "0"]),
        (0, 442, "ms", False, ["600 ms", "400 ms", "200 ms", "0"]),
        (0, 3200, "ms", False, ["4 s", "3 s", "2 s", "1 s", "0"]),
        (0, 200, "s", False, ["4 min", "3 min", "2 min", "1 min", "0"]),
        (0, 0.4, "ms", False, ["400 µs", "300 µs", "200 µs", "100 µs", "0"]),
        (0, 90, "MB", False, ["96 MB", "64 MB", "32 MB", "0"]),
        (0, 97, "%", False, ["100 %", "50 %", "0"]),
        (0, 0.00031, "$", False, ["$0.0004", "$0.0003", "$0.0002", "$0.0001", "0"]),
        (0, 2.5, "/s", False, ["3 /s", "2 /s", "1 /s", "0"]),
        (-30, 60, "ms", False, ["100 ms", "50 ms", "0", "\u221250 ms"]),
        (0, 30 * 86400e3, "ms", False, ["768 h", "576 h", "384 h", "192 h", "0"]),
    ],
)  # fmt: skip
def test_values_have_round_ticks(least, most, unit, whole, texts):
    axis = value_axis(least, most, unit, whole=whole)
    assert _texts(axis.ticks) == texts
    assert axis.bottom <= least
    assert axis.top >= most
    assert axis.ticks[0].at == 0
    assert axis.ticks[-1].at == 100
    assert axis.share(axis.bottom) == 0
    assert axis.share(axis.top) == 1


NOON = datetime(2026, 5, 1, 12, 0, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("length", "first", "count"),
    [
        (timedelta(seconds=30), "12:00:10", 6),
        (timedelta(minutes=15), "12:02", 7),
        (timedelta(hours=1), "12:10", 6),
        (timedelta(hours=24), "15:00", 8),
        (timedelta(days=7), "05-02", 7),
        (timedelta(days=30), "05-02", 5),
        (timedelta(days=400), "05-02", 2),
    ],
)
def test_times_have_round_ticks_in_utc(length, first, count):
    ticks = time_axis(NOON, NOON + length)
    assert (ticks[0].text, len(ticks)) == (first, count)
    assert all(0 <= tick.at <= 100 for tick in ticks)


def test_midnight_is_told_by_its_date():
    evening = datetime(2026, 5, 1, 22, tzinfo=UTC)
    assert "05-02" in _texts(time_axis(evening, evening + timedelta(hours=6)))


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "", "\u2013"),
        (float("nan"), "ms", "\u2013"),
        (12345, "", "12 345"),
        (0.123456, "", "0.123"),
        (1234.5, "", "1 234"),
        (-2.5, "", "\u22122.50"),
        (0.0000838, "$", "$0.0000838"),
        (-1.5, "$", "\u2212$1.50"),
        (1200, "$", "$1 200"),
        (12.34, "ms", "12.3 ms"),
        (1.5, "s", "1.50 s"),
        (52.2, "MB", "52.2 MB"),
        (-1.5, "GB", "\u22121.50 GB"),
        (30.0, "%", "30.0 %"),
        (2.5, "/s", "2.50 /s"),
        (1e-12, "", "1.00e-12"),
        (1e16, "", "1.00e+16"),
    ],
)
def test_values_are_shown_in_their_unit(value, unit, text):
    assert quantity(value, unit).replace(NARROW_SPACE, " ") == text
