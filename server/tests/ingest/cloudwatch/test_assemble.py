"""Events of a log stream put together: each line given to its invocation, stack traces joined, nothing lost."""

from __future__ import annotations

import gzip
import json

import pytest
from aws_payloads import attributes_of, log_records, message_of
from hypothesis import given, settings
from hypothesis import strategies as st

from mendline.ingest.cloudwatch.convert import from_events, from_subscription

A = "3f8b0c1e-5a52-4d3c-9f5e-0a1b2c3d4e5f"
B = "9d1f3a2b-0000-4d3c-9f5e-ffffffffffff"


def _records(*texts, **about):
    return log_records(from_subscription(gzip.compress(message_of(*texts, **about)), region="eu-west-1"))


def _ids(*texts):
    return [attributes_of(record).get("faas.invocation_id") for record in _records(*texts)]


def _bodies(*texts):
    return [record.body.string_value for record in _records(*texts)]


@pytest.mark.parametrize(
    ("texts", "ids"),
    [
        (
            ["before", f"START RequestId: {A} Version: 1", "print", f"END RequestId: {A}", "after"],
            [None, A, A, A, None],
        ),
        ([f"START RequestId: {A}", "print", f"REPORT RequestId: {A}\tDuration: 1 ms", "after"], [A, A, A, None]),
        (["of A", f"END RequestId: {A}", "between", f"REPORT RequestId: {A}", "x"], [A, A, None, A, None]),
        (["INIT_START Runtime Version: x", "import", f"START RequestId: {A}", "print"], [None, None, A, A]),
        (
            [f"START RequestId: {A}", f"START RequestId: {B}", "whose?", f"END RequestId: {A}", "B's"],
            [A, B, None, A, B],
        ),
        ([f"START RequestId: {A}", f"[INFO]\t2026-11-23T06:10:02.090Z\t{B}\tx"], [A, B]),
        ([f"START RequestId: {A}", json.dumps({"message": "x", "requestId": B})], [A, A]),
        ([f"START RequestId: {A}", f"START RequestId: {B}", json.dumps({"message": "x", "requestId": B})], [A, B, B]),
        ([json.dumps({"level": "INFO", "message": "x", "requestId": B})], [B]),
        ([f"START RequestId: {A}", "Runtime exited with error: exit status 1"], [A, A]),
        ([f"2026-11-23T06:10:05.090Z {A} Task timed out after 3.00 seconds"], [A]),
    ],
)
def test_lines_without_an_id_get_it_from_what_stands_around_them(texts, ids):
    assert _ids(*texts) == ids


JAVA = [
    "2026-11-23 06:10:02 ERROR failed",
    "java.lang.IllegalStateException: boom",
    "\tat a.B.c(B.java:3)",
    "\t... 12 more",
]
PYTHON = [
    "Traceback (most recent call last):",
    '  File "app.py", line 3, in f',
    "    raise ValueError(1)",
    "ValueError: 1",
]
CHAINED = [
    *PYTHON,
    "",
    "During handling of the above exception, another exception occurred:",
    "",
    *PYTHON[:-1],
    "KeyError: 'k'",
]


@pytest.mark.parametrize(
    ("texts", "lengths"),
    [
        (["a", "b"], [1, 1]),
        (JAVA, [1, 3]),
        ([*JAVA, "Caused by: java.io.IOException: x", "\tat x.Y", "next"], [1, 5, 1]),
        (["Error: boom", "    at f (x.js:1)", "    at g (x.js:2)", "next"], [3, 1]),
        (["hello", *PYTHON, "next: 1"], [1, 4, 1]),
        (["[ERROR] it failed", *PYTHON], [5]),
        (CHAINED, [11]),
        (
            [
                "panic: no",
                "",
                "goroutine 1 [running]:",
                "main.main()",
                "\t/src/main.go:3 +0x1d",
                "exit status 2",
                "next",
            ],
            [6, 1],
        ),
        (["hello", "  indented"], [1, 1]),
        ([f"START RequestId: {A}", "\tat odd"], [1, 1]),
        (["Traceback (most recent call last):", f"END RequestId: {A}", "  File x"], [1, 1, 1]),
    ],
)
def test_stack_traces_in_several_events_are_one_record(texts, lengths):
    assert [body.count("\n") + 1 for body in _bodies(*(text + "\n" for text in texts))] == lengths


