"""What a request takes in memory is known before any object is built, whatever it is made of; real telemetry passes."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ingest.otlp_planting import REQUESTS, planted
from otlp_requests import request_of

from mendline.errors import IngestError
from mendline.ingest import wire
from mendline.ingest.otlp_json import to_protobuf
from mendline.ingest.wire import weigh
from mendline.ingest.wire_types import FIELD_BYTES, ITEM_BYTES, MESSAGE_BYTES, PACKED_BYTES
from mendline.model.signal import Signal
from mendline.store.handover import varint

MIB = 1024 * 1024
MOST_RECORDS, MOST_BYTES = 50_000, 192 * MIB


@contextmanager
def _way(wide):
    """All of a body is looked at, as arrays (0) or one message after the other."""
    with patch.object(wire, "SMALL_BYTES", -1), patch.object(wire, "_WIDE", wide):
        yield


def _delimited(field, content):
    return varint(field << 3 | 2) + varint(len(content)) + content


def _within(path, content):
    for field in reversed(path):
        content = _delimited(field, content)
    return content


def _weight_of(message: Message) -> int:
    """What stands in the message, counted on the message itself."""
    weight = 0
    for field, value in message.ListFields():
        if field.message_type is not None:
            slots = sum(each.containing_oneof is None for each in field.message_type.fields)
            slots += len(field.message_type.oneofs)
            for each in value if field.is_repeated else (value,):
                weight += MESSAGE_BYTES + FIELD_BYTES * slots + _weight_of(each)
        elif field.is_repeated and field.type == FieldDescriptor.TYPE_STRING:
            weight += ITEM_BYTES * len(value)
        elif field.is_repeated and field.type == FieldDescriptor.TYPE_UINT64:
            weight += PACKED_BYTES * sum(len(varint(number)) for number in value)
    return weight


@pytest.mark.parametrize("signal", Signal)
@pytest.mark.parametrize("wide", [0, 10**9], ids=["as arrays", "one by one"])
def test_everything_that_becomes_an_object_is_found(signal, wide):
    message = planted(signal, "some text" * 20)
    with _way(wide):
        assert weigh(signal, message.SerializeToString(), 100).memory_bytes == _weight_of(message)


def test_lists_of_numbers_are_counted_by_their_items():
    message = planted(Signal.METRICS, "x")
    before = weigh(Signal.METRICS, message.SerializeToString(), 100)
    for scope in message.resource_metrics[0].scope_metrics:
        for metric in scope.metrics:
            for point in metric.exponential_histogram.data_points:
                point.positive.bucket_counts.extend([1, 300, 2**63])
    with _way(0):
        after = weigh(Signal.METRICS, message.SerializeToString(), 100)
    assert after.records == before.records > 0
    assert after.memory_bytes == _weight_of(message)


@settings(max_examples=75, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(list(Signal)), st.binary(max_size=200), st.data())
def test_both_ways_agree_about_any_bytes_and_take_none_for_telemetry_that_is_none(signal, tail, data):
    body = planted(signal, "text").SerializeToString()
    cut = data.draw(st.integers(0, len(body)))
    body = body[:cut] + tail + body[cut + len(tail) :]
    told = []
    for wide in (0, 10**9):
        with _way(wide):
            try:
                told.append(weigh(signal, body, 1000))
            except IngestError as refused:
                told.append(refused.code)
    assert told[0] == told[1]
    try:
        REQUESTS[signal].FromString(body)
    except DecodeError:
        return
    assert told[0] != "malformed" or _has_groups(body)


def _has_groups(body):
    """The one thing that protobuf reads and we refuse: groups, which proto3 does not have."""
    return any(byte & 7 in (3, 4) for byte in body)


TRACE, LOG, METRIC = (1, 2, 2), (1, 2, 2), (1, 2, 2)
FLOODS = {
    "spans": (Signal.TRACES, TRACE[:2], _delimited(2, b"")),
    "resources": (Signal.TRACES, (), _delimited(1, b"")),
    "scopes": (Signal.TRACES, (1,), _delimited(2, b"")),
    "events": (Signal.TRACES, TRACE, _delimited(11, b"")),
    "links": (Signal.TRACES, TRACE, _delimited(13, b"")),
    "links with a flag": (Signal.TRACES, TRACE, _delimited(13, b"\x30\x01")),
    "attributes": (Signal.TRACES, TRACE, _delimited(9, b"")),
    "attributes of events": (Signal.TRACES, (*TRACE, 11), _delimited(3, b"")),
    "attributes of links": (Signal.TRACES, (*TRACE, 13), _delimited(4, b"")),
    "attributes of resources": (Signal.TRACES, (1, 1), _delimited(1, b"")),
    "attributes of scopes": (Signal.TRACES, (1, 2, 1), _delimited(3, b"")),
    "entities": (Signal.TRACES, (1, 1), _delimited(3, b"")),
    "keys of entities": (Signal.TRACES, (1, 1, 3), _delimited(3, b"")),
    "items of an array": (Signal.TRACES, (*TRACE, 9, 2, 5), _delimited(1, b"")),
    "pairs of a map": (Signal.TRACES, (*TRACE, 9, 2, 6), _delimited(1, b"")),
    "items of a log's body": (Signal.LOGS, (*LOG, 5, 5), _delimited(1, b"")),
    "log records": (Signal.LOGS, LOG[:2], _delimited(2, b"")),
    "attributes of log records": (Signal.LOGS, LOG, _delimited(6, b"")),
    "points": (Signal.METRICS, (*METRIC, 5), _delimited(1, b"")),
    "metrics": (Signal.METRICS, METRIC[:2], _delimited(2, b"")),
    "metadata": (Signal.METRICS, METRIC, _delimited(12, b"")),
    "attributes of points": (Signal.METRICS, (*METRIC, 7, 1), _delimited(7, b"")),
    "exemplars": (Signal.METRICS, (*METRIC, 5, 1), _delimited(5, b"")),
    "attributes of exemplars": (Signal.METRICS, (*METRIC, 5, 1, 5), _delimited(7, b"")),
    "quantiles": (Signal.METRICS, (*METRIC, 11, 1), _delimited(6, b"")),
    "fields that nobody knows": (Signal.TRACES, TRACE, _delimited(100, b"")),
    "one field again and again": (Signal.TRACES, TRACE, b"\x30\x01"),
    "buckets without packing": (Signal.METRICS, (*METRIC, 10, 1, 8), b"\x10\x01"),
}
ITEMS = 2_000_000
# Its memory is that of a process of its own, which has built nothing else; upb's objects are none of Python's.
_WEIGH = """
import resource, sys
from mendline.errors import IngestError
from mendline.ingest.wire import weigh
from mendline.model.signal import Signal
from ingest.test_wire import FLOODS, ITEMS, MOST_BYTES, MOST_RECORDS, _within
highest = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
bodies = [(name, signal, _within(path, unit * ITEMS)) for name, (signal, path, unit) in FLOODS.items()]
for name, signal, body in bodies:
    before = highest()
    try:
        weigh(signal, body, MOST_RECORDS, MOST_BYTES)
        code = "accepted"
    except IngestError as refused:
        code = refused.code
    print(f"{name}|{code}|{highest() - before}")
