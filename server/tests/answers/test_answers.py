"""What a query answers is what was sent: counts, quantiles, conditions, series, and what is silent."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from answers.asking import ask
from halves import report
from otlp_requests import LAMBDA as PLACE
from web.shop import LAMBDA, configuration, readings, records

from mendline.errors import QueryLimitError, UnknownFieldError
from mendline.insight.answer_groups import MOST_POINTS
from mendline.insight.rollups import resource_rollups
from mendline.model.timerange import TimeRange

S = 10**9


def _invocation(number, *, function="checkout", ago_s=60, duration_ms=100, **more):
    """One invocation span; `attributes` and `status` as in otlp_requests."""
    attributes = {"faas.invocation_id": f"r-{number}", **more.pop("attributes", {})}
    return {
        "trace_id": number.to_bytes(16, "big"), "span_id": number.to_bytes(8, "big"), "name": function, "kind": 2,
        "start": time.time_ns() - ago_s * S, "duration": duration_ms * 10**6, "attributes": attributes, **more,
    }  # fmt: skip


@pytest.fixture
def sent(send_spans):
    def send(*spans, function="checkout", **resource):
        send_spans(*spans, resource={**LAMBDA, "service.name": function, "faas.name": function, **resource})

    return send


@pytest.fixture
def ten(holding, sent):
    """Ten invocations of checkout, 10 to 100 ms, of which three failed, and two of price."""

    def fill():
        failed = {"status": 2, "attributes": {"error.type": "CardDeclined", "user.tier": "gold"}}
        sent(*(_invocation(n, duration_ms=10 * n, **(failed if n > 7 else {})) for n in range(1, 11)))
        sent(*(_invocation(n, function="price") for n in (21, 22)), function="price")

    holding(fill)


def _rows(store, now, text, **more):
    return [list(row) for row in ask(store, now, text, **more).rows]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("| count()", [[12]]),
        ("function:checkout | count()", [[10]]),
        ("function:ch*ut and error | count()", [[3]]),
        ("| count() by function", [["checkout", 10], ["price", 2]]),
        ("| count() by function | where count() > 5", [["checkout", 10]]),
        ("| count(error), ratio(error) by function | sort function", [["checkout", 3, 30.0], ["price", 0, 0.0]]),
        ("function:checkout | min(duration), max(duration), avg(duration)", [[10.0, 100.0, 55.0]]),
        ("function:checkout | p50(duration), p90(duration)", [[55.0, 91.0]]),
        ("function:checkout duration > 50ms | count()", [[5]]),
        ("function:checkout duration >= 50ms duration < 0.08s | count()", [[3]]),
        ("error.type:CardDeclined | count() by error.type", [["CardDeclined", 3]]),
        ("error.type in (CardDeclined, Other) or function:price | count()", [[5]]),
        ("not exists(error.type) | count()", [[9]]),
        ('attr("user.tier"):gold | count()', [[3]]),
        ("tags.user.tier != gold | count()", [[9]]),
        ('"carddeclined" | count()', [[3]]),
        ("| count() by bucket(duration, 50ms)", [[50.0, 5], [0.0, 4], [100.0, 3]]),
        ("| count() by bucket(duration, 50ms) | sort bucket(duration, 50ms)", [[0.0, 4], [50.0, 5], [100.0, 3]]),
        ("| distinct(function), first(function) | limit 1", [[2, "checkout"]]),
        ("| consecutive(error) by function | where consecutive(error) >= 3", [["checkout", 3]]),
        ("functions errors > 2", None),
        ("| count() | where count() > 100", []),
    ],
)
def test_answer_is_what_was_sent(store, now, ten, text, rows):
    found = _rows(store, now, text)
    if rows is None:
        assert [row[0] for row in found] == ["checkout"]
    else:
        assert found == [[pytest.approx(value) if isinstance(value, float) else value for value in row] for row in rows]


def test_rows_are_shown_newest_first_with_their_units(store, now, ten):
    found = ask(store, now, "function:checkout | limit 3")
    columns = {column.name: (column.type, column.unit) for column in found.columns}
    assert (columns["duration"], columns["time"], columns["error"]) == (("number", "ms"), ("time", ""), ("bool", ""))
    assert len(found.rows) == 3
    assert not found.truncated
    assert ask(store, now, "function:checkout", limit=3).truncated


def test_failures_in_a_row_are_counted_from_the_newest(store, now, sent):
    failed = {"status": 2}
    sent(*(_invocation(n, ago_s=600 - n, **(failed if n in (1, 2, 6, 7, 8) else {})) for n in range(1, 9)))
    assert _rows(store, now, "| consecutive(error) by function") == [["checkout", 3]]


def test_series_has_every_step_also_without_a_row(store, now, sent):
    sent(_invocation(1, ago_s=30 * 60), _invocation(2, ago_s=30 * 60, status=2))
    found = ask(store, now, "| count(), p50(duration) by function | over 5m every 5m")
    assert found.is_series
    assert found.origin == "raw"
    times = [row[0] for row in found.rows]
    assert times == sorted(times)
    assert len(found.rows) in (12, 13)
    assert sum(row[2] for row in found.rows) == 2
    assert [row[3] for row in found.rows if row[2] == 0] == [None] * (len(found.rows) - 1)


def test_limit_of_a_series_chooses_groups_and_cuts_none_of_them(store, now, sent):
    for number, name in enumerate(("rare", "busy", "busy", "busiest", "busiest", "busiest"), 1):
        sent(_invocation(number, function=name), function=name)
    whole = ask(store, now, "| count() by function | over 5m every 5m")
    first = ask(store, now, "| count() by function | over 5m every 5m | limit 2")
    assert {row[1] for row in first.rows} == {"busy", "busiest"}
    assert len(first.rows) == len(whole.rows) / 3 * 2
    assert not first.truncated


def test_series_with_more_points_than_an_answer_holds_ends_with_whole_groups(store, now, sent):
    sent(*(_invocation(number, attributes={"tags.n": number}) for number in range(1, 31)))
    found = ask(store, now, "| count() by tags.n | over 2s every 2s")
    steps = len({row[0] for row in found.rows})
    assert found.truncated
    assert len(found.rows) == MOST_POINTS // steps * steps
    assert len(ask(store, now, "| count() by tags.n | over 2s every 2s | limit 3").rows) == 3 * steps


def test_groups_at_too_many_moments_are_refused_with_what_to_change(store, now, sent):
    sent(*(_invocation(number, attributes={"tags.n": number}) for number in range(1, 131)))
    with pytest.raises(QueryLimitError, match=r"130 groups at 1,80\d moments.*longer `every`"):
        ask(store, now, "| count() by tags.n | over 2s every 2s")


def test_limit_of_the_call_is_that_of_rows_and_of_groups_of_a_series(store, now, ten):
    assert len(_rows(store, now, "| count() by function", limit=1)) == 1
    series = ask(store, now, "| count() by function | over 5m every 5m", limit=1)
    assert ({row[1] for row in series.rows}, series.truncated) == ({"checkout"}, True)


def test_sums_by_minute_answer_as_the_rows_do(store, now, sent):
    sent(
        *(
            _invocation(n, ago_s=60 * n, duration_ms=10 * n, **({"status": 2} if n % 5 == 0 else {}))
            for n in range(1, 51)
        )
    )
    wanted = "count(), count(error), ratio(error), avg(duration), sum(duration) by function | over 10m every 10m"
    quick = ask(store, now, f"function:ch* | {wanted}")
    rows = ask(store, now, f"function:ch* duration > 0ms | {wanted}")
    assert (quick.origin, rows.origin) == ("rollup", "raw")
    assert [row[:2] for row in quick.rows] == [row[:2] for row in rows.rows]
    for one, other in zip(quick.rows, rows.rows, strict=True):
        assert list(one) == [pytest.approx(value) if isinstance(value, float) else value for value in other]


def test_windows_that_overlap_see_a_row_several_times(store, now, sent):
    sent(_invocation(1, ago_s=30 * 60))
    found = ask(store, now, "duration > 0ms | count() | over 15m every 5m")
    assert sum(row[1] for row in found.rows) == 3


def test_group_that_fell_silent_can_fulfil_a_condition(store, now, sent):
    sent(_invocation(1, ago_s=3 * 3600), function="report")
    sent(_invocation(2, ago_s=60))
    assert _rows(store, now, "| count() by function | over 1h | where count() < 1") == [["report", 0]]


@pytest.mark.parametrize(
    ("hold", "fires"),
    [("for 3 of 5", True), ("for 5 in a row", False), ("for 2m", True), ("", True), ("for 10m", False)],
)
def test_condition_holds_as_long_as_it_says(store, now, sent, hold, fires):
    sent(*(_invocation(n, ago_s=60 * n - 20, status=2) for n in (1, 2, 3)))
    found = _rows(store, now, f"error | count() by function | over 1m | where count() > 0 {hold}")
    assert found == ([["checkout", 1]] if fires else [])


def test_what_is_usual_is_still_being_learned_and_nothing_is_hidden(store, now, ten):
    found = ask(store, now, "| count() by function | over 1h | where count() < usual")
    assert found.learning
    assert len(found.rows) == 2
    assert "learning" in found.warnings[-1]


def test_platform_report_completes_what_is_asked_for(store, now, tell):
    tell([report(time.time_ns() - 60 * S, request_id="r-1")])
    (row,) = _rows(store, now, "| max(billed.duration), max(memory.used / memory.size), sum(cost), count(cold_start)")
    assert row == [142.0, pytest.approx(77 / 128 * 100), pytest.approx(0.142 / 8 * 1.66667e-05 + 2e-07), 1]


def test_request_and_response_are_read_by_path(store, now, sent):
    body = '{"body": "{\\"items\\": [{\\"sku\\": \\"A-17\\"}]}", "headers": {"host": "shop"}, "n": 7}'
    sent(_invocation(1, attributes={"mendline.request": body, "mendline.response": '{"statusCode": 503}'}))
    for condition in (
        "request.body.items.0.sku:A-17", "request.headers.host:shop", "request.n = 7", "response.statusCode >= 500",
    ):  # fmt: skip
        assert _rows(store, now, f"{condition} | count()") == [[1]], condition
    assert _rows(store, now, "request.n > 7 | count()") == [[0]]


def test_trace_is_one_row_across_functions_and_says_what_it_passed(store, now, send_spans):
    start = time.time_ns() - 60 * S
    ids = {"trace_id": b"t" * 16, "kind": 2}

    def part(span, parent, function, at, **attributes):
        told = {**ids, "span_id": span * 8, "start": start + at, "duration": S}
        told["attributes"] = {"faas.invocation_id": f"r-{span}", **attributes}
        resource = {**LAMBDA, "service.name": function, "faas.name": function}
        send_spans(told | ({"parent_id": parent * 8} if parent else {}), resource=resource)

    part(b"a", None, "checkout", 0, **{"http.request.method": "POST", "http.route": "/orders"})
    part(b"b", b"a", "price", S // 2)
    part(b"c", b"b", "stock", S)
    (row,) = _rows(store, now, 'traces entry:"POST /orders" duration > 1.5s through(checkout, stock)')
    assert row[1:3] == ["POST /orders", 2000.0]
    assert _rows(store, now, "traces through(checkout, p*, stock) | count()") == [[1]]
    assert _rows(store, now, "traces through(price, checkout) | count()") == [[0]]
    assert _rows(store, now, "traces function:stock | count() by function | sort function") == [
        ["checkout", 1], ["price", 1], ["stock", 1],
    ]  # fmt: skip


def test_lost_message_is_one_that_others_like_it_were_taken(store, now, send_spans):
    start = time.time_ns() - 1800 * S
    call = {
        "mendline.resource.type": "sqs",
        "mendline.resource.name": "payments",
        "mendline.resource.operation": "Send",
    }
    for number in (1, 2):
        trace = number.to_bytes(16, "big")
        spans = [
            {"trace_id": trace, "span_id": bytes([number] * 8), "kind": 2, "start": start, "name": "POST /orders"},
            {"trace_id": trace, "span_id": bytes([number + 10] * 8), "parent_id": bytes([number] * 8), "kind": 4,
             "start": start, "attributes": call},
        ]  # fmt: skip
        if number == 1:
            spans.append({"trace_id": trace, "span_id": b"z" * 8, "parent_id": b"\x0b" * 8, "kind": 5, "start": start})
        send_spans(*spans, resource=LAMBDA)
    assert [row[-1] for row in _rows(store, now, "traces lost")] == [(2).to_bytes(16, "big").hex()]


def test_calls_that_stand_for_others_count_as_many(store, now, send_spans):
    call = {
        "mendline.resource.type": "dynamodb",
        "mendline.resource.name": "orders",
        "mendline.resource.operation": "GetItem",
    }
    common = {"trace_id": b"t" * 16, "kind": 3, "start": time.time_ns() - 60 * S, "attributes": call}
    states = ("ot=th:c", "", "ot=p:3;r:5", "ot=p:63;r:5", "x=y,ot=rv:1;th:8;p:3", "ot=p:64", "ot=q:1")
    send_spans(*({**common, "span_id": bytes([n + 1] * 8), "trace_state": state} for n, state in enumerate(states)))
    (row,) = _rows(store, now, "operations resource.type:dynamodb | count() by resource")
    # a threshold of 0xc is a share of 1 in 4, p:3 of 1 in 8, and p:63 stands for none
    assert row == ["dynamodb orders GetItem", 4 + 1 + 8 + 0 + 2 + 1 + 1]


def test_calls_that_stayed_behind_are_counted_as_their_invocation_tells(store, now, send_spans):
    start, orders = time.time_ns() - 120 * S, {"mendline.resource.type": "dynamodb", "mendline.resource.name": "orders"}
    summary = '[["dynamodb","orders","GetItem",5,2,50.5,20.25],["http","pay","POST /",1,0,8,8]]'
    told = {"faas.invocation_id": "r", "mendline.sampled": False, "mendline.operations": summary}
    cut = {**told, "faas.invocation_id": "c", "mendline.operations": summary[:-9]}
    kept = {"kind": 3, "start": start, "trace_state": "ot=th:c", "duration": 4 * 10**6}
    send_spans(
        {"span_id": b"r" * 8, "kind": 2, "start": start, "attributes": told},
        {"span_id": b"c" * 8, "kind": 2, "start": start, "attributes": cut},
        {**kept, "span_id": b"k" * 8, "attributes": {**orders, "mendline.resource.operation": "GetItem"}},
        resource=LAMBDA,
        scope="mendline_agent",
    )
    asked = "operations | count(), count(error), sum(duration), p50(duration) by resource"
    assert _rows(store, now, asked) == [
        ["dynamodb orders GetItem", 6, 2, 54.5, 4],
        ["http pay POST /", 1, 0, 8, None],
    ]
    assert _rows(store, now, "operations function:checkout error | count()") == [[2]]
    by_weight = "operations not error.kind:throttled | count() by resource.type"
    assert _rows(store, now, by_weight) == [["dynamodb", 4]]  # no summary tells of what kind an error is
    minutes = resource_rollups(store, TimeRange(now - timedelta(hours=1), now), "minute")
    assert [(found.type, found.calls, found.errors) for found in minutes] == [("dynamodb", 6, 2), ("http", 1, 0)]
    assert minutes[0].mean_ms == pytest.approx(54.5 / 6)


def test_logs_are_counted_by_level_and_found_by_words(store, now, tell):
    tell(
        [
            records(
                ("card declined", 17, {"faas.invocation_id": "r-1"}), ("stock is low", 13, {}), ("all is well", 9, {})
            )
        ]
    )
    assert _rows(store, now, "logs | count() by level | sort level") == [["error", 1], ["info", 1], ["warn", 1]]
    assert _rows(store, now, "logs level >= warn | count()") == [[2]]
    assert _rows(store, now, 'logs "card declined" | count()') == [[1]]
    assert _rows(store, now, "logs message:*low | count()") == [[1]]


def test_attribute_that_was_seen_is_known_and_another_is_not(store, now, ten):
    assert _rows(store, now, "user.tier:gold | count()") == [[3]]
    with pytest.raises(UnknownFieldError):
        ask(store, now, "user.teir:gold | count()")


def test_series_of_too_many_steps_says_how_to_make_it_shorter(store, now):
    with pytest.raises(QueryLimitError, match="every"):
        ask(store, now, "| count() | over 1s every 1s")


def test_metric_that_was_read_from_aws_is_found_by_its_function(store, now, tell):
    tell(
        [
            readings(
                [("lambda.throttles", {"function": name}, [value]) for name, value in (("checkout", 3), ("price", 5))]
            )
        ]
    )
    assert _rows(store, now, "metrics function:checkout | max(value)") == [[3]]


def test_answer_of_nothing_says_which_value_nothing_had_in_the_last_day(store, ten, now):
    for text in ("function:chekout", "function:chekout | count()", "error function:chekout | count() by region"):
        assert ask(store, now, text).warnings == (
            "No function was 'chekout' in the last day. Did you mean 'checkout'?",
        )
    assert not ask(store, now, "function:checkout error.kind:oom | count()").warnings
    assert not ask(store, now, "function:checkout duration > 10s").warnings


def test_runtime_of_an_invocation_that_no_span_tells_of_is_that_of_the_function(store, send_spans, tell, now):
    tell(
        [
            report(time.time_ns() - 60 * S, request_id="killed"),
            configuration('{"runtime":"python3.12"}', resource=PLACE),
        ]
    )
    assert _rows(store, now, "runtime:python* | count() by runtime") == [["python3.12", 1]]  # as AWS tells it
    send_spans(
        _invocation(1), resource={**PLACE, "process.runtime.name": "cpython", "process.runtime.version": "3.13.1"}
    )
    assert _rows(store, now, "request_id:killed | count() by function, runtime") == [["checkout", "python 3.13.1", 1]]
    assert _rows(store, now, "functions | count() by runtime") == [["python 3.13.1", 1]]
