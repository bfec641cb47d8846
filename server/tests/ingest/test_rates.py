"""How fast one key may send."""

from __future__ import annotations

import pytest
from hand_clock import HandClock

from mendline.errors import RateLimitedError
from mendline.ingest.rates import Rates


@pytest.fixture
def clock():
    return HandClock()


def test_burst_of_two_seconds_is_taken_and_then_the_rate(clock):
    rates = Rates(100, clock)
    rates.take(1, 200)
    with pytest.raises(RateLimitedError) as refused:
        rates.take(1, 50)
    assert refused.value.retry_after_s == 1
    clock.passed += 0.5
    rates.take(1, 50)
    with pytest.raises(RateLimitedError):
        rates.take(1, 1)


def test_keys_do_not_share_and_no_key_has_no_limit(clock):
    rates = Rates(100, clock)
    rates.take(1, 200)
    rates.take(2, 200)
    for _ in range(100):
        rates.take(None, 1000)


def test_request_larger_than_the_bucket_passes_when_it_is_full_and_leaves_a_debt(clock):
    rates = Rates(100, clock)
    rates.take(1, 1000)
    clock.passed += 1
    with pytest.raises(RateLimitedError) as refused:
        rates.take(1, 1)
    assert refused.value.retry_after_s == 8
    clock.passed += 8
    rates.take(1, 100)


def test_zero_sets_no_limit(clock):
    Rates(0, clock).take(1, 10**9)
