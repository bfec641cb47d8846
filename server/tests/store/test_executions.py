"""Halves of an execution, in whatever order and batches they come, make one invocation; rollups say the same as raw."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime

import pytest
from answers.asking import ask
from halves import MS, S, platform_line, report, span_half
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from mendline.aws.configuration import Thing
from mendline.aws.otlp import Place, Sighting, sightings_to_exports
from mendline.insight.functions import list_functions
from mendline.insight.invocations import find_invocation, list_invocations
from mendline.model.function import FunctionId
from mendline.model.timerange import parse_range

CHECKOUT = FunctionId("000000000000", "us-east-1", "checkout")
_numbers = itertools.count()


def _listed(store):
    found = list_invocations(store, CHECKOUT, parse_range("-2d", None, datetime.now(UTC)), limit=1000)
    _rollups_equal_raw(store, len(found), sum(item.error for item in found), sum(item.billed_ms for item in found))
    return found


def _rollups_equal_raw(store, invocations, errors, billed_ms):
    for table in ("function_minutes", "function_days"):
        sql = f"""SELECT sum(invocations), sum(errors), sum(total_billed_ms), arraySum(sumMap(durationMap.bucket,
            durationMap.count).2) FROM {table}"""
        assert store._rows(sql) == [(invocations, errors, billed_ms, invocations)], table


def test_report_completes_the_span_that_came_before(tell):
    start = time.time_ns() - 60 * S
    (found,) = _listed(tell([span_half(start)], [report(start)]))
    assert (found.id, found.span_id, found.duration_ms) == ("r1~1", (1).to_bytes(8, "big").hex(), 40)
    assert (found.billed_ms, found.init_ms, found.cold_start, found.reported) == (142, 100.25, True, True)
    assert (found.memory_size_bytes, found.memory_used_bytes) == (128 * 2**20, 77 * 2**20)


def test_report_alone_is_an_invocation(tell):
    start = time.time_ns() - 60 * S
    (found,) = _listed(tell([report(start)]))
    assert (found.id, found.span_id, found.trace_id, found.duration_ms) == ("r1~1", "", "", 41.5)
    assert found.function == CHECKOUT


def _timeout(start, request_id):
    failed = {"error.type": "Function.Timeout"}
    return (
        span_half(start, request_id=request_id, **{"mendline.unfinished": True, "mendline.timeout_ms": 3000}),
        report(start, duration=3000.0, request_id=request_id, **{"mendline.status": "timeout"}, **failed),
        platform_line("timeout", start + 3000 * MS, request_id=request_id, **{"mendline.timeout_ms": 3000}, **failed),
    )


def test_order_and_batches_do_not_matter(tell, store):
    start = time.time_ns() - 60 * S
    orders = dict(enumerate(itertools.permutations(range(3))))
    for turn in range(3):
        tell([_timeout(start, f"apart-{number}")[order[turn]] for number, order in orders.items()])
    tell([_timeout(start, f"together-{number}")[index] for number, order in orders.items() for index in order])
    told = set()
    for request_id in (f"{how}-{number}" for how in ("apart", "together") for number in orders):
        found = find_invocation(store, f"{request_id}~1")
        told.add((found.duration_ms, found.error, found.error_kind, found.error_type, found.billed_ms))
        told.add((found.unfinished, found.timeout_ms, found.memory_used_bytes, found.span_id))
    assert told == {
        (3000, True, "timeout", "Function.Timeout", 142),
        (False, 3000, 77 * 2**20, (1).to_bytes(8, "big").hex()),
    }
    assert len(_listed(store)) == 12


def test_retries_of_one_request_are_executions_of_their_own(tell, store):
    start = time.time_ns() - 600 * S
    starts = [start, start + 60 * S, start + 180 * S]
    halves = [
        half
        for number, began in enumerate(starts, 1)
        for half in (span_half(began, number=number, fails=number < 3, **{"mendline.trigger": "sns"}), report(began))
    ]
    for half in reversed(halves):
        tell([half])
    found = [find_invocation(store, f"r1~{number}") for number in (1, 2, 3)]
    assert [(item.attempt, item.error, item.recovered, item.final) for item in found] == [
        (1, True, True, False),
        (2, True, True, False),
        (3, False, False, False),
    ]
    assert [item.billed_ms for item in found] == [142] * 3
    assert len(_listed(store)) == 3


def test_third_failure_of_an_asynchronous_event_is_final(tell, store):
    start = time.time_ns() - 600 * S
    for number in (1, 2, 3):
        tell([span_half(start + number * 60 * S, number=number, fails=True, **{"mendline.trigger": "sns"})])
    assert [item.final for item in _listed(store)] == [True, False, False]


def test_third_failure_is_final_though_only_reports_tell_of_it(tell, store):
    start = time.time_ns() - 600 * S
    for number in (0, 1, 2):
        tell([report(start + number * 90 * S, instance=f"i{number}", **{"mendline.status": "error"})])
    assert [(item.attempt, item.final) for item in _listed(store)] == [(3, True), (2, False), (1, False)]


QUEUE, STREAM = "arn:aws:sqs:us-east-1:000000000000:orders", "arn:aws:kinesis:us-east-1:000000000000:stream/clicks"


SAID = [
    ({"mendline.trigger": "sqs", "mendline.trigger.source": QUEUE, "mendline.attempt": 3}, True),
    ({"mendline.trigger": "sqs", "mendline.trigger.source": QUEUE, "mendline.attempt": 2}, False),
    ({"mendline.trigger": "sqs", "mendline.trigger.source": QUEUE + "-other", "mendline.attempt": 3}, None),
    ({"faas.trigger": "pubsub", "messaging.system": "aws_sqs", "messaging.destination.name": "orders",
      "mendline.attempt": 3}, True),
    ({"mendline.trigger": "kinesis", "mendline.trigger.source": STREAM, "mendline.attempt": 2}, True),
    ({"mendline.trigger": "sns"}, True),
    ({"faas.trigger": "timer"}, True),
    ({"faas.trigger": "http"}, True),
]  # fmt: skip


def test_configuration_that_was_read_says_whether_a_failure_is_final(tell, store):
    function = {
        "async": {"$LATEST": {"max_retries": 0, "max_age_s": None}},
        "event_sources": [{"source": STREAM, "max_retries": 1, "max_record_age_s": -1}],
    }
    seen = [
        Sighting("mendline.configuration", thing, time.time_ns() - 3600 * S, time.time_ns() - 3600 * S)
        for thing in (Thing("lambda", "checkout", function), Thing("sqs", "orders", {"max_receives": 3}))
    ]
    told = sightings_to_exports(Place("000000000000", "us-east-1"), seen)
    tell([(export.signal, export.body) for export in told])
    start = time.time_ns() - 600 * S
    tell(
        [
            span_half(start + number * 30 * S, number=number, request_id=f"r{number}", fails=True, **attributes)
            for number, (attributes, _) in enumerate(SAID, 1)
        ]
    )
    listed = {item.id: item.final for item in _listed(store)}
    for number, (attributes, final) in enumerate(SAID, 1):
        assert listed[f"r{number}~1"] is final, attributes
        assert find_invocation(store, f"r{number}").final is final, attributes
    assert ask(store, None, "final | count()").rows == ((sum(bool(final) for _, final in SAID),),)


SPLIT, AGED = "arn:aws:kinesis:us-east-1:000000000000:stream/split", "arn:aws:dynamodb:us-east-1:0:table/aged/stream/1"
ODD = {"async": "odd", "aliases": ["odd"], "event_sources": [7, {"source": 7, "max_retries": "odd"}]}


def test_queries_say_of_every_failure_what_its_page_says(tell, store):
    configured = {"$LATEST": {"max_retries": 1, "max_age_s": 90}, "live": {"max_retries": 0}, "7": {"max_retries": 2}}
    function = {
        "async": configured,
        "aliases": {"live": {"version": "3"}},
        "event_sources": [
            {"source": STREAM, "max_retries": 1},
            {"source": SPLIT, "max_retries": 1, "bisect": True},
            {"source": AGED, "max_retries": -1, "max_record_age_s": 60},
        ],
    }
    things = (
        Thing("lambda", "checkout", function),
        Thing("lambda", "odd", ODD),
        Thing("sqs", "orders", {"max_receives": 3}),
    )
    at = time.time_ns() - 3600 * S
    seen = [Sighting("mendline.configuration", thing, at, at) for thing in things]
    tell([(export.signal, export.body) for export in sightings_to_exports(Place("000000000000", "us-east-1"), seen)])
    start, numbers, halves = time.time_ns() - 1800 * S, itertools.count(1), []
    ways = [{"mendline.trigger": way} for way in ("sns", "http", "sqs", "odd")]
    ways += [{"mendline.trigger": "sqs", "mendline.trigger.source": source} for source in (QUEUE, "orders", "other")]
    ways += [
        {"mendline.trigger": trigger, "mendline.trigger.source": source}
        for trigger, source in (("kinesis", STREAM), ("kinesis", "clicks"), ("kinesis", SPLIT), ("dynamodb", "aged"))
    ]
    for way in ways:
        for attempt in (1, 2, 3, 4):
            number = next(numbers)
            known = {"mendline.attempt": attempt, **way}
            halves.append(span_half(start + number * S, number=number, request_id=f"t{number}", fails=True, **known))
    for version, trigger, pause_s in itertools.product(("$LATEST", "3", "7", "8", ""), ("sns", "", "kinesis"), (1, 61)):
        request, first = f"again {version} {trigger} {pause_s}", start + next(numbers) * S
        for tried in range(3):
            way = {"mendline.trigger": trigger, "version": version, "fails": True}
            began = first + tried * pause_s * S
            halves.append(span_half(began, number=next(numbers), request_id=request, **way))
    tell(halves)
    listed = list_invocations(store, CHECKOUT, parse_range("-2d", None, datetime.now(UTC)), limit=1000)
    final = {item.span_id for item in listed if item.final}
    asked = ask(store, None, "final | count() by span_id")
    assert {row[0] for row in asked.rows} == final
    assert 10 < len(final) < len(listed) - 10


def test_redelivered_message_is_an_attempt_at_the_same_event(tell, store):
    start = time.time_ns() - 600 * S
    first = {"mendline.trigger": "sqs", "mendline.links.in": ["sqs:a", "sqs:b"]}
    tell([span_half(start, number=1, request_id="one", fails=True, **first)])
    tell([span_half(start + 30 * S, number=2, request_id="two", **{**first, "mendline.links.in": ["sqs:a"]})])
    assert find_invocation(store, "one").recovered is False  # b is still lost
    tell([span_half(start + 40 * S, number=3, request_id="three", **{**first, "mendline.links.in": ["sqs:b"]})])
    found = {item.id: (item.attempt, item.recovered, item.final) for item in _listed(store)}
    assert found == {"one~1": (1, True, False), "two~1": (2, False, False), "three~1": (2, False, False)}


@pytest.mark.parametrize("span_instance", ["", "i1"])
@pytest.mark.parametrize("report_instance", ["", "i1"])
def test_halves_join_without_a_log_stream_on_one_of_them(tell, span_instance, report_instance):
    start = time.time_ns() - 60 * S
    halves = [report(start, instance=report_instance)], [span_half(start, instance=span_instance)]
    (found,) = _listed(tell(*halves))
    assert found.instance == (span_instance or report_instance)


def test_one_request_on_two_instances_at_once_is_two_executions(tell):
    start = time.time_ns() - 60 * S
    halves = [
        half
        for name in "ab"
        for half in (span_half(start, instance=name, number=ord(name)), report(start, instance=name))
    ]
    assert {item.instance for item in _listed(tell(*([half] for half in halves)))} == {"a", "b"}


def test_execution_across_midnight_is_one(tell, store):
    midnight = (time.time_ns() // (86400 * S)) * 86400 * S
    start = midnight - 10 * S
    (found,) = _listed(tell([report(start, duration=20_000.0)], [span_half(start, duration=20 * S)]))
    assert (found.duration_ms, found.billed_ms) == (20_000, 142)


def test_execution_that_was_sampled_stands_for_others_until_the_platform_tells_of_each(tell, store):
    start, sampled = time.time_ns() - 60 * S, {"trace_state": "ot=th:c"}  # a share of 1 in 4
    tell([span_half(start, fails=True, **sampled), span_half(start + S, number=2, request_id="r2", duration=80 * MS)])
    tell([span_half(start + S, number=3, request_id="r3", scope="mendline_agent", **sampled)])
    asked = "| count(), count(error), ratio(error), sum(duration), avg(duration), p50(duration) by function"
    sums = "SELECT sum(invocations), sum(errors), arraySum(sumMap(durationMap.bucket, durationMap.count).2) FROM "
    assert ask(store, None, asked).rows == (("checkout", 6, 4, 4 / 6 * 100, 280, 280 / 6, 40),)
    assert ask(store, None, "functions | sum(invocations), max(errors)").rows == ((6, 4),)
    assert store._rows(f"{sums} function_minutes") == [(6, 4, 6)]
    tell([report(start)])
    assert ask(store, None, "| count(), count(error)").rows == ((3, 1),)
    assert store._rows(f"{sums} function_minutes") == [(3, 1, 3)]


def test_same_half_told_twice_counts_once(tell):
    start = time.time_ns() - 60 * S
    (found,) = _listed(tell([report(start)], [report(start), span_half(start)], [span_half(start)]))
    assert found.billed_ms == 142


def test_repeat_of_a_batch_changes_nothing(tell):
    start = time.time_ns() - 60 * S
    assert len(_listed(tell([span_half(start)], [report(start)], times=3))) == 1


@pytest.mark.parametrize("value", ["nan", "-1", "1e400", "18446744073709551615", "x", ""])
def test_senseless_values_of_a_report_stop_nothing(tell, value):
    start = time.time_ns() - 60 * S
    names = ("duration_ms", "billed_ms", "init_ms", "restore_ms", "memory.size_bytes", "memory.used_bytes")
    half = platform_line("report", start, **{f"mendline.{name}": value for name in names})
    (found,) = _listed(tell([half], [span_half(start, duration=2**63)]))
    assert (found.billed_ms, found.init_ms) == (0, 0)


_ATTEMPTS = st.lists(st.sampled_from(["span", "early", "report", "timeout"]), min_size=1, max_size=4)
_REQUESTS = st.lists(st.lists(_ATTEMPTS, min_size=1, max_size=3), min_size=3, max_size=6)


@pytest.mark.thorough
@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(requests=_REQUESTS, data=st.data())
def test_any_order_in_any_batches_tells_the_same(tell, store, requests, data):
    start, turn = time.time_ns() - 900 * S, next(_numbers)
    batches, at_once, names = [], [], []
    for number, attempts in enumerate(requests):
        halves = [(kind, start + tried * 60 * S, tried + 1) for tried, kinds in enumerate(attempts) for kind in kinds]
        shuffled = data.draw(st.permutations(halves))
        borders = sorted(data.draw(st.sets(st.integers(1, len(halves)), max_size=4)) | {0, len(halves)})
        names.append((f"parts-{turn}-{number}", f"once-{turn}-{number}"))
        batches.append([[_half(names[-1][0], *half) for half in shuffled[a:b]] for a, b in itertools.pairwise(borders)])
        at_once += [_half(names[-1][1], *half) for half in halves]
    in_parts = ([half for part in parts for half in part] for parts in itertools.zip_longest(*batches, fillvalue=[]))
    tell(*in_parts, times=data.draw(st.integers(1, 3)))
    tell(at_once)
    for attempts, (apart, whole) in zip(requests, names, strict=True):
        told = _told(store, apart)
        assert told == _told(store, whole)
        assert len(told) == len(attempts)
    _listed(store)


def _half(request_id, kind, start, number):
    early, report, timeout = _timeout(start, request_id)
    finished = span_half(start, request_id=request_id, number=number, duration=2900 * MS)
    return {"span": finished, "early": early, "report": report, "timeout": timeout}[kind]


def _told(store, request_id):
    rows = store.select("invocation_executions", {"id": request_id, "by_span": False})
    for row in rows:
        del row["request_id"], row["attempts"]
    return rows


def test_slow_function_is_seen_through_the_list_of_functions(tell, store):
    start = time.time_ns() - 60 * S
    tell([span_half(start, fails=True)], [report(start)])
    (found,) = list_functions(store, parse_range("-1h", None, datetime.now(UTC)))
    assert (found.invocations, found.errors, found.cold_starts, found.memory_used_bytes) == (1, 1, 1, 77 * 2**20)


def _start_line(start, **more):
    """platform.start of the JSON log format, with the trace of X-Ray, as the readers tell it."""
    signal, body = platform_line("start", start, **more)
    message = ExportLogsServiceRequest.FromString(body)
    message.resource_logs[0].scope_logs[0].log_records[0].trace_id = b"x" * 16
    return signal, message.SerializeToString()


def test_trace_that_only_the_start_line_tells_reaches_the_invocation_in_any_order(tell, store):
    start = time.time_ns() - 60 * S
    orders = {f"r{order}": order for order in itertools.permutations(range(3))}
    halves = {
        name: (
            _start_line(start, request_id=name),
            report(start, request_id=name),
            platform_line("exit", start + 41 * MS, request_id=name),
        )
        for name in orders
    }
    for turn in range(3):
        tell([halves[name][order[turn]] for name, order in orders.items()])
        if turn == 0:  # that it has begun is not enough
            assert {item.id for item in _listed(store)} == {f"{name}~1" for name in orders if orders[name][0] != 0}
    found = _listed(store)
    assert {item.id for item in found} == {f"{name}~1" for name in orders}
    assert {(item.trace_id, item.billed_ms, item.duration_ms, item.error) for item in found} == {
        ((b"x" * 16).hex(), 142, 41.5, True)
    }


def test_execution_that_has_begun_stays_unfinished_where_only_a_notice_tells_more(tell, store):
    start = time.time_ns() - 60 * S
    tell([_start_line(start)], [span_half(start, **{"mendline.unfinished": True})])
    (found,) = _listed(store)
    assert (found.unfinished, found.trace_id) == (True, (1).to_bytes(16, "big").hex())
