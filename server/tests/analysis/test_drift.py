"""What takes longer bit by bit over weeks is told; noise, weekends, steps and short times are not."""

from __future__ import annotations

import random

import pytest

from mendline.analysis.drift import find_drift


def _days(count, level, noise=0.05, seed=1):
    dice = random.Random(seed)
    return [(day, level(day) * dice.lognormvariate(0, noise)) for day in range(100, 100 + count)]


def _ramp(day):
    return 200 * (1 + 1.5 * max(0, day - 107) / 21)


def test_ramp_of_three_weeks_is_told_with_where_it_began():
    found = find_drift(_days(28, _ramp))
    assert found.before_ms == pytest.approx(200, rel=0.05)
    assert found.now_ms == pytest.approx(200 * 2.29, rel=0.1)
    assert 104 <= found.since <= 114


@pytest.mark.parametrize(
    ("count", "level"),
    [
        (28, lambda day: 200),
        (28, lambda day: 200 * (1.6 if day % 7 < 2 else 1)),
        (28, lambda day: 200 * (1.8 if day > 115 else 1)),
        (28, lambda day: 400 - 10 * (day - 100)),
        (28, lambda day: _ramp(day) / 100),
        (13, lambda day: 200 * 1.2 ** (day - 100)),
        (0, lambda day: 0),
        (20, lambda day: 0),
    ],
    ids=["noise", "weekends", "a step", "faster", "a few ms", "too few days", "nothing", "no time"],
)
def test_what_is_no_drift_is_not_told(count, level):
    assert not any(find_drift(_days(count, level, seed=seed)) for seed in range(20))
