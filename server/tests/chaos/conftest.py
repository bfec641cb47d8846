"""The experiments of a project, its orders, and a clock that is moved by hand; the store is shared by the session."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from hand_clock import HandClock

from mendline.chaos.experiments import Experiments
from mendline.chaos.orders import Orders
from mendline.query import read_query
from mendline.store.state import open_state

KEY = b"a key of 16 or more"
YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def clock():
    return HandClock(YESTERDAY)


@pytest.fixture
def state(tmp_path, clock):
    with closing(open_state(tmp_path, clock.now())) as opened:
        yield opened


@pytest.fixture
def orders(state, clock):
    return Orders(state, clock, KEY)


@pytest.fixture
def experiments(state, orders):
    return Experiments(state, "default", orders.ready, orders.forget)


@pytest.fixture
def begin(experiments, clock):
    """Keeps an experiment and has it begin."""

    def begun(told, starts_in=0):
        now = clock.now()
        one = experiments.save(told, now, "tester", read_query)
        return experiments.begin(one.name, now + timedelta(seconds=starts_in), now, "tester")

    return begun
