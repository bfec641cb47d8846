"""OTLP/JSON, case by case: what is read, what is passed over, and what is refused in which words."""

from __future__ import annotations

import json
import math
from collections import Counter

import pytest
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from mendline.errors import IngestError, MendlineError
from mendline.ingest.otlp_json import to_protobuf
from mendline.model.signal import Signal


def _request(span):
    return {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}


def _span(span):
    body = json.dumps(_request(span)).encode()
    message = ExportTraceServiceRequest.FromString(to_protobuf(Signal.TRACES, body, 100))
    return message.resource_spans[0].scope_spans[0].spans[0]


def _value(value):
    return _span({"attributes": [{"key": "a", "value": value}]}).attributes[0].value


def _refusal(body, signal=Signal.TRACES, most=100):
    with pytest.raises(MendlineError) as refused:
        to_protobuf(signal, body if isinstance(body, bytes) else json.dumps(body).encode(), most)
    return refused.value


@pytest.mark.parametrize(
    ("field", "given", "name", "expected"),
    [
        ("traceId", "0aFF" * 8, "trace_id", b"\x0a\xff" * 8),
        ("spanId", "0AFF" * 4, "span_id", b"\x0a\xff" * 4),
        ("traceId", "", "trace_id", b""),
        ("parentSpanId", None, "parent_span_id", b""),
        ("kind", 3, "kind", 3),
        ("kind", 99, "kind", 99),
        ("startTimeUnixNano", "18446744073709551615", "start_time_unix_nano", 2**64 - 1),
        ("startTimeUnixNano", 1700000000000000001, "start_time_unix_nano", 1700000000000000001),
        ("startTimeUnixNano", 1.7e18, "start_time_unix_nano", 1_700_000_000_000_000_000),
        ("endTimeUnixNano", None, "end_time_unix_nano", 0),
        ("flags", 257, "flags", 257),
        ("name", "näme \U0001f600", "name", "näme \U0001f600"),
        ("start_time_unix_nano", 5, "start_time_unix_nano", 0),
        ("trace_id", "zz", "trace_id", b""),
        ("Name", "x", "name", ""),
        ("nobodyKnows", {"deep": [{"er": [1, None]}]}, "name", ""),
    ],
)
def test_field_is_read_as_otlp_says(field, given, name, expected):
    assert getattr(_span({field: given}), name) == expected


@pytest.mark.parametrize(
    ("given", "kind", "expected"),
    [
        ({"stringValue": ""}, "string_value", ""),
        ({"boolValue": False}, "bool_value", False),
        ({"intValue": "-9223372036854775808"}, "int_value", -(2**63)),
        ({"intValue": 0}, "int_value", 0),
        ({"intValue": "007"}, "int_value", 7),
        ({"doubleValue": 1}, "double_value", 1.0),
        ({"doubleValue": "1.5e3"}, "double_value", 1500.0),
        ({"doubleValue": "Infinity"}, "double_value", math.inf),
        ({"doubleValue": "-Infinity"}, "double_value", -math.inf),
        ({"bytesValue": "+/8="}, "bytes_value", b"\xfb\xff"),
        ({"bytesValue": "-_8"}, "bytes_value", b"\xfb\xff"),
        ({"bytesValue": ""}, "bytes_value", b""),
        ({"stringValue": None, "intValue": "1"}, "int_value", 1),
        ({}, None, None),
        (None, None, None),
        ({"unknownValue": 1}, None, None),
    ],
)
def test_value_keeps_its_kind(given, kind, expected):
    value = _value(given)
    assert value.WhichOneof("value") == kind
    if kind:
        assert getattr(value, kind) == expected


def test_nan_is_a_word():
    assert math.isnan(_value({"doubleValue": "NaN"}).double_value)


SPAN = "resourceSpans[0].scopeSpans[0].spans[0]"
VALUE = SPAN + ".attributes[0].value"


def _attribute(value):
    return {"attributes": [{"key": "a", "value": value}]}


