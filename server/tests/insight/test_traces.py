"""A trace is shown as a tree, whatever state its spans are in."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from answers.asking import ask
from otlp_requests import LAMBDA

from mendline.errors import NotFoundError
from mendline.insight import trace_lists
from mendline.insight.trace_lists import list_traces
from mendline.insight.traces import get_trace
from mendline.model.timerange import parse_range

TRACE = (b"t" * 16).hex()


def _span(number, parent=None, *, at=0, duration=10, **more):
    """A span `at` ms after a minute ago, `duration` ms long."""
    return {
        "span_id": bytes([number] * 8),
        "parent_id": bytes([parent] * 8) if parent else b"",
        "name": f"span {number}",
        "start": _BASE + at * 10**6,
        "duration": duration * 10**6,
        **more,
    }


_BASE = time.time_ns() - 60 * 10**9


def _shape(trace):
    return [(span.name, span.depth) for span in trace.spans]


def test_children_follow_their_parent_in_time(store, send_spans):
    send_spans(_span(1, duration=100), _span(3, 1, at=50), _span(2, 1, at=10), _span(4, 2, at=12, duration=2))
    trace = get_trace(store, TRACE)
    assert _shape(trace) == [("span 1", 0), ("span 2", 1), ("span 4", 2), ("span 3", 1)]
    assert trace.spans[0].self_ms == 80
    assert trace.duration_ms == 100


def test_trace_of_many_hours_and_days_is_whole(store, send_spans):
    hour = 3600 * 1000
    send_spans(_span(1, at=-50 * hour), _span(2, 1, at=-26 * hour), _span(3, 2, at=-3 * hour))
    send_spans(_span(4, 3), {**_span(9, at=-80 * hour), "trace_id": b"o" * 16})
    assert [name for name, _ in _shape(get_trace(store, TRACE))] == ["span 1", "span 2", "span 3", "span 4"]


def test_span_whose_parent_is_missing_is_an_orphan_root_unless_it_is_the_entry(store, send_spans):
    send_spans(_span(2, 1), _span(4, 3, at=5))
    entry, span = get_trace(store, TRACE).spans
    assert (entry.orphan, entry.depth) == (False, 0)
    assert (span.orphan, span.depth) == (True, 0)


def test_cycle_is_shown_once_and_ends(store, send_spans):
    send_spans(_span(1, 2), _span(2, 1, at=1), _span(3, 3, at=2))
    assert sorted(name for name, _ in _shape(get_trace(store, TRACE))) == ["span 1", "span 2", "span 3"]


def test_span_id_sent_twice_keeps_both_and_ends(store, send_spans):
    send_spans(_span(1), _span(1, at=1), _span(2, 1, at=2))
    assert len(get_trace(store, TRACE).spans) == 3


def test_span_that_was_sent_again_with_others_is_shown_once(store, send_spans):
    start = time.time_ns()
    again = [{"span_id": bytes([n] * 8), "start": start, "duration": n} for n in (1, 2, 3)]
    send_spans(*again[:2])
    send_spans(*again)
    assert len(get_trace(store, (b"t" * 16).hex()).spans) == 3


def test_span_told_before_its_end_gives_way_to_the_same_with_its_end(store, send_spans):
    early = {"mendline.unfinished": True}
    call = {"span_id": b"c" * 8, "parent_id": b"s" * 8, "kind": 3}
    send_spans(
        {"kind": 2, "attributes": early}, call | {"attributes": early}, {"span_id": b"l" * 8, "attributes": early}
    )
    assert len(get_trace(store, (b"t" * 16).hex()).spans) == 3
    send_spans({"kind": 2, "name": "whole"}, call | {"name": "whole"})
    spans = {span.span_id: span for span in get_trace(store, (b"t" * 16).hex()).spans}
    assert [spans[(mark * 8).hex()].name for mark in (b"s", b"c", b"l")] == ["whole", "whole", "work"]
    assert len(spans) == 3


def test_trace_of_too_many_spans_says_how_many_are_not_shown(store, send_spans, monkeypatch):
    early = {"attributes": {"mendline.unfinished": True}}
    send_spans(_span(1), _span(2, at=1, **early), _span(3, at=2, **early), _span(4, at=3), _span(5, at=4))
    send_spans(_span(1), _span(2, at=1), _span(5, at=4, **early))
    monkeypatch.setattr("mendline.insight.traces.MOST_SPANS", 3)
    trace = get_trace(store, TRACE)
    assert (_shape(trace), trace.truncated) == ([("span 1", 0), ("span 2", 0)], 3)


def test_call_told_before_its_end_counts_once_when_it_has_ended_and_also_when_it_never_does(store, send_spans, now):
    start, early = time.time_ns(), {"mendline.unfinished": True}
    resource = {"mendline.resource.type": "dynamodb", "mendline.resource.name": "orders"}
    calls = [
        {"span_id": mark * 8, "kind": 3, "start": start, "duration": n, "attributes": resource}
        for n, mark in enumerate((b"e", b"n"), 1)
    ]
    told = [call | {"attributes": {**resource, **early}} for call in calls]
    send_spans({"kind": 2, "start": start}, *told)
    assert _counted(store, now) == (2, 2, 3, 3)
    send_spans(calls[0] | {"duration": 50, "status": 2})
    send_spans({"trace_id": b"o" * 16, "span_id": b"o" * 8, "kind": 3, "start": start + 5, "attributes": resource})
    assert _counted(store, now) == (3, 3, 3, 3)


def _counted(store, now):
    """Calls, as the view and as a query tell them; spans of the trace of most, as the list and as a query tell them."""
    (view,) = store._rows("SELECT count() FROM operations")
    listed = max(trace.spans for trace in list_traces(store, parse_range("-1h", None, datetime.now(UTC))))
    (calls,), (spans,) = (ask(store, now, f"{text}").rows for text in ("operations | count()", "traces | max(spans)"))
    return view[0], calls[0], listed, spans[0]


def test_deep_chain_does_not_exhaust_the_stack(store, send_spans):
    ids = [n.to_bytes(8, "big") for n in range(1, 3001)]
    send_spans(
        *[{"span_id": own, "parent_id": parent, "start": _BASE} for own, parent in zip(ids, [b"", *ids], strict=False)]
    )
    assert max(span.depth for span in get_trace(store, TRACE).spans) == 2999


def test_batch_consumer_and_its_senders_know_each_other(store, send_spans):
    send_spans(
        {"trace_id": b"b" * 16, "span_id": b"c" * 8, "links": [(b"t" * 16, b"s" * 8)]},
        {"trace_id": b"t" * 16},
    )
    assert get_trace(store, TRACE).continued_in == ((b"b" * 16).hex(),)
    assert get_trace(store, (b"b" * 16).hex()).part_of == (TRACE,)


def test_operations_name_their_resource_and_invocations_their_function(store, send_spans):
    put = {
        "rpc.system": "aws-api",
        "db.system": "dynamodb",
        "aws.dynamodb.table_names": ["orders"],
        "rpc.method": "PutItem",
    }
    send_spans(
        _span(1, kind=2, attributes={"faas.invocation_id": "r"}),
        _span(2, 1, at=1, kind=3, attributes=put),
        resource=LAMBDA,
    )
    invocation, operation = get_trace(store, TRACE).spans
    assert (invocation.invocation, invocation.function) == (True, "checkout")
    assert (operation.resource_type, operation.resource_name, operation.operation) == (
        "dynamodb",
        "orders",
        "PutItem",
    )


def test_http_entry_is_named_by_method_and_route(store, send_spans, now):
    http = {"http.request.method": "POST", "http.route": "/orders", "url.path": "/orders"}
    send_spans(_span(1, 9, kind=2, attributes=http))
    assert [item.entry for item in list_traces(store, parse_range("-1h", None, now))] == ["POST /orders"]


@pytest.mark.parametrize("unknown", ["", "x", "0" * 32, "g" * 32, "t" * 31, "' OR 1"])
def test_unknown_trace_is_not_found(store, unknown):
    with pytest.raises(NotFoundError):
        get_trace(store, unknown)


def test_newest_traces_of_a_long_range_are_looked_for_in_its_last_hours_and_none_that_began_before(
    store, send_spans, now, monkeypatch
):
    hour = 3600 * 10**9
    end = int(now.timestamp()) * 10**9
    begun = {b"a": 9 * hour, b"b": 5 * hour, b"c": 60 * 10**9, b"d": 30 * 10**9}
    send_spans(*({"trace_id": it * 16, "name": it.decode(), "start": end - ago} for it, ago in begun.items()))
    send_spans(
        {"trace_id": b"b" * 16, "span_id": b"later678", "name": "later", "start": end - 10**10, "status": 2}
    )  # of five hours ago
    listed = [it.entry for it in list_traces(store, parse_range("-10h", None, now), limit=2)]
    assert listed == ["d", "c"]
    assert [it.entry for it in list_traces(store, parse_range("-10h", None, now), limit=2, offset=1)] == ["c", "b"]
    assert [it.entry for it in list_traces(store, parse_range("-10h", None, now))] == ["d", "c", "b", "a"]
    assert [it.entry for it in list_traces(store, parse_range("-10h", None, now), only_errors=True)] == ["b"]
    with monkeypatch.context() as few:
        few.setattr(trace_lists, "_SPARE", 0)
        assert [it.entry for it in list_traces(store, parse_range("-10h", None, now), limit=3)] == ["d", "c", "b"]
    parts = [*trace_lists._parts(parse_range("-100h", None, now))]
    assert [it.start for it in parts[:-1]] == [it.end for it in parts[1:]]  # nothing is read twice
    assert (parts[-1].start, parts[0].end) == (now - timedelta(hours=100), now)


def test_list_names_entry_services_and_errors(store, send_spans, now):
    send_spans(_span(1, duration=100), resource={"service.name": "front"})
    send_spans(_span(2, 1, at=1, status=2), resource={"service.name": "back"})
    send_spans({"trace_id": b"u" * 16, "name": "other", "start": _BASE + 10**9, "duration": 10**6})
    newest, older = list_traces(store, parse_range("-1h", None, now))
    assert newest.entry == "other"
    assert (older.entry, older.service, older.services, older.spans, older.errors) == (
        "span 1",
        "front",
        2,
        2,
        1,
    )
    assert [item.entry for item in list_traces(store, parse_range("-1h", None, now), only_errors=True)] == ["span 1"]
    assert [item.entry for item in list_traces(store, parse_range("-1h", None, now), service="back")] == ["span 1"]
    assert list_traces(store, parse_range("-1h", None, now), sort="duration")[0].duration_ms == 100


def _call(number, **more):
    """One try of a call, some ms after the one before."""
    attributes = {"http.request.method": "GET", "server.address": "api.example.com", **more.pop("attributes", {})}
    return {"span_id": number.to_bytes(8, "big"), "parent_id": b"p" * 8, "kind": 3, "name": "GET",
            "start": START + number * 10**7, "duration": 10**6, "attributes": attributes, **more}  # fmt: skip


START = time.time_ns() - 60 * 10**9
FAILS = {"status": 2}


def _resend(count):
    return {"attributes": {"http.request.resend_count": count}}


@pytest.mark.parametrize(
    ("calls", "attempts"),
    [
        # one span for each try: the first two failed, the third did not
        ([_call(1, **FAILS), _call(2, **_resend(1), **FAILS), _call(3, **_resend(2))],
         [(1, True, False), (2, True, False), (3, False, False)]),
        ([_call(1, **FAILS), _call(2, **_resend(1), **FAILS)], [(1, False, False), (2, False, True)]),
        # two calls at once, each tried twice; what had not ended was not tried again
        ([_call(1, **FAILS), _call(2, duration=10**8, **FAILS), _call(3, **_resend(1))],
         [(1, True, False), (1, False, None), (2, False, False)]),
        # another call between
        ([_call(1, **FAILS), _call(2, name="POST"), _call(3, **_resend(1))],
         [(1, True, False), (1, False, False), (2, False, False)]),
        # a redirect is sent again too, and nothing failed
        ([_call(1), _call(2, **_resend(1))], [(1, False, False), (2, False, False)]),
        # one span for all tries
        ([_call(1, attributes={"mendline.retries": 2})], [(3, True, False)]),
        ([_call(1, attributes={"mendline.retries": 2}, **FAILS)], [(3, False, True)]),
        ([_call(1, **FAILS)], [(1, False, None)]),
        ([_call(1, attributes={"mendline.retries": "many"})], [(1, False, False)]),
    ],
)  # fmt: skip
def test_call_that_was_tried_again_knows_its_attempts(store, send_spans, calls, attempts):
    send_spans({"span_id": b"p" * 8, "start": START, "duration": 10**9}, *calls, resource={"service.name": "s"})
    trace = get_trace(store, (b"t" * 16).hex())
    found = {span.span_id: (span.attempt, span.recovered, span.final) for span in trace.spans}
    assert [found[call["span_id"].hex()] for call in calls] == attempts
    assert trace.errors == sum(call.get("status") == 2 for call in calls) - sum(
        recovered for call, (_, recovered, _) in zip(calls, attempts, strict=True) if call.get("status") == 2
    )
    last_hour = parse_range("-1h", None, datetime.now(UTC))
    assert [listed.errors for listed in list_traces(store, last_hour)] == [trace.errors]
    assert len(list_traces(store, last_hour, only_errors=True)) == (1 if trace.errors else 0)


def test_operations_carry_attempts(store, send_spans):
    send_spans(
        _call(1, **FAILS), _call(2, **_resend(1)), _call(3, attributes={"mendline.retries": 2}),
        resource={"service.name": "s"},
    )  # fmt: skip
    rows = store._rows("SELECT attempt, recovered FROM operations ORDER BY start")
    assert rows == [(1, False), (2, False), (3, True)]
