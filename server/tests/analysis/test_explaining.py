"""Planted causes are named first, chance is not named at all, and what is said of a finding is counted right."""

from __future__ import annotations

import random

import pytest
from planted import KINDS, chance_selection, plant

from mendline.analysis.candidates import candidates
from mendline.analysis.explaining import explain
from mendline.analysis.predicate import Predicate, as_number


def signature(common):
    return frozenset((one.attribute, one.op) for one in common.predicates)


@pytest.mark.parametrize("kind", KINDS)
def test_planted_cause_is_named_first(kind):
    named = [plant(kind, seed) for seed in range(1, 4)]
    firsts = [[signature(found) for found in explain(one.rows, one.selected).findings[:1]] for one in named]
    assert firsts == [[one.truth] for one in named]


def test_selection_by_chance_is_not_explained():
    told = [explain(one.rows, one.selected) for one in map(chance_selection, range(12))]
    assert [one.findings for one in told] == [()] * 12
    assert all(one.nothing_explains and one.tests > 100 for one in told)


def test_finding_counts_both_sides():
    rows = [{"table": "orders" if index < 40 else "items", "n": index % 7} for index in range(200)]
    found = explain(rows, [*range(30), 150]).findings[0]
    assert found.predicates == (Predicate("table", "=", "orders"),)
    assert (found.selected, found.of_selected, found.baseline, found.of_baseline) == (30, 31, 10, 169)
    assert found.coverage == pytest.approx(30 / 31)
    assert found.lift == pytest.approx((30 / 31) / (10 / 169))
    assert 0 < found.chance < 1e-15


def test_what_holds_for_the_same_rows_is_one_finding():
    rows = [{"region": "a" if index < 30 else "b", "zone": "a1" if index < 30 else "b1"} for index in range(100)]
    told = explain(rows, range(25))
    assert len(told.findings) == 1
    assert {one.attribute for one in (*told.findings[0].predicates, *told.findings[0].also)} == {"region", "zone"}


def test_two_causes_are_two_findings():
    dice = random.Random(7)
    rows = [{"table": dice.choice("abcdefgh"), "version": dice.choice("123456789"), "x": i} for i in range(2000)]
    bad = [
        i
        for i, row in enumerate(rows)
        if dice.random() < (0.7 if row["table"] == "a" or row["version"] == "9" else 0.01)
    ]
    found = {signature(one) for one in explain(rows, bad).findings}
    assert {frozenset({("table", "=")}), frozenset({("version", "=")})} <= found


def test_excluded_attributes_are_no_candidates():
    rows = [{"duration_ms": index, "table": "t"} for index in range(100)]
    assert not explain(rows, range(90, 100)).nothing_explains
    assert explain(rows, range(90, 100), excluded={"duration_ms"}).nothing_explains


@pytest.mark.parametrize("selected", [[], range(50)])
def test_nothing_explains_nothing_and_everything(selected):
    told = explain([{"a": index % 3} for index in range(50)], selected)
    assert (told.nothing_explains, told.hints, told.tests) == (True, (), 0)


def test_ids_never_win_by_chance():
    rows = [{"id": f"{index:08x}", "other": index % 5} for index in range(3000)]
    dice = random.Random(1)
    assert explain(rows, dice.sample(range(3000), 40)).nothing_explains


def test_every_candidate_holds_for_its_rows():
    rows = plant("pair", 0, size=200).rows
    for candidate in candidates(rows, 2)[0]:
        for predicate in (*candidate.predicates, *candidate.also):
            held = [predicate.holds(row) for row in rows]
            assert held == [bool(candidate.rows >> index & 1) for index in range(len(rows))], str(predicate)


def test_values_that_no_selected_row_has_are_counted_and_not_offered():
    rows = [{"a": index // 10} for index in range(100)]
    offered, dull = candidates(rows, 2, selected=range(15))
    assert {one.predicates[0].value for one in offered if one.predicates[0].op == "="} == {0, 1}
    assert dull == [10] * 8


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3.0), (2.5, 2.5), ("12", 12.0), ("-1.5", -1.5), ("0.25", 0.25), (True, None), ("007", None), ("1e5", None),
        ("", None), ("-", None), (".5", None), ("5.", None), ("1.2.3", None), ("٣", None), (float("inf"), None),
    ],
)  # fmt: skip
def test_texts_of_numbers_are_numbers_and_codes_are_not(value, number):
    assert as_number(value) == number
