"""Whether something is getting more: a slope that odd days do not move, and never surer than it is."""

from __future__ import annotations

import random

import pytest

from mendline.model.slope import sen_slope


def test_straight_line_with_odd_points_is_seen_through():
    points = [(float(x), 2.0 * x + (1000 if x in (3, 7) else 0)) for x in range(20)]
    slope = sen_slope(points)
    assert slope.middle == pytest.approx(2)
    assert slope.direction == 1


def test_interval_holds_the_truth_nineteen_times_of_twenty():
    dice = random.Random(5)
    held = rose = 0
    for _ in range(400):
        slope = sen_slope([(float(x), 0.1 * x + dice.gauss(0, 1)) for x in range(30)])
        held += slope.low <= 0.1 <= slope.high
        rose += sen_slope([(float(x), dice.gauss(0, 1)) for x in range(30)]).direction != 0
    assert held / 400 == pytest.approx(0.95, abs=0.035)
    assert rose / 400 == pytest.approx(0.05, abs=0.035)


@pytest.mark.parametrize("values", [[1.0] * 7, []])
def test_few_points_say_nothing(values):
    assert sen_slope(list(enumerate(values))) is None


def test_what_does_not_move_is_not_moving():
    slope = sen_slope([(float(x), 5.0) for x in range(10)])
    assert (slope.low, slope.middle, slope.high, slope.direction) == (0, 0, 0, 0)