@pytest.mark.parametrize(
    ("span", "sentence"),
    [
        ({"traceId": "zz"}, f"{SPAN}.traceId is not hexadecimal: 'zz'."),
        ({"traceId": "0 1"}, f"{SPAN}.traceId is not hexadecimal: '0 1'."),
        ({"traceId": "012"}, f"{SPAN}.traceId is not hexadecimal: '012'."),
        ({"traceId": "é" * 40}, f"{SPAN}.traceId is not hexadecimal: '{'é' * 20}…'."),
        ({"spanId": 5}, f"{SPAN}.spanId is not a string of hexadecimal digits."),
        ({"kind": "SPAN_KIND_SERVER"}, f"{SPAN}.kind is not an enum's number (OTLP/JSON takes no names)."),
        ({"kind": 2**31}, f"{SPAN}.kind is out of range: '2147483648' is not within -2147483648 and 2147483647."),
        ({"kind": True}, f"{SPAN}.kind is not an enum's number (OTLP/JSON takes no names)."),
        ({"status": {"code": "1"}}, f"{SPAN}.status.code is not an enum's number (OTLP/JSON takes no names)."),
        ({"startTimeUnixNano": -1}, f"{SPAN}.startTimeUnixNano is out of range: '-1' is not within 0 and {2**64 - 1}."),
        ({"startTimeUnixNano": " 5"}, f"{SPAN}.startTimeUnixNano is not an integer: ' 5'."),
        ({"startTimeUnixNano": "\u0665"}, f"{SPAN}.startTimeUnixNano is not an integer: '\u0665'."),
        ({"startTimeUnixNano": "1_0"}, f"{SPAN}.startTimeUnixNano is not an integer: '1_0'."),
        ({"startTimeUnixNano": 1.5}, f"{SPAN}.startTimeUnixNano is not an integer: '1.5'."),
        ({"startTimeUnixNano": [1]}, f"{SPAN}.startTimeUnixNano is not an integer."),
        ({"flags": 10**400}, f"{SPAN}.flags is out of range: a number of many digits is not within 0 and 4294967295."),
        ({"name": 5}, f"{SPAN}.name is not a string."),
        ({"name": "\ud800"}, f"{SPAN}.name holds half a surrogate pair, which is no character."),
        ({"attributes": {}}, f"{SPAN}.attributes is not a list."),
        ({"attributes": [None]}, f"{SPAN}.attributes[0] is not an object."),
        ({"status": []}, f"{SPAN}.status is not an object."),
        ({"events": [{}, {"name": {}}]}, f"{SPAN}.events[1].name is not a string."),
        (_attribute("plain"), f"{VALUE} is not an object."),
        (_attribute({"boolValue": 1}), f"{VALUE}.boolValue is not true or false."),
        (_attribute({"intValue": str(2**63)}), f"{VALUE}.intValue is out of range"),
        (_attribute({"intValue": True}), f"{VALUE}.intValue is not an integer."),
        (_attribute({"doubleValue": "nan"}), f"{VALUE}.doubleValue is not a number: 'nan'."),
        (_attribute({"doubleValue": "1e999"}), f"{VALUE}.doubleValue is out of range"),
        (_attribute({"doubleValue": 10**400}), f"{VALUE}.doubleValue is out of range"),
        (_attribute({"bytesValue": "a"}), f"{VALUE}.bytesValue is not base64: 'a'."),
        (_attribute({"bytesValue": "a b="}), f"{VALUE}.bytesValue is not base64: 'a b='."),
        (_attribute({"arrayValue": {"values": [{}, 5]}}), f"{VALUE}.arrayValue.values[1] is not an object."),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_path(span, sentence):
    refused = _refusal(_request(span))
    assert refused.code == "malformed"
    assert refused.message.startswith(sentence)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"{} {}",
        b"{'a': 1}",
        b"\xef\xbb\xbf{}",
        b'{"a": "\xff"}',
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        '{"a": "é"}'.encode("utf-16"),
        b'{"a": "\x01"}',
        b"[" * 50_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b'{"a":' + b"1" * 5_000 + b"}",
        b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"attributes": [{"value": {"doubleValue": 1e999}}]}]}]}]}',
    ],
    ids=lambda body: repr(body[:24]),
)
def test_what_is_no_json_request_is_malformed(body):
    assert _refusal(body, most=50_000).code == "malformed"


def test_empty_object_is_an_empty_request():
    assert to_protobuf(Signal.TRACES, b" {} ", 1) == b""


def test_of_duplicate_keys_the_last_holds():
    body = b'{"resourceSpans": 5, "resourceSpans": [{"scopeSpans": [{"spans": [{"name": "a", "name": "b"}]}]}]}'
    message = ExportTraceServiceRequest.FromString(to_protobuf(Signal.TRACES, body, 1))
    assert message.resource_spans[0].scope_spans[0].spans[0].name == "b"


def _nested(levels, kind):
    value = {"stringValue": "core"}
    for _ in range(levels):
        item = value if kind == "arrayValue" else {"key": "k", "value": value}
        value = {kind: {"values": [item]}}
    return value


@pytest.mark.parametrize("kind", ["arrayValue", "kvlistValue"])
@pytest.mark.parametrize(("levels", "core"), [(0, "core"), (16, "core"), (17, "[too deep]"), (60, "[too deep]")])
def test_lists_and_maps_of_values_end_at_sixteen_levels(kind, levels, core):
    value, depth = _value(_nested(levels, kind)), 0
    while value.WhichOneof("value") != "string_value":
        value = value.array_value.values[0] if kind == "arrayValue" else value.kvlist_value.values[0].value
        depth += 1
    assert (value.string_value, depth) == (core, min(levels, 16))
    cut = Counter()
    request = _request({"attributes": [{"key": "a", "value": _nested(levels, kind)}]})
    to_protobuf(Signal.TRACES, json.dumps(request).encode(), 10, cut)
    assert cut == ({"depth": 1} if levels > 16 else {})


GAUGE = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "m", "gauge": {"dataPoints": [{}] * 3}}] * 4}]}]}
LOGS = {"resourceLogs": [{"scopeLogs": [{"logRecords": [{}] * 4}] * 3}]}
SPANS = {"resourceSpans": [{"scopeSpans": [{"spans": [{}] * 6}] * 2}]}


@pytest.mark.parametrize(
    ("signal", "request_", "kind"),
    [
        (Signal.TRACES, SPANS, ExportTraceServiceRequest),
        (Signal.LOGS, LOGS, ExportLogsServiceRequest),
        (Signal.METRICS, GAUGE, ExportMetricsServiceRequest),
    ],
)
def test_records_are_counted_in_every_signal(signal, request_, kind):
    message: Message = kind.FromString(to_protobuf(signal, json.dumps(request_).encode(), 12))
    assert message.ByteSize() > 0
    assert _refusal(request_, signal, 11).code == "too_many_records"


@pytest.mark.parametrize("item", [b"{}", b"[]", b"0", b'""'])
def test_millions_of_tiny_values_are_refused_before_objects_exist(item):
    import tracemalloc

    body = b'{"resourceSpans":[' + b",".join([item] * 6_000_000) + b"]}"
    tracemalloc.start()
    with pytest.raises(IngestError) as refused:
        to_protobuf(Signal.TRACES, body, 50_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.value.code == "too_many_values"
    assert peak < 1024 * 1024
