"""What differs between two windows is found and measured; what chance does is not taken for it."""

from __future__ import annotations

import math
from random import Random

import pytest

from mendline.analysis.windows import PER_DECADE, Slice, Window, differences, least_ms, quantile_ms

SLICES, EACH = 30, 15


def bucket_of(duration_ms):
    """The bucket of a duration, as the store counts it."""
    return math.floor(math.log10(duration_ms * 1e6) * PER_DECADE)


def _window(seed, median_ms=50.0, tail=0.0, errors=0.0, each=EACH):
    random, slices = Random(seed), []
    for _ in range(SLICES):
        slice_ = Slice()
        for _ in range(each):
            ms = median_ms * random.lognormvariate(0, 0.3) * (12 if random.random() < tail else 1)
            slice_.durations[bucket_of(ms)] += 1
            slice_.errors += random.random() < errors
        slices.append(slice_)
    return Window(slices, 60.0)


@pytest.mark.parametrize("ms", [0.001, 0.9, 1, 49.7, 3000, 890_000])
def test_bucket_holds_its_duration_within_a_twentieth(ms):
    assert least_ms(bucket_of(ms)) <= ms < least_ms(bucket_of(ms) + 1)
    assert quantile_ms({bucket_of(ms): 1}, 0.5) == pytest.approx(ms, rel=0.05)


@pytest.mark.parametrize(
    ("now", "measure", "quantile", "direction"),
    [
        ({"median_ms": 100.0}, "duration", 0.5, 1),
        ({"median_ms": 25.0}, "duration", 0.5, -1),
        ({"tail": 0.08}, "duration", 0.95, 1),
        ({"errors": 0.08}, "errors", 0.0, 1),
        ({"each": 40}, "traffic", 0.0, 1),
        ({"each": 4}, "traffic", 0.0, -1),
    ],
)
def test_what_was_planted_is_found(now, measure, quantile, direction):
    (found,) = differences(_window(1, **now), [_window(2)])
    assert (found.measure, found.quantile, found.direction) == (measure, quantile, direction)


def test_durations_are_told_apart_at_the_one_that_tells_most():
    (found,) = differences(_window(1, tail=0.08), [_window(2)])
    assert 90 < least_ms(found.bucket) < 400
    assert found.share_now == pytest.approx(0.08, abs=0.04)
    assert found.share_usual < 0.01


def test_worse_comes_before_better_and_other():
    found = differences(_window(1, errors=0.1, median_ms=20.0, each=50), [_window(2)])
    assert [one.measure for one in found] == ["errors", "duration", "traffic"]
    assert [one.is_worse for one in found] == [True, False, False]


def test_windows_that_are_alike_differ_by_nothing():
    pairs = [(_window(seed, errors=0.02), [_window(seed + 1, errors=0.02)]) for seed in range(0, 60, 2)]
    assert not [pair for pair in pairs if differences(*pair)]


def test_what_usually_comes_in_bursts_is_no_difference():
    def bursts(seed):
        window, random = _window(seed), Random(seed)
        for slice_ in window.slices:
            slice_.errors = 8 if random.random() < 0.15 else 0
        return window

    found = [differences(bursts(seed), [bursts(seed + 1)]) for seed in range(0, 40, 2)]
    assert sum(map(bool, found)) <= 2


def test_nothing_is_not_compared():
    assert differences(_window(1), []) == ()
    assert differences(Window([], 60.0), [Window([], 60.0)]) == ()
