"""Where time goes is told by path, adds up, and is silent where the difference may be chance."""

from __future__ import annotations

import random

import pytest

from mendline.analysis.path_times import Spent, compare_paths


def _all(count, **paths):
    dice = random.Random(count)
    return [{name: Spent(dice.gauss(*told[:2]), *told[2:]) for name, told in paths.items()} for _ in range(count)]


def test_slower_call_is_told_with_its_interval():
    (found,) = compare_paths(_all(40, own=(10, 1), bank=(500, 50)), _all(200, own=(10, 1), bank=(50, 5)))
    assert (found.path, found.kind) == ("bank", "slower")
    assert found.low_ms < 450 < found.high_ms
    assert found.share == pytest.approx(1, abs=0.02)
    assert (found.selected_ms, found.baseline_ms) == (pytest.approx(500, abs=40), pytest.approx(50, abs=2))


def test_more_calls_that_take_as_long_each_are_told_as_such():
    (found,) = compare_paths(_all(30, table=(200, 9, 40)), _all(100, table=(5, 1, 1)))
    assert (found.kind, found.selected_calls, found.baseline_calls) == ("more calls", 40, 1)


def test_what_is_in_few_of_the_others_appears():
    found = compare_paths(_all(30, own=(10, 1), retry=(300, 9)), _all(100, own=(10, 1)))
    assert [(one.path, one.kind, one.baseline_presence) for one in found] == [("retry", "appears", 0)]


def test_differences_add_up_to_that_of_the_durations():
    found = compare_paths(_all(50, a=(100, 1), b=(60, 1)), _all(50, a=(50, 1), b=(10, 1)))
    assert sum(one.share for one in found) == pytest.approx(1)


def test_chance_is_not_told():
    alike = {"own": (100, 30), "bank": (80, 30)}
    assert compare_paths(_all(30, **alike), _all(31, **alike)) == ()


@pytest.mark.parametrize(("selected", "baseline"), [(0, 9), (9, 0), (1, 9)])
def test_too_few_to_compare_give_nothing(selected, baseline):
    assert compare_paths(_all(selected, a=(9, 1)), _all(baseline, a=(1, 0.1))) == ()
