"""Chances are those of the exact distribution, counted in whole numbers."""

from __future__ import annotations

from fractions import Fraction
from math import comb, exp, inf, isclose, log

from hypothesis import given
from hypothesis import strategies as st

from mendline.analysis.gate import benjamini_hochberg, chance, tarone
from mendline.analysis.hypergeometric import least_support, log_least, log_tail


def exact(both, having, selected, rows):
    ways = sum(
        comb(having, k) * comb(rows - having, selected - k) for k in range(max(0, both), min(having, selected) + 1)
    )
    return Fraction(ways, comb(rows, selected))


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.just(n), *[st.integers(0, n)] * 3)))
def test_tail_is_the_share_of_all_ways(numbers):
    rows, having, selected, both = numbers
    found = log_tail(both, having, selected, rows)
    expected = exact(both, having, selected, rows)
    assert found == -inf if expected == 0 else isclose(exp(found), float(expected), rel_tol=1e-9)


@given(st.integers(2, 60).flatmap(lambda n: st.tuples(st.just(n), *[st.integers(1, n)] * 2)))
def test_no_outcome_is_rarer_than_the_least(numbers):
    rows, having, selected = numbers
    least = log_least(having, selected, rows)
    assert all(
        log_tail(both, having, selected, rows) >= least - 1e-9
        for both in range(max(0, having + selected - rows), min(having, selected) + 1)
    )


@given(st.integers(10, 300), st.integers(1, 299), st.floats(-12, -1))
def test_no_predicate_of_fewer_rows_can_pass(rows, selected, level):
    selected = min(selected, rows - 1)
    fewest = least_support(selected, rows, level)
    assert all(log_least(having, selected, rows) > level for having in range(1, min(fewest, selected + 1)))
    assert fewest > rows or log_least(fewest, selected, rows) <= level


def test_chances_smaller_than_any_float_are_kept_apart():
    assert log_tail(400, 400, 400, 10_000) < log_tail(390, 400, 400, 10_000) < log(1e-300)
    assert chance(log_tail(400, 400, 400, 10_000)) > 0


def test_tests_that_can_show_nothing_cost_nothing():
    real = [log(1e-9)] * 3
    assert tarone(real + [log(0.3)] * 10_000, 0.01) == tarone(real, 0.01) == log(0.01 / 3)
    assert tarone([], 0.01) == log(0.01)


def test_level_falls_with_every_test_that_could_pass():
    assert tarone([-100.0] * 500, 0.01) == log(0.01 / 500)


def test_share_of_false_ones_is_that_of_benjamini_and_hochberg():
    chances = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216]  # of their own example, shortened
    assert isclose(benjamini_hochberg([log(one) for one in chances], 10, 0.05), log(0.008))
    assert benjamini_hochberg([log(0.9)], 10, 0.05) == -inf
