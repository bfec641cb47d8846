"""Errors that are the same but for ids and line numbers are one, with a kind; what has no kind is listed."""

from __future__ import annotations

import itertools
import time

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from otlp_requests import LAMBDA, pairs

from mendline.errors import NotFoundError
from mendline.insight.errors import count_unclassified, error_samples, find_error, list_errors
from mendline.insight.functions import list_functions
from mendline.insight.invocations import list_invocations
from mendline.model.signal import Signal
from mendline.model.timerange import parse_range
from mendline.store import Payload

_numbers = itertools.count(1)


def _failed(type_, message, stack="", **more):
    number = next(_numbers)
    told = {"exception.type": type_, "exception.message": message, "exception.stacktrace": stack}
    return {
        "trace_id": number.to_bytes(16, "big"), "span_id": number.to_bytes(8, "big"), "kind": 2, "status": 2,
        "start": time.time_ns() - 10**9, "events": [("exception", told)],
        "attributes": {"faas.invocation_id": f"r-{number}"}, **more,
    }  # fmt: skip


@pytest.fixture
def errors(store, send_spans, now):
    def listed(*spans, **options):
        if spans:
            send_spans(*spans, resource=LAMBDA)
        return list_errors(store, parse_range("-1h", None, now), **options)

    return listed


_STACK = 'Traceback (most recent call last):\n  File "shop.py", line {line}, in handler\n{type}: {message}'


@pytest.mark.parametrize(
    ("one", "other", "groups"),
    [
        (("E", "order 17 failed", ""), ("E", "order 18 failed", ""), 1),
        (("E", "no 'apple' left", ""), ("E", "no 'pear' left", ""), 1),
        (("E", "id 3f2a-99b1 gone", ""), ("E", "id 77aa-01cd gone", ""), 1),
        (("E", "order failed", ""), ("E", "payment failed", ""), 2),
        (("E", "same", ""), ("F", "same", ""), 2),
        (("E", "a 1", _STACK.format(line=7, type="E", message="a 1")),
         ("E", "other words", _STACK.format(line=9, type="E", message="other words")), 1),
        (("E", "a", 'File "shop.py", line 7'), ("E", "a", 'File "till.py", line 7'), 2),
    ],
)  # fmt: skip
def test_errors_are_one_when_only_noise_differs(errors, one, other, groups):
    found = errors(_failed(*one), _failed(*other))
    assert len(found) == groups
    assert sum(group.count for group in found) == 2


def test_group_tells_what_it_is(errors):
    first, second = _failed("botocore.exceptions.ReadTimeoutError", "1 s"), _failed("ReadTimeoutError", "gone")
    second["attributes"]["error.type"] = "botocore.exceptions.ReadTimeoutError"
    second["events"][0][1]["exception.message"] = "2 s"
    (group,) = errors(first, second)
    assert (group.kind, group.count, group.invocations, group.functions) == ("timeout", 2, 2, ("checkout",))
    assert group.type == "botocore.exceptions.ReadTimeoutError"
    assert len(group.trace_id) == 32


def test_span_without_an_error_is_none(errors):
    assert errors({"kind": 2, "start": time.time_ns() - 10**9}) == ()


def test_error_of_unknown_kind_is_listed_and_counted_as_such(errors, store):
    errors(_failed("ThrottlingException", "slow down"), _failed("OddThingHappened", "nobody knows"))
    assert {group.type for group in errors()} == {"ThrottlingException", "OddThingHappened"}
    assert [(group.type, group.kind) for group in errors(unclassified=True)] == [("OddThingHappened", "")]
    assert count_unclassified(store) == 1


def test_invocation_has_the_kind_of_its_error(store, errors, now):
    errors(_failed("ThrottlingException", "Rate exceeded"))
    time_range = parse_range("-1h", None, now)
    (function,) = list_functions(store, time_range)
    (invocation,) = list_invocations(store, function.id, time_range)
    assert (invocation.error_type, invocation.error_kind) == ("ThrottlingException", "throttled")


def test_log_record_with_an_exception_is_an_error_and_one_without_is_not(store, errors):
    message = ExportLogsServiceRequest()
    group = message.resource_logs.add()
    group.resource.attributes.extend(pairs(LAMBDA))
    scope = group.scope_logs.add()
    told = {"exception.type": "KeyError", "exception.message": "'sku'", "faas.invocation_id": "r-1"}
    scope.log_records.add(time_unix_nano=time.time_ns() - 10**9).attributes.extend(pairs(told))
    scope.log_records.add(time_unix_nano=time.time_ns() - 10**9, severity_number=17)
    store.insert(Signal.LOGS, [Payload(message.SerializeToString(), 0, time.time_ns())], "logs")
    (found,) = errors()
    assert (found.type, found.message, found.functions, found.trace_id) == ("KeyError", "'sku'", ("checkout",), "")


