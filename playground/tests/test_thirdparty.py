"""The third parties answer, misbehave at their rates, and do so reproducibly."""

import json
import random

import pytest

from mendline_playground import wire
from mendline_playground.thirdparty import CHARGE, Manners, ThirdParty


def test_latency_has_the_median_of_its_manners_and_a_tail():
    random_ = random.Random(5)
    latencies = sorted(CHARGE.latency_s(random_, 0.0) for _ in range(2001))

    assert latencies[1000] == pytest.approx(0.045, rel=0.1)
    assert latencies[1980] > 2 * latencies[1000]


def test_slow_spell_multiplies_latency_at_the_end_of_its_period():
    manners = Manners(10.0, 0.0, spell_every_s=60.0, spell_s=10.0, spell_factor=8.0)

    assert manners.latency_s(random.Random(1), 49.0) == pytest.approx(0.010)
    assert manners.latency_s(random.Random(1), 51.0) == pytest.approx(0.080)
    assert manners.latency_s(random.Random(1), 61.0) == pytest.approx(0.010)


CHARGES = [
    ({"source": "tok_visa", "amount": 5}, {201, 503}),
    ({"source": "tok_declined", "amount": 5}, {402, 503}),
    ({"amount": 5}, {400, 503}),
    ("nonsense", {400, 503}),
]


@pytest.mark.anyio
@pytest.mark.parametrize(("charge", "statuses"), CHARGES)
async def test_charge_is_answered_according_to_its_card(charge, statuses):
    party = ThirdParty(seed=1)
    port = await party.start()
    try:
        response = await wire.request(port, "POST", "/v1/charges", body=json.dumps(charge).encode())
    finally:
        await party.close()
    assert response.status in statuses
