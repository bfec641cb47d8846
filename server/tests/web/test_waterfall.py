"""A trace is laid out true to time, and points at what matters."""

from __future__ import annotations

import time

import pytest

from mendline.insight.traces import get_trace
from mendline.web.waterfall import entry_of, label, recovered, rows_of, silence_of, telling, ticks_of, what_matters

TRACE = (b"t" * 16).hex()
_BASE = time.time_ns() - 60 * 10**9
LAMBDA = {"service.name": "pay", "faas.name": "pay"}


def _span(number, parent=None, *, at=0, duration=10, **more):
    return {
        "span_id": bytes([number] * 8),
        "parent_id": bytes([parent] * 8) if parent else b"",
        "name": f"span {number}",
        "start": _BASE + at * 10**6,
        "duration": duration * 10**6,
        **more,
    }


@pytest.fixture
def rows(store, send_spans):
    def made(*spans, resource=None):
        send_spans(*spans, resource=resource or {"service.name": "s"})
        return rows_of(get_trace(store, TRACE))

    return made


def test_bars_lie_where_their_time_lies(rows):
    root, child = rows(_span(1, duration=200), _span(2, 1, at=50, duration=100))
    assert (root.x, root.width) == (0, 100)
    assert (child.x, child.width) == (25, 50)


def test_own_time_is_what_no_child_covers(rows):
    root, *_ = rows(_span(1, duration=100), _span(2, 1, at=10, duration=30), _span(3, 1, at=20, duration=40))
    assert root.own == ((0, 10), (60, 40))


def test_tree_knows_parents_and_ends(rows):
    found = rows(_span(1, duration=100), _span(2, 1, at=1), _span(3, 2, at=2, duration=1), _span(4, 1, at=50))
    assert [(row.parent, row.last) for row in found] == [(-1, 3), (0, 2), (1, 2), (0, 3)]


def test_time_in_a_queue_is_a_wait(rows):
    found = rows(_span(1), _span(2, 1, at=5, duration=5, kind=4), _span(3, 2, at=90, duration=10, kind=5))
    assert found[2].wait_ms == 80
    assert found[2].wait == (10, 80)
    assert silence_of(found) is None
    matter = what_matters(found)
    assert (matter.kind, matter.index, matter.milliseconds) == ("wait", 2, 80)


def test_time_in_which_nothing_was_under_way_is_named(rows):
    apart = [_span(1), _span(2, at=90, duration=5), _span(3, at=95, duration=5)]
    silence = silence_of(rows(*apart))
    assert (silence.index, silence.longest_ms, silence.total_ms) == (1, 80, 80)


def test_longest_call_matters_when_nothing_failed(rows):
    call = {"http.request.method": "GET", "server.address": "rates.example"}
    found = rows(_span(1, duration=100), _span(2, 1, at=5, duration=90, kind=3, attributes=call))
    assert what_matters(found).kind == "call"
    assert what_matters(found).index == 1


def test_first_failure_at_the_bottom_matters_most(rows):
    found = rows(
        _span(1, duration=100, status=2),
        _span(2, 1, at=5, duration=80, status=2),
        _span(3, 2, at=6, duration=70, status=2),
        _span(4, 1, at=90, status=2),
    )
    assert (what_matters(found).kind, what_matters(found).index) == ("error", 2)


def test_exception_is_looked_for_upwards(rows):
    raised = [("exception", {"exception.type": "E"})]
    found = rows(_span(1, status=2), _span(2, 1, status=2, events=raised), _span(3, 2, status=2), _span(4, 1, status=2))
    assert telling(found, 2) == 1
    assert telling(found, 3) == 3


def test_cold_start_shows_its_length(rows):
    cold = {"faas.invocation_id": "r", "faas.coldstart": True, "mendline.init_ms": 312.5}
    (row,) = rows(_span(1, kind=2, attributes=cold), resource=LAMBDA)
    assert (row.cold, row.init_ms) == (True, 312.5)
    assert label(row.span) == "pay"