def test_function_filter_leaves_its_own(errors, send_spans):
    send_spans(_failed("E", "x"), resource={**LAMBDA, "faas.name": "other"})
    assert [group.functions for group in errors(_failed("E", "x"), function="other")] == [("other",)]


def _logged(span, type_, message="gone", **told):
    """A log record of the same execution that tells of an exception."""
    message_ = ExportLogsServiceRequest()
    group = message_.resource_logs.add()
    group.resource.attributes.extend(pairs(LAMBDA))
    trace = told.pop("trace", b"")
    record = group.scope_logs.add().log_records.add(time_unix_nano=span["start"], severity_number=17, trace_id=trace)
    told |= {"exception.type": type_, "exception.message": message, "faas.invocation_id": "", **span["attributes"]}
    record.attributes.extend(pairs(told))
    return Signal.LOGS, message_.SerializeToString()


def test_exception_that_span_and_log_tell_of_is_told_once(errors, tell, store, now):
    span = _failed("shop.CardDeclined", "gone")
    tell([_logged(span, "CardDeclined"), _logged(span, "LookupError"), _logged(_failed("x", "y"), "CardDeclined")])
    found = errors(span)
    assert sorted((group.type, group.count) for group in found) == [
        ("CardDeclined", 1), ("LookupError", 1), ("shop.CardDeclined", 1),
    ]  # fmt: skip
    samples = error_samples(store, found[0].fingerprint, parse_range("-1h", None, now))
    assert [sample.function for sample in samples] == ["checkout"]


def test_call_that_failed_is_told_once_where_its_invocation_raised_the_same(errors):
    invocation = _failed("urllib3.ReadTimeoutError", "timed out", _STACK.format(line=7, type="E", message="a"))
    handled = _failed("urllib3.ReadTimeoutError", "timed out")
    calls = []
    for number, (caller, name) in enumerate(((invocation, "ReadTimeoutError"), (invocation, "503"), (handled, "503"))):
        told = {"attributes": {"error.type": name}, "events": [], "kind": 3, "span_id": b"call-%03d" % number}
        calls.append({**caller, **told, "message": f"HTTP {name}"})
    found = errors(invocation, *calls)
    assert sorted((group.type, group.count) for group in found) == [("503", 2), ("urllib3.ReadTimeoutError", 1)]
    assert [group.count for group in errors(handled) if not group.stack] == [2, 1]


def test_refused_call_that_was_logged_and_a_timeout_are_told_once_whoever_tells_of_them(errors, tell):
    told = "An error occurred (AccessDeniedException) when calling the PutItem operation: no"
    of, stopped = _failed("x", "y"), _failed("timeout", "about to reach its limit")
    call = {**of, "kind": 3, "events": [], "message": told, "attributes": {"error.type": "AccessDeniedException"}}
    stack = {"exception.stacktrace": "at x"}
    tell([_logged(of, "ClientError", told, trace=of["trace_id"], **stack)])
    tell([_logged(of, "ClientError", told, **stack)])  # as CloudWatch gives it
    assert [(group.type, group.count) for group in errors(call)] == [("ClientError", 1)]
    tell([_logged(stopped, "Function.Timeout"), _logged(stopped, "Sandbox.Timedout", "Task timed out")])
    assert {group.type: group.count for group in errors(stopped)} == {"timeout": 1, "ClientError": 1}


def test_error_is_found_by_its_fingerprint_with_when_it_began(errors, store, now):
    early = _failed("E", "one")
    early["start"] -= 2 * 3600 * 10**9
    (group,) = errors(early, _failed("E", "one"), _failed("E", "one"))
    hour, minute = parse_range("-1h", None, now), parse_range("-150m", "-140m", now)
    assert (group.count, group.is_new, sum(group.trend)) == (2, False, 2)
    assert find_error(store, group.fingerprint.upper(), hour) == group
    with pytest.raises(NotFoundError, match="longer range"):
        find_error(store, group.fingerprint, minute)
    for unknown in ("0" * 16, "x", "0" * 15, "'"):
        with pytest.raises(NotFoundError):
            find_error(store, unknown, hour)
