"""Every query that passes the checker is taken by the store, and both of its spellings have one answer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from answers.asking import ask
from hypothesis import HealthCheck, given, settings
from query.sensible import spelled_twice
from web.shop import LAMBDA, order, records

from mendline.errors import QueryLimitError


@pytest.fixture
def shop(holding, send_spans, tell):
    def fill():
        send_spans(*(span for number in range(1, 6) for span in order(number, fails=number > 3)), resource=LAMBDA)
        tell([records(("card declined", 17, {"faas.invocation_id": "request-1"}))])

    holding(fill)


@pytest.mark.thorough
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spelled_twice())
def test_query_that_makes_sense_runs(store, shop, spellings):
    now = datetime.now(UTC)
    try:
        first, second = (ask(store, now, text) for text in spellings)
    except QueryLimitError:  # it would take too much, which it says
        return
    assert first.query == second.query
    assert [column.name for column in first.columns] == [column.name for column in second.columns]
