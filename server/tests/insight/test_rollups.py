"""Functions and resources by minute and by day, with percentiles that are near enough."""

from __future__ import annotations

import math
import time
from datetime import timedelta

import pytest
from halves import S, report, span_half
from hypothesis import given
from hypothesis import strategies as st

from mendline.errors import UsageError
from mendline.insight.rollups import function_rollups, resource_rollups
from mendline.model.histogram import BUCKET_BASE, quantile
from mendline.model.timerange import parse_range


@pytest.fixture
def day(now):
    return parse_range("-1d", None, now + timedelta(minutes=1))  # what is sent meanwhile may be of another minute


def test_function_by_minute_and_by_day(store, tell, day):
    start = time.time_ns() - 120 * S
    halves = [span_half(start + n, request_id=f"r{n}", duration=(n + 1) * 10**6, fails=n < 5) for n in range(20)]
    tell(*(halves[turn::5] for turn in range(5)))
    tell([report(start, request_id="r0", duration=1.0)])
    for step in ("minute", "day"):
        (found,) = function_rollups(store, day, step, name="checkout")
        assert (found.invocations, found.errors, found.cold_starts, found.billed_ms) == (20, 5, 1, 142)
        assert found.mean_ms == 10.5
        assert found.billed_gb_s == pytest.approx(142 / 1000 / 8)
        assert (found.p50_ms, found.p99_ms) == (pytest.approx(10.5, rel=0.01), pytest.approx(19.81, rel=0.01))
    assert not function_rollups(store, day, "day", name="nobody")


def test_resource_by_minute_and_by_day(store, send_spans, day):
    attributes = {"db.system": "dynamodb", "rpc.method": "PutItem", "aws.dynamodb.table_names": ["orders"]}
    send_spans({"kind": 3, "duration": 7 * 10**6, "attributes": attributes}, resource={"service.name": "shop"})
    for step in ("minute", "day"):
        (found,) = resource_rollups(store, day, step)
        assert (found.type, found.name, found.operation, found.service) == ("dynamodb", "orders", "PutItem", "shop")
        assert (found.calls, found.errors, found.p50_ms) == (1, 0, pytest.approx(7, rel=0.011))


def test_calls_that_stand_for_others_by_sampling_count_as_so_many(store, send_spans, day):
    call = {"kind": 3, "duration": 7 * 10**6, "attributes": {"db.system": "dynamodb", "rpc.method": "PutItem"}}
    kept = [call | {"span_id": n.to_bytes(8, "big"), "trace_state": "ot=th:b333333333333"} for n in range(1, 1001)]
    send_spans(*kept, call | {"span_id": b"slow" * 2, "status": 2})  # 3.33 each, and one by itself
    send_spans(call | {"span_id": b"many" * 2, "trace_state": "ot=th:ffffffffffffff", "attributes": {"db.system": "x"}})
    huge, found = sorted(resource_rollups(store, day, "minute"), key=lambda it: -it.calls)
    assert (found.calls, found.errors) == (pytest.approx(3334, rel=0.02), 1)
    assert (found.mean_ms, found.p50_ms) == (pytest.approx(7), pytest.approx(7, rel=0.011))
    assert huge.calls == 10**6


def test_call_told_before_its_end_counts_once_it_has_ended(store, send_spans, day):
    call = {"kind": 3, "attributes": {"db.system": "dynamodb", "aws.dynamodb.table_names": ["orders"]}}
    send_spans(call | {"attributes": {**call["attributes"], "mendline.unfinished": True}})
    assert resource_rollups(store, day, "minute") == ()
    send_spans(call)
    assert [found.calls for found in resource_rollups(store, day, "minute")] == [1]


def test_sums_do_not_wrap_whatever_is_sent(store, send_spans, day):
    week = 7 * 86_400 * S
    span = {"kind": 2, "start": time.time_ns() - week + 60 * S, "duration": week}
    ids = [{"span_id": n.to_bytes(8, "big"), "attributes": {"faas.invocation_id": f"r{n}"}} for n in range(1, 20_001)]
    send_spans(*(span | each for each in ids))
    (found,) = function_rollups(store, parse_range("-14d", None, day.end), "day", name="checkout")
    assert (found.invocations, found.mean_ms) == (20_000, week / 10**6)


def test_unknown_step_is_said(store, day):
    with pytest.raises(UsageError, match="minute or day"):
        function_rollups(store, day, "week")


@given(st.lists(st.floats(0.001, 900_000), min_size=1, max_size=50), st.floats(0, 1))
def test_quantile_is_off_by_one_percent_at_most(durations, q):
    counts = {}
    for duration in durations:
        bucket = math.ceil(math.log(duration) / math.log(BUCKET_BASE))
        counts[bucket] = counts.get(bucket, 0) + 1
    rank, ordered = q * (len(durations) - 1), sorted(durations)
    below, above = ordered[math.floor(rank)], ordered[math.ceil(rank)]
    true = below + (above - below) * (rank - math.floor(rank))
    assert quantile(counts, q) == pytest.approx(true, rel=0.01001)


def test_quantile_of_nothing_is_zero():
    assert quantile({}, 0.5) == 0
