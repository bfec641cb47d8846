"""Steady states of planted series: what is odd is outside of the band, and what is not is not."""

from __future__ import annotations

import math
import random

import pytest

from mendline.analysis.scales import Counts, Plain, Shares, Sizes, band_back
from mendline.analysis.steady import Kind, Manner, Steady

MANNER = Manner(
    spans=(), memory=336, spread_memory=336, warm=8, clip=4.0, tail=2000, floor=0.02, gain=0.85, index=0.2, most=3.0,
    moved=72,
)  # fmt: skip
HOUR, WORKDAYS = Kind(2, 14), Kind(2, 14)
COUNTS = Counts()


def _traffic(chance, hour, factor=1.0):
    by_day = 100 + 60 * math.sin(hour / 24 * 2 * math.pi)
    return factor * by_day * (0.4 if hour // 24 % 7 >= 5 else 1) * chance.gauss(1, 0.1)


def _contexts(hour):
    return hour % 24, (hour % 24, hour // 24 % 7 >= 5)


def _outside(values, kinds=(HOUR, WORKDAYS), contexts=_contexts, scale=COUNTS, calls=100):
    """The places of values outside of their bands, and the steady state after them."""
    steady, outside = Steady(kinds, MANNER), []
    for place, value in enumerate(values):
        band = steady.band(contexts(place), 3, scale.noise(calls))
        if band and not band_back(scale, band).holds(value):
            outside.append(place)
        steady.see(scale.to(value), contexts(place), scale.noise(calls))
    return outside, steady


def test_what_comes_again_by_hour_and_weekday_is_usual_and_a_fault_is_not():
    chance = random.Random(1)
    values = [_traffic(chance, hour) for hour in range(21 * 24)]
    assert all(hour < 14 * 24 for hour in _outside(values)[0])
    values[500] *= 4
    values[501] *= 0.1
    assert {500, 501} <= set(_outside(values)[0])


def test_nothing_is_told_at_first_and_something_after_a_day():
    chance = random.Random(2)
    steady = Steady((HOUR, WORKDAYS), MANNER)
    known = []
    for hour in range(48):
        known.append(steady.band(_contexts(hour), 3) is not None)
        steady.see(_traffic(chance, hour), _contexts(hour))
    assert not any(known[:12])
    assert all(known[24:])


def test_a_new_level_is_usual_after_three_days_and_sooner_where_it_is_accepted():
    chance = random.Random(3)
    values = [_traffic(chance, hour, 3 if hour >= 504 else 1) for hour in range(30 * 24)]
    outside = _outside(values)[0]
    assert len([hour for hour in outside if 504 <= hour < 576]) > 60
    assert not [hour for hour in outside if 14 * 24 <= hour < 504 or hour >= 576]
    accepted = _outside(values[:514])[1]
    accepted.accept()
    band = accepted.band(_contexts(514), 3, COUNTS.noise(100))
    assert band.holds(COUNTS.to(values[514]))


def test_an_incident_leaves_no_trace():
    chance = random.Random(4)
    values = [_traffic(chance, hour) for hour in range(22 * 24)]
    calm = _outside(values[:480])[1].band(_contexts(480), 3)
    odd = [*values[:480], *(10 * value for value in values[480:504])]
    assert _outside(odd)[1].band(_contexts(480), 3).middle == pytest.approx(calm.middle, rel=0.05)


def test_a_latency_that_is_usual_at_this_traffic_is_usual():
    chance = random.Random(5)
    loads = [chance.choice((1, 2, 4, 8)) for _ in range(600)]
    values = [100 * load * chance.gauss(1, 0.05) for load in loads]
    values[590] = 300 if loads[590] == 1 else 100
    loads[590] = 1 if values[590] == 300 else 8
    outside, _ = _outside(values, (Kind(8, 48),), lambda place: (loads[place],), Sizes())
    assert outside == [590]


@pytest.mark.parametrize("calls", [1, 3, 10])
def test_few_calls_are_not_off_by_chance(calls):
    chance = random.Random(calls)

    def share():
        return sum(chance.random() < 0.02 for _ in range(calls)) / calls

    assert len(_outside([share() for _ in range(800)], scale=Shares(calls), calls=calls)[0]) <= 2
    counts = [float(sum(chance.random() < calls / 200 for _ in range(100))) for _ in range(800)]
    assert len(_outside(counts, scale=COUNTS)[0]) <= 2
    slow = [max(chance.lognormvariate(4, 1) for _ in range(calls)) for _ in range(800)]
    assert len(_outside(slow, scale=Sizes(), calls=calls)[0]) <= 2


def test_many_failures_of_many_calls_are_no_chance():
    chance = random.Random(6)
    shares = [sum(chance.random() < 0.01 for _ in range(300)) / 300 for _ in range(200)]
    assert _outside([*shares, 0.06], scale=Shares(300), calls=300)[0][-1:] == [200]


@pytest.mark.parametrize("scale", [COUNTS, Counts(0.1), Sizes(), Sizes(1e-9), Plain()])
@pytest.mark.parametrize("value", [0.0, 0.5, 3.0, 1e9])
def test_a_scale_leads_back(scale, value):
    assert scale.back(scale.to(value)) == pytest.approx(value, rel=1e-6, abs=1e-9)


def test_a_flat_series_that_moves_at_all_is_off():
    assert _outside([5.0] * 200 + [5.1], scale=Plain())[0] == [200]