@pytest.mark.parametrize(
    ("texts", "kind", "message"),
    [
        (PYTHON, "ValueError", "1"),
        (CHAINED, "KeyError", "'k'"),
        (JAVA[1:], "java.lang.IllegalStateException", "boom"),
        (["TypeError: x is not a function", "    at f (x.js:1)"], "TypeError", "x is not a function"),
        (
            ["System.NullReferenceException: Object", "   at Shop.Handler() in H.cs:line 3"],
            "System.NullReferenceException",
            "Object",
        ),
        (["panic: no", "goroutine 1 [running]:"], "panic", "no"),
        (
            ['[ERROR] ValueError: boom\rTraceback (most recent call last):\r\u00a0\u00a0File "app.py", line 3\r'],
            "ValueError",
            "boom",
        ),
        (
            [
                "[ERROR] Runtime.ImportModuleError: Unable to import module 'app'\n"
                "Traceback (most recent call last):\n  File x"
            ],
            "Runtime.ImportModuleError",
            "Unable to import module 'app'",
        ),
        (
            [f"2026-11-23T06:10:02.090Z\t{A}\tERROR\tcharge failed: RangeError: far\n    at f (x.js:1)"],
            "RangeError",
            "far",
        ),
    ],
)
def test_what_was_thrown_is_told_by_its_record(texts, kind, message):
    (record,) = _records(*texts)
    told = attributes_of(record)
    assert (told["exception.type"], told["exception.message"]) == (kind, message)
    assert told["exception.stacktrace"].count("\n") >= 1
    assert record.severity_number == 17


def test_a_trace_that_was_not_an_error_is_not_made_one():
    (record,) = _records(
        f"[INFO]\t2026-11-23T06:10:02.090Z\t{A}\tfine\nTraceback (most recent call last):\n  File x\nKeyError: 1"
    )
    assert record.severity_number == 9
    assert "exception.type" not in attributes_of(record)


def test_records_joined_from_events_stay_bounded():
    bodies = _bodies("Error: boom", *["    at f (x.js:1)"] * 2500)
    assert sum(body.count("\n") + 1 for body in bodies) == 2501
    assert max(body.count("\n") for body in bodies) <= 1000


TEXTS = st.sampled_from(
    [
        f"START RequestId: {A}",
        f"END RequestId: {B}",
        f"REPORT RequestId: {A}\tDuration: 1 ms",
        "XRAY TraceId: 1-5759e988-bd862e3fe1be46a994272793",
        *JAVA,
        *CHAINED,
        "panic: x",
        "goroutine 1",
        "MENDLINE1 1/1 x",
        '{"message": "x"}',
        '{"a": "\\ud800"}',
        "",
        " ",
        "\n",
    ]
)


@settings(max_examples=75, deadline=None)
@given(st.lists(TEXTS | st.text(max_size=20), max_size=30))
def test_no_event_is_lost_or_kept_twice(texts):
    tagged = [f"{text}\n    at tag{number}x" if number % 7 == 3 else text for number, text in enumerate(texts)]
    events = tuple({"id": str(number), "timestamp": 1, "message": text} for number, text in enumerate(tagged))
    converted = from_events("1", "eu-west-1", "/aws/lambda/shop", "s", events)
    records = log_records(converted)
    begun = [int(attributes_of(record)["log.record.uid"]) for record in records]
    assert begun == sorted(set(begun))
    assert converted.log_records == len(records)
    # an event that begins no record went on with the one before it: its text is in that record's body
    bodies = dict(zip(begun, records, strict=True))
    holder = None
    for number, text in enumerate(tagged):
        holder = bodies.get(number, holder)
        assert holder is not None
        if number not in bodies and text.strip():
            told = holder.body.string_value + str(attributes_of(holder).get("mendline.joined", ""))
            assert text.rstrip("\r\n") in told
