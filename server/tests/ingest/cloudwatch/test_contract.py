"""The contract with the store: the names and types by which it knows what the platform said."""

from __future__ import annotations

import base64
import gzip
import json

import pytest
from aws_payloads import attributes_of, log_records, message_of
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from otlp_requests import request_of

from mendline.ingest.cloudwatch.convert import from_subscription
from mendline.model.signal import Signal

ID = "3f8b0c1e-5a52-4d3c-9f5e-0a1b2c3d4e5f"
ROOT = "1-5759e988-bd862e3fe1be46a994272793"
REPORT = (
    f"REPORT RequestId: {ID}\tDuration: 15.14 ms\tBilled Duration: 252 ms\tMemory Size: 256 MB\tMax Memory Used: 40 MB"
    "\tInit Duration: 112.00 ms\tRestore Duration: 200.00 ms\tBilled Restore Duration: 100.00 ms"
)
XRAY = f"XRAY TraceId: {ROOT}\tSegmentId: 557abcec3ee5a047\tSampled: true\t"


def _one(*texts):
    (record,) = log_records(from_subscription(message_of(*texts), region="eu-west-1"))
    return record


@pytest.mark.parametrize("texts", [[f"{REPORT}\t{XRAY}"], [f"{REPORT}\n{XRAY}\n"], [REPORT, XRAY]])
def test_a_report_has_the_names_and_types_of_the_contract(texts):
    record = _one(*texts)
    told = attributes_of(record)
    assert told == {
        "mendline.platform": "report",
        "faas.invocation_id": ID,
        "mendline.duration_ms": 15.14,
        "mendline.billed_ms": 252.0,
        "mendline.memory.size_bytes": 268435456,
        "mendline.memory.used_bytes": 41943040,
        "mendline.init_ms": 112.0,
        "mendline.restore_ms": 200.0,
        "mendline.billed_restore_ms": 100.0,
        "mendline.xray.trace_id": ROOT,
        "mendline.xray.segment_id": "557abcec3ee5a047",
        "mendline.xray.sampled": True,
        "log.record.uid": "38429531030000000000000000000000000000000000000000000000",
    }
    kinds = {key: type(value) for key, value in told.items()}
    assert kinds["mendline.billed_ms"] is float
    assert kinds["mendline.memory.used_bytes"] is int
    assert record.trace_id.hex() == "5759e988bd862e3fe1be46a994272793"
    assert record.time_unix_nano == 1795414202000 * 1_000_000
    assert record.observed_time_unix_nano == 0
    assert (record.severity_number, record.severity_text) == (9, "INFO")
    assert record.body.string_value.startswith("REPORT RequestId")


def test_text_and_json_reports_say_the_same():
    told = {
        "requestId": ID,
        "status": "timeout",
        "metrics": {"durationMs": 3000.0, "billedDurationMs": 3000, "memorySizeMB": 128, "maxMemoryUsedMB": 35},
    }
    text = (
        f"REPORT RequestId: {ID}\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB"
        "\tMax Memory Used: 35 MB\tStatus: timeout"
    )
    as_json = json.dumps({"time": "2026-11-23T06:10:02.090Z", "type": "platform.report", "record": told})
    assert attributes_of(_one(text)) == attributes_of(_one(as_json))


@pytest.mark.parametrize(
    ("text", "severity", "expected"),
    [
        (
            f"2026-11-23T06:10:05.090Z {ID} Task timed out after 3.00 seconds",
            17,
            {"mendline.platform": "timeout", "mendline.timeout_ms": 3000.0, "error.type": "Function.Timeout"},
        ),
        (
            f"RequestId: {ID} Error: Runtime exited with error: signal: killed\nRuntime.ExitError",
            17,
            {
                "mendline.platform": "exit",
                "error.type": "Runtime.ExitError",
                "exception.message": "Runtime exited with error: signal: killed",
            },
        ),
        (f"START RequestId: {ID} Version: 7", 9, {"mendline.platform": "start", "faas.version": "7"}),
        (f"END RequestId: {ID}", 9, {"mendline.platform": "end"}),
        (f"[WARNING]\t2026-11-23T06:10:02.090Z\t{ID}\tslow", 13, {}),
    ],
)
def test_every_record_of_an_invocation_names_it(text, severity, expected):
    record = _one(text)
    told = attributes_of(record)
    assert told.pop("log.record.uid")
    assert told.pop("faas.invocation_id") == ID
    assert told == expected
    assert record.severity_number == severity


