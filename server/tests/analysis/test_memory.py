"""Use of memory: leaks are told from what settles, jumps are named, and of one size nothing is said about others."""

from __future__ import annotations

import random

import pytest

from mendline.analysis.memory import MB, Step, find_jumps, find_leak, fit_sizes, interval_of_median


def life(instance, uses, version="1", payloads=(), called=()):
    calls = dict(enumerate(called)) if not isinstance(called, dict) else called
    return [
        Step(
            instance,
            version,
            at * 10**9,
            int(used * MB),
            256 * MB,
            payloads[at] if payloads else 100,
            calls.get(at, ()),
        )
        for at, used in enumerate(uses)
    ]


LEAKING = [60 + 3 * it for it in range(30)]
SETTLING = [60, 75, 82, 86, 88, 89, *[90] * 24]


@pytest.mark.parametrize(
    ("uses", "leaks"),
    [([LEAKING] * 3, True), ([SETTLING] * 3, False), ([[80] * 30] * 3, False), ([LEAKING], False),
     ([LEAKING, SETTLING, SETTLING], False), ([LEAKING[:5]] * 3, False),
     ([LEAKING * 3], True), ([SETTLING * 3], False)],  # one environment, whose process died twice
)  # fmt: skip
def test_a_leak_goes_on_in_most_processes(uses, leaks):
    steps = [step for number, one in enumerate(uses) for step in life(f"i{number}", one)]
    found = find_leak(steps)
    assert bool(found) is leaks
    if found:
        assert found.each == pytest.approx(3 * MB)
        assert found.left == (256 - 147) // 3


@pytest.mark.parametrize(
    ("steps", "by"),
    [
        (life("i", [60] * 10 + [120] * 10, payloads=[100] * 10 + [90_000] + [100] * 9), "input size"),
        (life("i", [60] * 10 + [120] * 10, called={10: ("s3/exports",)}), "resource"),
        (life("i", [60] * 10 + [120] * 10), ""),
        ([*life("a", [60] * 10), *life("b", [130] * 10, "2")], "version"),
    ],
)
def test_a_jump_is_named_by_what_was_there_with_it(steps, by):
    assert [jump.by for jump in find_jumps(steps, None)] == [by]


def test_steps_of_a_leak_are_named_so_and_small_ones_are_no_jumps():
    steps = [step for number in range(3) for step in life(f"i{number}", [60 + 30 * it for it in range(6)] + [230] * 0)]
    longer = [step for number in range(3) for step in life(f"j{number}", [10 + 26 * it / 1 for it in range(10)])]
    leak = find_leak(longer)
    assert leak
    assert {jump.by for jump in find_jumps(longer, leak)} == {"leak"}
    assert not list(find_jumps(life("i", LEAKING), None))
    assert {jump.by for jump in find_jumps(steps, None)} == {""}


def test_of_one_size_nothing_is_said_about_others_and_of_two_only_what_is_near():
    assert fit_sizes([(128, 400.0)]) is None
    fit = fit_sizes([(128, 450.0), (256, 250.0)])
    middle, low, high = fit.duration_ms(512)
    assert (middle, low, high) == (pytest.approx(150), pytest.approx(124.5), pytest.approx(175.5))
    assert fit.duration_ms(1024) is None


def test_the_interval_of_a_median_holds_it_nineteen_times_in_twenty():
    dice, held = random.Random(3), 0
    for _ in range(400):
        _, low, high = interval_of_median([dice.lognormvariate(0, 1) for _ in range(40)])
        held += low <= 1 <= high
    assert held >= 370
