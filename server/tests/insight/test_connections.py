"""Connections made anew, and pools without a free one, are told from what calls and errors say."""

from __future__ import annotations

import pytest

from mendline.analysis.path_times import PathDifference
from mendline.analysis.verdict import Part
from mendline.insight.connections import Connections, pool_cause

CALLED = {("http", "bank.example.com", "POST /charge"): None, ("dynamodb", "orders", "PutItem"): None}


def _path(longer_ms):
    return PathDifference("http bank.example.com", "slower", 9, 1, 17, 0.9, 50 + longer_ms, 50, 1, 1, 1, 1)


@pytest.mark.parametrize(
    ("made", "usual", "each_ms", "longer_ms", "explains"),
    [
        (Part(40, 100), Part(1, 100), 400, 380, True),
        (Part(40, 100), Part(1, 100), 40, 380, False),  # the answer takes longer too
        (Part(40, 100), Part(38, 100), 400, 380, False),  # as ever
        (Part(2, 4), Part(0, 4), 400, 380, False),  # chance
        (Part(40, 100), Part(0, 0), 400, 380, False),  # nothing to compare with
    ],
)
def test_new_connections_explain_what_they_take_and_only_beyond_the_usual(made, usual, each_ms, longer_ms, explains):
    assert Connections(made, usual, each_ms).explain(_path(longer_ms)) is explains


@pytest.mark.parametrize(
    ("said", "resource"),
    [
        ("HTTPConnectionPool(host='bank.example.com', port=443): Pool reached maximum size", "http/bank.example.com"),
        ("QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00", ""),
        ("HikariPool-1 - Connection is not available, request timed out after 30000ms", ""),
        ("timeout exceeded when trying to connect", ""),
    ],
)
def test_pool_without_a_free_connection_is_known_by_what_clients_say(said, resource):
    cause = pool_cause("checkout", [("other", 9), (said, 4)], CALLED, 800.0)
    assert cause is not None
    assert (cause.kind, cause.owner, cause.resource, cause.confidence) == (
        "pool_exhausted", "configuration", resource, "high",
    )  # fmt: skip


@pytest.mark.parametrize("said", ["", "the carpool is late", "Read timed out.", "user pool not found"])
def test_other_errors_tell_of_no_pool(said):
    assert pool_cause("checkout", [(said, 4)], CALLED, 800.0) is None