def test_wait_that_was_a_cold_start_is_called_so(rows):
    cold = {"faas.invocation_id": "r", "faas.coldstart": True, "mendline.init_ms": 60}
    found = rows(
        _span(1, duration=10, kind=4), _span(2, 1, at=80, duration=10, kind=5, attributes=cold), resource=LAMBDA
    )
    assert (found[1].wait_ms, found[1].wait, found[1].init[1]) == (10, (11.11, 11.11), 66.67)
    matter = what_matters(found)
    assert (matter.kind, matter.index, matter.milliseconds) == ("cold", 1, 60)


def test_call_does_not_answer_for_the_cold_start_it_waited_for(rows):
    cold = {"faas.invocation_id": "r", "faas.coldstart": True, "mendline.init_ms": 60}
    found = rows(_span(1, duration=100, kind=3), _span(2, 1, at=70, kind=2, attributes=cold), resource=LAMBDA)
    assert found[0].own_ms == 30
    assert what_matters(found).kind == "cold"


@pytest.mark.parametrize("init", ["-1", "nan", "x", "1e400", ""])
def test_senseless_init_time_is_none(rows, init):
    cold = {"faas.invocation_id": "r", "faas.coldstart": True, "mendline.init_ms": init}
    (row,) = rows(_span(1, kind=2, attributes=cold), resource=LAMBDA)
    assert (row.init_ms, row.init) == (0, None)


def test_entry_is_named_by_method_and_route(rows):
    (row,) = rows(_span(1, kind=2, attributes={"http.request.method": "POST", "http.route": "/orders"}))
    assert entry_of(row.span) == "POST /orders"


def test_trace_without_duration_can_be_drawn(rows):
    found = rows(_span(1, duration=0), _span(2, 1, duration=0))
    assert all(0 <= row.x <= 100 and 0 < row.width <= 100 for row in found)
    assert what_matters(found) is None


def test_deep_chain_is_indented_up_to_a_limit(store, send_spans):
    ids = [number.to_bytes(8, "big") for number in range(1, 201)]
    send_spans(
        *[{"span_id": own, "parent_id": up, "start": _BASE} for own, up in zip(ids, [b"", *ids], strict=False)],
        resource={"service.name": "s"},
    )
    found = rows_of(get_trace(store, TRACE))
    assert max(row.indent for row in found) == 24
    assert found[0].last == 199


@pytest.mark.parametrize(
    ("duration_ms", "marks"),
    [
        (0, [0]),
        (100, [0, 20, 40, 60, 80, 100]),
        (99, [0, 20, 40, 60, 80]),
        (7, [0, 2, 4, 6]),
        (1234, [0, 500, 1000]),
        (0.003, [0, 0.001, 0.002, 0.003]),
        (61_000, [0, 20_000, 40_000, 60_000]),
    ],
)
def test_axis_is_marked_at_round_times(duration_ms, marks):
    found = ticks_of(duration_ms)
    assert [milliseconds for _, milliseconds in found] == pytest.approx(marks)
    assert all(percent == pytest.approx(ms / duration_ms * 100, abs=0.01) for percent, ms in found if duration_ms)


def test_failure_that_was_retried_is_not_what_the_trace_is_about(rows):
    found = rows(
        _span(1, kind=2, duration=100),
        _span(2, 1, at=0, duration=10, kind=3, status=2, message="reset"),
        _span(3, 1, at=20, duration=70, kind=3),
        resource=LAMBDA,
    )
    assert what_matters(found).kind == "call" or what_matters(found).kind == "own"
    assert (recovered(found).kind, recovered(found).index) == ("recovered", 1)


def test_failure_below_a_function_that_failed_is_what_the_trace_is_about(rows):
    found = rows(_span(1, kind=2, status=2), _span(2, 1, kind=3, status=2), resource=LAMBDA)
    assert (what_matters(found).kind, what_matters(found).index) == ("error", 1)
    assert recovered(found) is None


def test_spans_with_the_same_id_have_names_of_their_own(rows):
    found = rows(_span(1, duration=100), _span(2, 1, at=1), _span(2, 1, at=50))
    assert len({row.key for row in found}) == 3
    assert found[2].key == found[1].key + ".2"
