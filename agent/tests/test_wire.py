"""What the encoder writes, the official messages read back the same."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from mendline_agent.spans import CLIENT, Span, TraceContext
from mendline_agent.wire import any_value, encode_request, encode_resource, encode_scope, encode_span, varint

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
_SCALARS = st.one_of(_TEXTS, st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(), st.binary(max_size=50))
_VALUES = st.recursive(_SCALARS, lambda inner: st.lists(inner, max_size=4), max_leaves=8)


def _read(value):
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_read(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return {pair.key: _read(pair.value) for pair in value.kvlist_value.values}
    return getattr(value, kind)


def _same(one, other):
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, float) and math.isnan(one):
        return isinstance(other, float) and math.isnan(other)
    return type(one) is type(other) and one == other


@given(_VALUES)
def test_every_value_round_trips(value):
    assert _same(_read(AnyValue.FromString(any_value(value).encode("latin-1"))), value)


@given(st.dictionaries(_TEXTS, _SCALARS, max_size=5))
def test_every_dict_round_trips(value):
    read = _read(AnyValue.FromString(any_value(value).encode("latin-1")))
    assert read.keys() == value.keys()
    assert all(_same(read[key], value[key]) for key in value)


def test_what_has_no_otlp_type_goes_as_text():
    assert AnyValue.FromString(any_value(2**70).encode("latin-1")).string_value == str(2**70)
    assert AnyValue.FromString(any_value(ValueError("x")).encode("latin-1")).string_value == "x"
    assert AnyValue.FromString(any_value("a\ud800b").encode("latin-1")).string_value == "a?b"


@given(
    name=_TEXTS,
    ids=st.tuples(st.binary(min_size=16, max_size=16), st.binary(min_size=8, max_size=8)),
    attributes=st.dictionaries(_TEXTS, _VALUES, max_size=6),
    message=_TEXTS,
    flags=st.integers(0, 255),
    state=_TEXTS,
)
def test_every_span_round_trips(name, ids, attributes, message, flags, state):
    span = Span(name, CLIENT, TraceContext(ids[0], ids[1], flags, state))
    span.attributes.update(attributes)
    span.fail("E", message)
    span.links.append(TraceContext(ids[0][::-1], ids[1][::-1], 1, state))
    span.events.append((12345, "exception", {"exception.message": message}))
    span.end()
    (read,) = trace_pb2.ScopeSpans.FromString(encode_span(span)).spans
    assert (read.trace_id, read.parent_span_id, read.span_id) == (ids[0], ids[1], span.span_id)
    assert (read.name, read.kind, read.trace_state, read.flags) == (name, CLIENT, state, flags)
    assert (read.start_time_unix_nano, read.end_time_unix_nano) == (span.start_ns, span.end_ns)
    assert {pair.key for pair in read.attributes} == {*attributes, "error.type"}
    assert (read.status.code, read.status.message) == (2, message)
    assert (read.links[0].trace_id, read.links[0].span_id) == (ids[0][::-1], ids[1][::-1])
    assert (read.events[0].name, read.events[0].time_unix_nano) == ("exception", 12345)


def test_a_request_carries_resource_scope_and_spans():
    span = Span("work", CLIENT, TraceContext(b"t" * 16))
    span.end()
    body = encode_request(
        encode_resource({"faas.name": "f", "left.out": None}), encode_scope("scope", "1"), [encode_span(span)] * 3
    )
    (resource_spans,) = ExportTraceServiceRequest.FromString(body).resource_spans
    assert [pair.key for pair in resource_spans.resource.attributes] == ["faas.name"]
    (scope_spans,) = resource_spans.scope_spans
    assert (scope_spans.scope.name, scope_spans.scope.version) == ("scope", "1")
    assert [read.name for read in scope_spans.spans] == ["work"] * 3
    assert scope_spans.spans[0].parent_span_id == b""


def test_varints_are_protobuf_s():
    table = {0: "00", 127: "7f", 128: "8001", 300: "ac02", -1: "ffffffffffffffffff01"}
    assert {number: varint(number).encode("latin-1").hex() for number in table} == table
