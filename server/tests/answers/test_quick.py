"""What makes answers quick changes none: rows are left out early only if they do not fit, and sums by minute tell
percentiles within 1 %."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from answers.asking import ask
from halves import report, span_half
from web.shop import LAMBDA

from mendline.insight.answers import answer
from mendline.insight.evaluations import Question
from mendline.model.timerange import TimeRange

MS, S = 10**6, 10**9


@pytest.fixture
def tagged(send_spans):
    """An invocation with a tag, one with a list of them, one whose resource has it, and a call with it."""
    own = {"name": "checkout", "kind": 2, "trace_id": b"\1" * 16}
    for number, attributes in enumerate(({"tier": "gold"}, {"tier": ["gold", "blue"]}, {"tier": '["odd'}), 1):
        span = {"span_id": bytes([number]) * 8, "attributes": {"faas.invocation_id": f"r{number}", **attributes}}
        send_spans(own | span, resource=LAMBDA)
    in_resource = {"span_id": b"\4" * 8, "attributes": {"faas.invocation_id": "r4"}}
    send_spans(own | in_resource, resource={**LAMBDA, "tier": "gold"})
    call = {"kind": 3, "attributes": {"db.system": "redis", "tier": "gold"}}
    send_spans(call | {"span_id": b"\5" * 8}, call | {"span_id": b"\6" * 8, "attributes": {"db.system": "redis"}})
    send_spans(call | {"span_id": b"\7" * 8}, resource={"service.name": "payments", "faas.name": "pay"})
    send_spans(call | {"span_id": b"\10" * 8}, resource={"service.name": "bill"})


FOUND = (
    ('attr("tier"):gold', 3),
    ('attr("tier"):blue', 1),
    ('attr("tier"):\'["odd\'', 1),
    ('attr("tier") in (blue, gold)', 3),
    ('attr("tier"):blue or attr("tier"):gold', 3),
    ('attr("tier"):blue or function:checkout', 4),
    ('attr("tier"):gold not attr("tier"):blue', 2),
    ('attr("tier") != gold', 1),
    ("tags.tier:gold", 2),
    ("function.tags.tier:gold", 1),
    ('operations attr("tier"):gold', 3),
    ("operations function:pay", 1),
    ("operations function:payments", 0),
    ("operations function:bill", 1),
    ('operations attr("tier"):none', 0),
)


def test_what_rows_must_have_leaves_none_out_that_fits(store, now, tagged):
    found = [(text, ask(store, now, f"{text} | count()").rows[0][0]) for text, _ in FOUND]
    assert found == list(FOUND)


@pytest.fixture
def last_day(tell):
    """In each of three minutes, hours ago, invocations of 10 and 100 ms; and one that is known better later."""
    start = (time.time_ns() // (3600 * S) - 5) * 3600 * S
    for minute in range(3):
        begun = start + minute * 60 * S
        tell([span_half(begun, request_id=f"a{minute}", number=minute + 1, duration=10 * MS)])
        tell([span_half(begun + S, request_id=f"b{minute}", number=minute + 11, duration=100 * MS)])
    late = start + 4 * 60 * S
    tell([report(late, request_id="c", duration=900.0)])
    tell([span_half(late, request_id="c", number=30, duration=40 * MS)])
    end = datetime.fromtimestamp(start / S, UTC) + timedelta(minutes=10)
    return TimeRange(end - timedelta(hours=6), end)


WINDOWS = ("over 1m every 1m", "over 20m every 1m", "over 2m every 4m", "")


def test_percentiles_of_sums_by_minute_are_within_one_percent(store, last_day):
    for window in WINDOWS:
        text = f"function:checkout | p0.1(duration), p50(duration), p99(duration) by function | {window}".rstrip("| ")
        quick = answer(store, Question(text, last_day, last_day.end))
        exact = answer(store, Question(text.replace("checkout", "checkout duration > 0ms"), last_day, last_day.end))
        assert (quick.origin, quick.approximate, exact.origin) == ("rollup", True, "raw")
        assert [row[:-3] for row in quick.rows] == [row[:-3] for row in exact.rows]
        told, true = ([value for row in found.rows for value in row[-3:] if value] for found in (quick, exact))
        assert told == pytest.approx(true, rel=0.011)
