"""Planted changes are found where they begin; noise, bursts, and what is too little are none."""

from __future__ import annotations

from random import Random

import pytest

from mendline.analysis.change_point import LEVEL, rate_changed, share_changed

SIZE = 60


def _events(random, share, of):
    return [sum(random.random() < share(at) for _ in range(count)) for at, count in enumerate(of)]


@pytest.mark.parametrize("begins", [20, 45, 55])
def test_planted_change_begins_within_its_interval(begins):
    random = Random(begins)
    of = [random.randint(5, 25) for _ in range(SIZE)]
    found = share_changed(_events(random, lambda at: 0.4 if at >= begins else 0.03, of), of)
    assert found.first <= begins <= found.last
    assert abs(found.at - begins) <= 1
    assert (found.end, found.chance < LEVEL, found.before < 0.1 < found.after) == (None, True, True)


def test_change_that_ended_is_told_with_its_end():
    found = share_changed([6 if 20 <= at < 35 else 0 for at in range(SIZE)], [20] * SIZE)
    assert (found.at, found.end) == (20, 35)


def test_change_for_the_better_is_one_too():
    found = share_changed([1 if at >= 30 else 10 for at in range(SIZE)], [20] * SIZE)
    assert (found.at, found.after < found.before) == (30, True)


def test_rate_of_traffic_changes_where_it_does():
    found = rate_changed([10] * 40 + [25] * 20, [60.0] * SIZE)
    assert (found.at, found.end) == (40, None)


def test_chance_alone_is_no_change():
    random = Random(7)
    of = [20] * SIZE
    found = [share_changed(_events(random, lambda _: 0.05, of), of) for _ in range(60)]
    assert sum(one is not None for one in found) <= 1


def test_bursts_are_no_change():
    random = Random(11)
    of = [20] * SIZE
    found = [share_changed([10 if random.random() < 0.05 else 0 for _ in of], of) for _ in range(40)]
    assert sum(one is not None for one in found) <= 4


@pytest.mark.parametrize(
    ("events", "of"),
    [
        ([0] * SIZE, [10] * SIZE),
        ([10] * SIZE, [10] * SIZE),
        ([1, 1], [2, 2]),
        ([], []),
        ([0] * SIZE, [0] * SIZE),
        ([0] * (SIZE - 1) + [2], [10] * SIZE),
        ([0] * 30 + [1] + [0] * 29, [0] * 30 + [1] * 30),
    ],
)
def test_too_little_says_nothing(events, of):
    assert share_changed(events, of) is None
