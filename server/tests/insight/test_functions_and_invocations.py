"""What insight says of functions and invocations equals what was sent."""

from __future__ import annotations

import time

import pytest
from otlp_requests import LAMBDA

from mendline.errors import NotFoundError
from mendline.insight.functions import get_function, list_functions
from mendline.insight.invocations import find_invocation, list_invocations
from mendline.insight.receipts import last_received
from mendline.model.function import FunctionId
from mendline.model.timerange import parse_range

CHECKOUT = FunctionId("000000000000", "us-east-1", "checkout")


def _invocation(number, *, start=None, duration=10_000_000, request_id=None, **attributes):
    return {
        "trace_id": number.to_bytes(16, "big"),
        "span_id": number.to_bytes(8, "big"),
        "name": "checkout",
        "kind": 2,
        "start": start or time.time_ns() - 10**9 * 60,
        "duration": duration,
        "attributes": {"faas.invocation_id": request_id or f"req-{number}", **attributes},
    }


def test_empty_store_has_no_functions(store, now):
    assert list_functions(store, parse_range(None, None, now)) == ()
    assert last_received(store).last is None


def test_function_is_counted_and_timed(store, send_spans, now):
    spans = [_invocation(n, duration=n * 1_000_000, **{"faas.coldstart": n == 1}) for n in range(1, 101)]
    spans[0] |= {"status": 2}
    send_spans(*spans)
    (checkout,) = list_functions(store, parse_range("-1h", None, now))
    assert checkout.id == CHECKOUT
    assert (checkout.invocations, checkout.errors, checkout.cold_starts) == (100, 1, 1)
    assert checkout.p50_ms == pytest.approx(50.5, rel=0.05)
    assert checkout.max_ms == 100
    assert sum(checkout.trend) == 100
    assert last_received(store).spans == 100


def test_function_outside_the_range_is_known_but_idle(store, send_spans, now):
    send_spans(_invocation(1, start=time.time_ns() - 7200 * 10**9))
    time_range = parse_range("-1h", None, now)
    assert list_functions(store, time_range) == ()
    assert get_function(store, CHECKOUT, time_range).invocations == 0


def test_function_never_seen_is_not_found(store, now):
    with pytest.raises(NotFoundError):
        get_function(store, CHECKOUT, parse_range(None, None, now))


def test_retries_of_one_request_are_attempts(store, send_spans, now):
    base = time.time_ns() - 600 * 10**9
    send_spans(*[_invocation(n, start=base + n * 60 * 10**9, request_id="same") for n in (1, 2, 3)])
    listed = list_invocations(store, CHECKOUT, parse_range("-1h", None, now))
    assert [item.id for item in listed] == ["same~3", "same~2", "same~1"]
    assert find_invocation(store, "same~2").span_id == (2).to_bytes(8, "big").hex()


@pytest.mark.parametrize("unknown", ["same~4", "same~0", "same~x", "same~²", "nothing~1", "", "~", "x" * 9999])
def test_unknown_invocation_is_not_found(store, send_spans, unknown):
    send_spans(_invocation(1, request_id="same"))
    with pytest.raises(NotFoundError):
        find_invocation(store, unknown)


def test_invocations_sort_filter_and_page(store, send_spans, now):
    spans = [_invocation(n, start=time.time_ns() - n * 10**9, duration=(n * 7 % 10) * 10**6) for n in range(1, 10)]
    spans[4] |= {"status": 2, "message": "no"}
    send_spans(*spans)
    time_range = parse_range("-1h", None, now)
    slowest = list_invocations(store, CHECKOUT, time_range, sort="duration", limit=2)
    assert [item.duration_ms for item in slowest] == [9, 8]
    assert [
        item.duration_ms for item in list_invocations(store, CHECKOUT, time_range, sort="duration", limit=2, offset=2)
    ] == [7, 6]
    (failed,) = list_invocations(store, CHECKOUT, time_range, only_errors=True)
    assert (failed.error, failed.error_type, failed.error_message) == (True, "unknown", "no")


def test_slowest_operation_is_named(store, send_spans, now):
    parent = _invocation(1)
    calls = [
        {"trace_id": parent["trace_id"], "span_id": bytes([9, n] * 4), "parent_id": parent["span_id"], "kind": 3,
         "name": f"call {n}", "start": parent["start"] + n, "duration": n * 10**6}
        for n in (1, 5, 3)
    ]  # fmt: skip
    send_spans(parent, *calls)
    (invocation,) = list_invocations(store, CHECKOUT, parse_range("-1h", None, now))
    assert (invocation.slowest, invocation.slowest_ms) == ("call 5", 5)


def test_opentelemetry_lambda_span_without_request_id_is_an_invocation(store, send_spans, now):
    send_spans({"kind": 2, "start": time.time_ns() - 10**9})
    (invocation,) = list_invocations(store, CHECKOUT, parse_range("-1h", None, now))
    assert invocation.id == (b"s" * 8).hex()
    assert find_invocation(store, invocation.id) == invocation


def test_plain_service_is_no_function(store, send_spans, now):
    send_spans({"kind": 2}, resource={"service.name": "web"})
    assert list_functions(store, parse_range("-1h", None, now)) == ()


def test_exception_event_names_the_error(store, send_spans, now):
    span = _invocation(1) | {
        "status": 2,
        "events": [("exception", {"exception.type": "KeyError", "exception.message": "'x'"})],
    }
    send_spans(span, resource=LAMBDA)
    (invocation,) = list_invocations(store, CHECKOUT, parse_range("-1h", None, now))
    assert (invocation.error_type, invocation.error_message) == ("KeyError", "'x'")
