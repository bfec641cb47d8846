"""What functions write: the runtimes' formats, common loggers, JSON, bare prints; and text made to hurt a parser."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mendline.ingest.cloudwatch.events import FunctionLine, PlatformEvent
from mendline.ingest.cloudwatch.levels import severity_of
from mendline.ingest.cloudwatch.lines import parse_line

ID = "3f8b0c1e-5a52-4d3c-9f5e-0a1b2c3d4e5f"
TIME = "2026-11-23T06:10:02.090Z"


@pytest.mark.parametrize(
    ("text", "severity", "request_id", "message"),
    [
        ("hello\n", 0, "", "hello"),
        ("", 0, "", ""),
        ("\n", 0, "", ""),
        ("   ", 0, "", "   "),
        (f"[INFO]\t{TIME}\t{ID}\tcharged 12", 9, ID, "charged 12"),
        (f"[ERROR]\t{TIME}\t{ID}\ta\tb", 17, ID, "a\tb"),
        (f"[WARNING]\t{TIME}\t\tloading", 13, "", "loading"),
        (f"[CRITICAL]\t{TIME}\t{ID}\tgone", 21, ID, "gone"),
        (f"{TIME}\t{ID}\tINFO\tcharged 12", 9, ID, "charged 12"),
        (f"{TIME}\tundefined\tERROR\tat start", 17, "", "at start"),
        (f"{TIME}\t{ID}\tWARN\tline one\nline two", 13, ID, "line one\nline two"),
        (f"{TIME}\t{ID}\tinfo\tfrom .NET", 9, ID, "from .NET"),
        (f"{TIME}\t{ID}\tfail\tfrom .NET", 17, ID, "from .NET"),
        (f"2026-11-23 06:10:02 {ID} INFO  Handler:31 - sent", 9, ID, None),
        (f"2026-11-23 06:10:02 <{ID}> ERROR c.a.Handler:31 - failed", 17, ID, None),
        ("06:10:02.123 [main] DEBUG com.acme.Handler - loaded", 5, "", None),
        ("2026-11-23 06:10:02,090 - shop - ERROR - failed", 17, "", None),
        ("2026/11/23 06:10:02 listening", 0, "", None),
        ("ERROR:root:boom", 17, "", None),
        ("[ERROR] ValueError: boom", 17, "", None),
        ("[error] boom", 17, "", None),
        ("error: boom", 17, "", None),
        ("WARN boom", 13, "", None),
        ("Information about errors", 0, "", None),
        ("ERRORS were 0", 0, "", None),
        ("errors ERROR", 0, "", None),
        ("info", 0, "", None),
        ("[1, 2]", 0, "", None),
        ("[1", 0, "", None),
        ("{broken", 0, "", None),
        (f"{ID} charged", 0, "", None),
    ],
)
def test_text_lines_tell_level_and_request_id(text, severity, request_id, message):
    line = parse_line(text)
    assert isinstance(line, FunctionLine)
    assert severity_of(line.level) == severity
    assert line.request_id == request_id
    assert line.message == (text.rstrip("\n") if message is None else message)


@pytest.mark.parametrize(
    ("given_line", "severity", "request_id", "message", "attributes"),
    [
        (
            {"timestamp": TIME, "level": "INFO", "message": "hi", "logger": "root", "requestId": ID},
            9,
            ID,
            "hi",
            {"logger": "root", "requestId": ID},
        ),
        ({"timestamp": TIME, "level": "INFO", "message": {"a": {"b": [1, None]}}}, 9, "", {"a": {"b": [1, None]}}, {}),
        ({"level": 50, "time": 1, "msg": "pino", "n": 1.5}, 17, "", "pino", {"time": 1, "n": 1.5}),
        ({"level": "info", "message": "x", "AWSRequestId": ID}, 9, ID, "x", {}),
        ({"time": TIME, "level": "WARN", "msg": "slog", "count": 2}, 13, "", "slog", {"count": 2}),
        (
            {"level": "INFO", "message": "x", "function_request_id": ID, "cold_start": True},
            9,
            ID,
            "x",
            {"cold_start": True},
        ),
        ({"orderId": 7, "nested": {"deep": {"er": 1}}}, 0, "", None, {"orderId": 7, "nested": {"deep": {"er": 1}}}),
        ({"message": "x", "requestId": "not an id"}, 0, "", "x", {"requestId": "not an id"}),
        ({"level": "loud", "message": "x"}, 0, "", "x", {"level": "loud"}),
        ({"level": None, "message": "x", "gone": None}, 0, "", "x", {}),
        ({"level": True, "message": "x"}, 0, "", "x", {"level": True}),
        ({"": 1, "message": "x"}, 0, "", "x", {"json.": 1}),
    ],
)
def test_json_lines_keep_what_the_logger_said_with_them(given_line, severity, request_id, message, attributes):
    text = json.dumps(given_line)
    line = parse_line(text)
    assert isinstance(line, FunctionLine)
    assert severity_of(line.level) == severity
    assert (line.request_id, line.attributes) == (request_id, attributes)
    assert line.message == (text if message is None else message)


def test_a_function_cannot_speak_for_the_platform():
    line = parse_line(json.dumps({"message": "x", "mendline.platform": "report", "mendline.billed_ms": 1.0}))
    assert line.attributes == {"json.mendline.platform": "report", "json.mendline.billed_ms": 1.0}


def test_trace_ids_in_json_are_taken_in_both_forms():
    root = parse_line(json.dumps({"message": "x", "xray_trace_id": "1-5759e988-bd862e3fe1be46a994272793"}))
    assert root.trace == "5759e988bd862e3fe1be46a994272793"
    own = parse_line(
        json.dumps({"message": "x", "trace_id": "5759E988bd862e3fe1be46a994272793", "span_id": "0" * 15 + "1"})
    )
    assert (own.trace, own.span) == ("5759e988bd862e3fe1be46a994272793", "0000000000000001")


STACK = ['  File "/var/task/app.py", line 3, in handler\n    raise ValueError("boom")\n']


@pytest.mark.parametrize(
    ("text", "kind", "message", "frame"),
    [
        (
            json.dumps(
                {
                    "timestamp": TIME,
                    "log_level": "ERROR",
                    "errorMessage": "boom",
                    "errorType": "ValueError",
                    "requestId": ID,
                    "stackTrace": STACK,
                }
            ),
            "ValueError",
            "boom",
            "app.py",
        ),
        (
            json.dumps(
                {
                    "timestamp": TIME,
                    "level": "ERROR",
                    "requestId": ID,
                    "message": {
                        "errorType": "TypeError",
                        "errorMessage": "no",
                        "stackTrace": ["TypeError: no", "    at h (a.js:1)"],
                    },
                }
            ),
            "TypeError",
            "no",
            "a.js",
        ),
        (
            json.dumps(
                {
                    "level": 50,
                    "msg": "failed",
                    "err": {"type": "RangeError", "message": "far", "stack": "RangeError: far\n    at x"},
                }
            ),
            "RangeError",
            "far",
            "at x",
        ),
        (
            json.dumps(
                {
                    "level": "ERROR",
                    "message": "failed",
                    "exception": "Traceback (most recent call last):\n  File \"a\"\nKeyError: 'k'",
                    "exception_name": "KeyError",
                }
            ),
            "KeyError",
            None,
            "Traceback",
        ),
        (
            json.dumps(
                {
                    "errorType": "errorString",
                    "errorMessage": "no row",
                    "stackTrace": [{"path": "main.go", "line": 12, "label": "main"}],
                }
            ),
            "errorString",
            "no row",
            "main.go:12",
        ),
        (
            f"{TIME}\t{ID}\tERROR\tInvoke Error \t"
            + json.dumps(
                {"errorType": "Error", "errorMessage": "boom", "stack": ["Error: boom", "    at f (x.mjs:2)"]}
            ),
            "Error",
            "boom",
            "x.mjs",
        ),
    ],
)
def test_errors_that_runtimes_write_as_objects_are_exceptions(text, kind, message, frame):
    line = parse_line(text)
    assert severity_of(line.level) == 17
    assert line.attributes["exception.type"] == kind
    assert message is None or line.attributes["exception.message"] == message
    assert frame in line.attributes["exception.stacktrace"]
    assert "stackTrace" not in line.attributes


def test_functions_and_extensions_forwarded_by_the_telemetry_api_are_lines():
    text = json.dumps({"time": TIME, "type": "function", "record": f"[INFO]\t{TIME}\t{ID}\thi\n"})
    assert parse_line(text) == FunctionLine("hi", "INFO", TIME, ID)
    record = {"level": "ERROR", "message": "no", "AWSRequestId": ID}
    line = parse_line(json.dumps({"time": TIME, "type": "extension", "record": record}))
    assert (line.message, line.request_id) == ("no", ID)


HOSTILE = [
    "[" * 250_000,
    '{"a":' * 50_000,
    '{"a":' * 900 + "1" + "}" * 900,
    '{"a":' + "9" * 4000 + "}",
    '{"a":' + "9" * 100_000 + "}",
    '{"a":"\\ud800"}',
    "\ud800 lone surrogate",
    "START RequestId: " + "x" * 250_000,
    "REPORT RequestId: " + ID + "\tDuration: " + "9" * 250_000 + " ms",
    "REPORT RequestId: " + ID + "\tDuration" * 30_000,
    "REPORT RequestId: " + ID + "\tDuration:" + " " * 250_000,
    "REPORT RequestId: " + ID + ("\tDuration: " + "1," * 20) * 5_000,
    "EXTENSION\tName: " + "a " * 100_000,
    "EXTENSION" + " " * 250_000,
    "RequestId: " + ID + " Error: " + "Runtime. " * 30_000,
    "RequestId: " + ID + " " * 250_000,
    "INIT_REPORT " + "Status : " * 25_000,
    TIME + " " * 250_000,
    (TIME + " ") * 9_000,
    "[" + "] [" * 80_000,
    "\x1b[32m" * 50_000,
    "\x1b[" + "1;" * 120_000,
    "2026-11-23T06:10:02 " + ID + " Task timed out after " + "9" * 200_000,
    "Traceback (most recent call last):\r" + "\u00a0" * 200_000,
    "\t".join(["x"] * 120_000),
    "a: " * 80_000 + "\n    at x",
    "\n    at " * 30_000,
    "1" * 250_000,
    "{" + '"k":{},' * 30_000 + '"z":1}',
    "\x00" * 250_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=[str(number) for number in range(len(HOSTILE))])
def test_hostile_lines_take_no_longer_than_their_length_warrants(text):
    started = time.thread_time()
    assert isinstance(parse_line(text), (FunctionLine, PlatformEvent))
    assert time.thread_time() - started < 20  # a quarter of a megabyte; what is quadratic takes minutes


FRAGMENTS = st.sampled_from(
    [
        "START RequestId: ",
        "END RequestId: ",
        "REPORT RequestId: ",
        ID,
        TIME,
        "\t",
        " ",
        "\n",
        "\r",
        "Duration: ",
        "12.5 ms",
        "Billed Duration: 3",
        "Memory Size: 128 MB",
        "Status: ",
        "Error Type: ",
        "timeout",
        "XRAY TraceId: ",
        "[ERROR]",
        "{",
        "}",
        '"message":',
        '"type":"platform.report"',
        '"record":',
        "Traceback (most recent call last):",
        "    at x",
        "1e9",
        "INIT_START ",
        "EXTENSION\tName: x\tState: y",
        "RequestId: ",
        "Task timed out after ",
        "3 seconds",
        "\x1b[32m",
        "\u00a0",
        "undefined",
    ]
)


@settings(max_examples=100, deadline=None)
@given(st.lists(FRAGMENTS | st.text(max_size=12), max_size=14).map("".join))
def test_no_text_makes_the_parser_raise(text):
    assert isinstance(parse_line(text), (FunctionLine, PlatformEvent))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["message", "level", "type", "record", "errorType", "stack", "error", "requestId", "x", "metrics"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=75, deadline=None)
@given(JSON)
def test_no_json_makes_the_parser_raise(value):
    assert isinstance(parse_line(json.dumps(value)), (FunctionLine, PlatformEvent))
    told = parse_line(json.dumps({"type": "platform.report", "record": value}))
    assert isinstance(told, (FunctionLine, PlatformEvent))
