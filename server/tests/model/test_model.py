"""Time ranges as people write them, and model values as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

import pytest

from mendline.errors import UsageError
from mendline.insight.moments import from_ns, to_ns
from mendline.model.jsonable import to_jsonable
from mendline.model.timerange import parse_range

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        (None, None, NOW - timedelta(hours=1), NOW),
        ("-15m", "now", NOW - timedelta(minutes=15), NOW),
        ("-2d", "-1d", NOW - timedelta(days=2), NOW - timedelta(days=1)),
        ("2026-05-01T10:00Z", "2026-05-01T11:00+01:00", datetime(2026, 5, 1, 10, tzinfo=UTC), None),
        ("2026-04-30", None, datetime(2026, 4, 30, tzinfo=UTC), NOW),
    ],
)
def test_range_is_read(start, end, first, last):
    if last is None:
        with pytest.raises(UsageError):
            parse_range(start, end, NOW)
        return
    time_range = parse_range(start, end, NOW)
    assert (time_range.start, time_range.end) == (first, last)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("soon", None),
        ("-1y", None),
        ("1h", None),
        ("-999999w", None),
        ("now", "now"),
        ("-1h", "-2h"),
        ("", "x" * 5000),
        ("-1h\0", None),
    ],
)
def test_nonsense_is_refused_in_words(start, end):
    with pytest.raises(UsageError):
        parse_range(start, end, NOW)


def test_moments_are_exact_to_the_microsecond():
    moment = NOW.replace(microsecond=123456)
    assert from_ns(to_ns(moment)) == moment
    assert to_ns(moment) % 1000 == 0


def test_model_values_become_json():
    @dataclass(frozen=True, slots=True)
    class Value:
        when: datetime
        items: tuple[int, ...]
        names: dict[str, str]

    value = Value(NOW.astimezone(timezone(timedelta(hours=2))), (1, 2), {"a": "<b>"})
    assert json.loads(json.dumps(to_jsonable(value))) == {
        "when": "2026-05-01T12:00:00Z",
        "items": [1, 2],
        "names": {"a": "<b>"},
    }
