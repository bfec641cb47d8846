"""How fast one key may send."""

from __future__ import annotations

import pytest
from hand_clock import HandClock

from mendline.errors import RateLimitedError
from mendline.ingest.rates import Rates


@pytest.fixture
def clock():
    return HandClock()


def _take(rates, key_id, records):
    rates.check(key_id)
    rates.charge(key_id, records)


def test_burst_of_two_seconds_is_taken_and_then_the_rate(clock):
    rates = Rates(100, clock)
    _take(rates, 1, 200)
    with pytest.raises(RateLimitedError) as refused:
        _take(rates, 1, 50)
    assert refused.value.retry_after_s == 1
    clock.passed += 0.5
    _take(rates, 1, 50)
    with pytest.raises(RateLimitedError):
        _take(rates, 1, 1)


def test_keys_do_not_share_and_no_key_has_no_limit(clock):
    rates = Rates(100, clock)
    _take(rates, 1, 200)
    _take(rates, 2, 200)
    for _ in range(100):
        _take(rates, None, 1000)


def test_request_larger_than_what_is_left_passes_and_leaves_a_debt_that_the_next_waits_for(clock):
    rates = Rates(100, clock)
    _take(rates, 1, 150)
    _take(rates, 1, 1000)
    clock.passed += 1
    with pytest.raises(RateLimitedError) as refused:
        _take(rates, 1, 1)
    assert refused.value.retry_after_s == 9
    clock.passed += 9
    _take(rates, 1, 100)


def test_large_requests_do_not_starve_beside_small_ones(clock):
    rates = Rates(100, clock)
    kept = {"large": 0, "small": 0}
    for _ in range(1000):
        clock.passed += 0.1
        for name, records in (("small", 30), ("large", 500)):
            try:
                _take(rates, 1, records)
            except RateLimitedError:
                continue
            kept[name] += records
    assert kept["large"] > 0
    assert 9_000 < kept["large"] + kept["small"] < 11_000


def test_zero_sets_no_limit(clock):
    _take(Rates(0, clock), 1, 10**9)