"""


@pytest.fixture(scope="module")
def flooded():
    told = subprocess.run(
        [sys.executable, "-c", _WEIGH],
        check=False,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert told.returncode == 0, told.stderr
    return {line.split("|")[0]: line.split("|")[1:] for line in told.stdout.splitlines()}


@pytest.mark.parametrize("name", FLOODS)
def test_millions_of_small_things_are_refused_before_memory_grows(flooded, name):
    code, grown_mib = flooded[name]
    assert code in ("too_many_records", "too_many_values")
    assert int(grown_mib) < 32


def test_numbers_in_packed_lists_are_bounded():
    body = _within((*METRIC, 10, 1, 8), _delimited(2, bytes(20 * MIB)))
    with pytest.raises(IngestError) as refused:
        weigh(Signal.METRICS, body, MOST_RECORDS, MOST_BYTES)
    assert refused.value.code == "too_many_values"


@pytest.mark.parametrize("wide", [0, 10**9], ids=["as arrays", "one by one"])
def test_number_of_endless_bytes_is_malformed_at_once(wide):
    for unit in (b"\x08" + b"\xff" * MIB, b"\xff" * MIB, b"\x0a" + b"\xff" * MIB):
        with _way(wide), pytest.raises(IngestError) as refused:
            weigh(Signal.TRACES, _within(TRACE, unit), MOST_RECORDS)
        assert refused.value.code == "malformed"


@pytest.mark.parametrize(("spans", "attributes"), [(8192, 12), (8192, 60), (8192, 128), (50_000, 20)])
def test_batch_of_a_collector_passes_with_as_many_attributes_as_a_span_may_have(spans, attributes):
    span = request_of([{"attributes": {f"attribute.{n:03}": f"{n:08}" for n in range(attributes)}}], {"service": "s"})
    content = span[span.index(b"\x12", span.index(b"test")) :]  # the span itself, behind its scope
    body = _within((1, 2), content * spans)
    weight = weigh(Signal.TRACES, body, MOST_RECORDS, MOST_BYTES)
    assert weight.records == spans
    assert weight.memory_bytes > spans * attributes * 100


@pytest.mark.parametrize("unit", ['{"name":""}', "{}", '{"a":1}', "[]"])
@pytest.mark.parametrize("field", ["events", "links", "attributes"])
def test_millions_of_small_things_in_json_are_refused_before_they_are_read(field, unit):
    ids = '"traceId":"11111111111111111111111111111111","spanId":"1111111111111111"'
    body = (
        f'{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{{ids},"{field}":[{",".join([unit] * 3_000_000)}]}}]}}]}}]}}'
    )
    with pytest.raises(IngestError) as refused:
        to_protobuf(Signal.TRACES, body.encode(), MOST_RECORDS)
    assert refused.value.code == "too_many_values"


@pytest.mark.parametrize("count", [1, 70, 3000], ids=["few", "some", "many"])
@pytest.mark.parametrize("groups", [1, 100])
def test_size_of_the_largest_record_is_told(count, groups):
    message = REQUESTS[Signal.TRACES]()
    for group in range(groups):
        spans = message.resource_spans.add().scope_spans.add().spans
        for number in range(count // groups + 1):
            spans.add(trace_id=b"t" * 16, span_id=b"s" * 8, name="n" * (200 + (number + group) % 50))
    largest = message.resource_spans[groups // 2].scope_spans[0].spans.add(name="x" * 5000)
    assert weigh(Signal.TRACES, message.SerializeToString(), 10_000).largest_bytes == largest.ByteSize()
