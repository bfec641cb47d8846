"""Numbers and times are shown as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mendline.errors import UsageError
from mendline.web import formats
from mendline.web.axes import time_axis
from mendline.web.zones import told_in, zone_name, zone_named

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def _plain(text):
    return text.replace(formats.NARROW_SPACE, " ")


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0 ms"), (0.0004, "0.40 µs"), (0.87, "870 µs"), (0.9994, "999 µs"), (0.9996, "1.00 ms"), (1, "1.00 ms"),
        (9.994, "9.99 ms"), (9.996, "10.0 ms"), (12.34, "12.3 ms"), (99.96, "100 ms"), (999.4, "999 ms"),
        (999.6, "1.00 s"), (1500, "1.50 s"), (59_940, "59.9 s"), (59_960, "1.00 min"), (135_000, "2.25 min"),
        (3_600_000, "1.00 h"), (360_000_000, "100 h"),
        (-5, "\u22125.00 ms"), (float("nan"), formats.NOTHING), (float("inf"), formats.NOTHING),
    ],
)  # fmt: skip
def test_durations_have_three_digits_and_a_unit(milliseconds, text):
    assert _plain(formats.duration(milliseconds)) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "0.98 KB"),
        (1024, "1 KB"),
        (128 << 20, "128 MB"),
        (1536 << 20, "1.50 GB"),
        (2000 << 40, "2000 TB"),
    ],
)
def test_sizes_count_in_1024s(number, text):
    assert _plain(formats.size(number)) == text


@pytest.mark.parametrize(("number", "text"), [(0, "0"), (999, "999"), (1000, "1 000"), (1234567, "1 234 567")])
def test_counts_have_thin_separators(number, text):
    assert _plain(formats.count(number)) == text


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (0, "0 %"),
        (0.00001, "<0.1 %"),
        (0.001, "0.1 %"),
        (0.077, "7.7 %"),
        (0.5, "50.0 %"),
        (0.9999, ">99.9 %"),
        (1, "100 %"),
        (1.5, "150 %"),
        (float("nan"), formats.NOTHING),
    ],
)
def test_percentages_never_round_something_to_nothing_or_almost_all_to_all(part, text):
    assert _plain(formats.percent(part)) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s ago"), (12.9, "12 s ago"), (60, "1 min ago"), (3599, "59 min ago"), (7300, "2 h ago"),
     (172_800, "2 d ago"), (-200, "in 3 min")],
)  # fmt: skip
def test_ages_are_rough_and_short(seconds, text):
    assert _plain(formats.ago(NOON - timedelta(seconds=seconds), NOON)) == text


def test_share_of_nothing_is_nothing():
    assert formats.share(3, 0) == 0
    assert formats.share(1, 4) == 0.25


def test_moments_are_utc_to_the_millisecond():
    moment = NOON + timedelta(microseconds=1999)
    assert formats.moment_text(moment) == "2026-05-01 12:00:00.001"
    assert (formats.day_text(moment), formats.clock_time(moment)) == ("2026-05-01", "12:00:00.001")
    assert formats.iso(moment) == "2026-05-01T12:00:00.001Z"


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [
        (5, 5, ""), (0, 0, ""), (1, 0, "new"), (0, 4, "\u2212100 %"), (112, 100, "+12 %"), (97, 100, "\u22123.0 %"),
        (1000.5, 1000, ""), (249, 100, "+149 %"), (400, 100, "\u00d74.00"), (9950, 10000, "\u22120.5 %"),
    ],
)  # fmt: skip
def test_changes_are_told_in_percent_or_times(now, before, text):
    assert _plain(formats.changed(now, before)) == text


def test_times_are_told_in_the_zone_of_the_page():
    moment = datetime(2026, 5, 1, 23, 30, tzinfo=UTC)
    with told_in(zone_named("Europe/Berlin")):
        assert (formats.moment_text(moment), zone_name()) == ("2026-05-02 01:30:00.000", "Europe/Berlin")
        assert [tick.text for tick in time_axis(moment, moment + timedelta(hours=4))][:2] == ["01:30", "02:00"]
    assert (formats.day_text(moment), zone_name()) == ("2026-05-01", "UTC")


@pytest.mark.parametrize("name", ["", "Nowhere/Land", "../etc/passwd", "/etc/passwd", "x" * 1000, "Europe"])
def test_unknown_zone_is_refused(name):
    with pytest.raises(UsageError):
        zone_named(name)