def test_nested_json_stays_nested():
    record = _one(
        json.dumps({"level": "INFO", "message": {"a": [1, {"b": None}]}, "x": {"y": 2**70, "z": [True, 1.5]}})
    )
    body = record.body.kvlist_value.values[0]
    assert (body.key, body.value.array_value.values[0].int_value) == ("a", 1)
    assert attributes_of(record)["x"] == {"y": str(2**70), "z": [True, 1.5]}


def test_text_that_is_no_utf8_is_kept_as_far_as_it_is():
    payload = message_of("x").replace(b'"x"', b'"a\\ud83d \\u00e9 \xff"')
    (record,) = log_records(from_subscription(payload, region=""))
    assert record.body.string_value == "a? é \ufffd"


KEYS = st.sampled_from(
    [
        "message",
        "level",
        "error",
        "stack",
        "errorType",
        "stackTrace",
        "faas.invocation_id",
        "mendline.platform",
        "\ud800",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=4), inner, max_size=5),
    max_leaves=20,
)


@settings(max_examples=75, deadline=None)
@given(st.dictionaries(KEYS | st.text(max_size=4), JSON, max_size=8))
def test_any_json_object_is_one_record_that_never_speaks_for_the_platform(line):
    told = attributes_of(_one(json.dumps(line)))
    assert not [key for key in told if key.startswith("mendline.")]
    assert told["log.record.uid"].startswith("3842953103")


def _agent_line(body, part="1/1"):
    return f"MENDLINE1 {part} {base64.b64encode(gzip.compress(body)).decode()}"


def test_agent_lines_become_traces_part_by_part():
    bodies = [request_of([{"name": f"part {number}"}]) for number in range(3)]
    lines = [_agent_line(body, f"{number + 1}/3") + "\n" for number, body in enumerate(bodies)]
    converted = from_subscription(message_of(lines[2], "hello", lines[0]), region="eu-west-1")
    traces = [export.body for export in converted.exports if export.signal is Signal.TRACES]
    assert traces == [bodies[2], bodies[0]]
    assert ExportTraceServiceRequest.FromString(traces[0]).resource_spans
    assert [record.body.string_value for record in log_records(converted)] == ["hello"]
    assert converted.undecoded == 0


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("MENDLINE1 ", "form"),
        ("MENDLINE1 1/1 not-base64", "form"),
        ("MENDLINE1 2/1 " + _agent_line(b"")[14:], "form"),
        ("MENDLINE1 0/1 " + _agent_line(b"")[14:], "form"),
        ("MENDLINE1 1/1 abcde", "base64"),
        ("MENDLINE1 1/1 " + base64.b64encode(b"no gzip").decode(), "gzip"),
        (_agent_line(request_of([{}]))[:-8], "gzip"),
        (_agent_line(b"no protobuf"), "spans"),
        (_agent_line(b"\0" * 20_000_000), "too_large"),
        ("MENDLINE1 1/1 " + "A" * 300_000, "too_large"),
    ],
    ids=range(10),
)
def test_an_agent_line_that_cannot_be_decoded_stays_and_says_why(line, reason):
    converted = from_subscription(message_of(line), region="eu-west-1")
    (record,) = log_records(converted)
    assert attributes_of(record)["mendline.undecoded"] == reason
    assert record.body.string_value == line.rstrip("\n")
    assert (converted.undecoded, converted.log_records) == (1, 1)
