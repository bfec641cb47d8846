"""Hostile and broken bodies are refused with the right reason, before they cost memory."""

from __future__ import annotations

import gzip
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from otlp_requests import request_of

from mendline.errors import IngestError
from mendline.ingest.check import check
from mendline.ingest.inflate import inflate
from mendline.ingest.wire import weigh
from mendline.model.signal import Signal
from mendline.store.handover import varint

MIB = 1024 * 1024


def _spans(count):
    return request_of([{"span_id": (n + 1).to_bytes(8, "big")} for n in range(count)])


@pytest.mark.parametrize(
    ("body", "encoding", "code"),
    [
        (b"plain", "gzip", "bad_encoding"),
        (gzip.compress(b"x" * 1000)[:-9], "gzip", "bad_encoding"),
        (gzip.compress(b"x") + b"trailing", "gzip", "bad_encoding"),
        (b"x", "br", "bad_encoding"),
        (b"x" * 1001, "", "too_large"),
        (b"x" * 1001, "identity", "too_large"),
        (gzip.compress(b"x" * 1001), "gzip", "too_large"),
        (gzip.compress(b"x" * 600) * 2, "gzip", "too_large"),
    ],
)
def test_bad_encoding_is_refused(body, encoding, code):
    with pytest.raises(IngestError) as refused:
        inflate(body, encoding, 1000)
    assert refused.value.code == code


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", " gzip "])
def test_gzip_in_several_members_is_read_whole(encoding):
    assert inflate(gzip.compress(b"one ") + gzip.compress(b"two"), encoding, 1000) == b"one two"


def test_gzip_bomb_never_exists_in_memory():
    bomb = gzip.compress(b"\0" * (200 * MIB))
    tracemalloc.start()
    with pytest.raises(IngestError):
        inflate(bomb, "gzip", 4 * MIB)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 * MIB


def test_millions_of_empty_spans_are_refused_before_objects_exist():
    empty_spans = b"\x12\x00" * (4 * MIB)
    scope = b"\x12" + varint(len(empty_spans)) + empty_spans
    body = b"\x0a" + varint(len(scope)) + scope
    tracemalloc.start()
    with pytest.raises(IngestError) as refused:
        check(Signal.TRACES, body, 50_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.value.code == "too_many_records"
    assert peak < 64 * MIB


def test_millions_of_empty_resources_are_refused():
    with pytest.raises(IngestError) as refused:
        check(Signal.TRACES, b"\x0a\x00" * (4 * MIB), 50_000)
    assert refused.value.code == "too_many_records"


@pytest.mark.parametrize(
    "body",
    [b"garbage!", b"{}", b"\x0a", b"\x0a\xff\xff\xff\xff\x7f", b"\x00\x00", _spans(3)[:-2], b"\x0b" * 50],
)
def test_what_is_no_trace_request_is_malformed(body):
    with pytest.raises(IngestError) as refused:
        check(Signal.TRACES, body, 100)
    assert refused.value.code == "malformed"


def test_empty_request_is_accepted():
    assert check(Signal.TRACES, b"", 100).records == 0


@pytest.mark.parametrize(("count", "most"), [(0, 1), (1, 1), (100, 100)])
def test_records_up_to_the_limit_are_accepted(count, most):
    assert check(Signal.TRACES, _spans(count), most).records == count


def test_one_record_over_the_limit_is_refused():
    with pytest.raises(IngestError) as refused:
        check(Signal.TRACES, _spans(101), 100)
    assert refused.value.code == "too_many_records"


@pytest.mark.parametrize(
    "invalid",
    [
        {"trace_id": b""},
        {"trace_id": b"short"},
        {"trace_id": bytes(16)},
        {"span_id": bytes(8)},
        {"span_id": b"x" * 9},
    ],
)
def test_span_without_ids_is_left_out_and_the_rest_is_kept(invalid):
    checked = check(Signal.TRACES, request_of([{"name": "good"}, {"name": "bad", **invalid}]), 100)
    assert (checked.records, checked.left_out) == (1, {"invalid_ids": 1})
    message = ExportTraceServiceRequest.FromString(checked.body)
    assert [span.name for span in message.resource_spans[0].scope_spans[0].spans] == ["good"]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(st.integers(0, 5), max_size=4), max_size=4))
def test_count_on_the_wire_equals_the_decoded_count(shape):
    message = ExportTraceServiceRequest()
    for scopes in shape:
        group = message.resource_spans.add()
        for spans in scopes:
            scope = group.scope_spans.add()
            for _ in range(spans):
                scope.spans.add(trace_id=b"t" * 16, span_id=b"s" * 8, name="näme")
    assert weigh(Signal.TRACES, message.SerializeToString(), 10_000).records == sum(map(sum, shape))


@settings(max_examples=75, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_accepted_or_refused_in_words(body):
    try:
        check(Signal.TRACES, body, 100)
    except IngestError as refused:
        assert refused.code in {"malformed", "too_many_records"}
