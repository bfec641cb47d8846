"""A request taken apart in one go says what a walk from record to record says, also where somebody means harm."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

import pytest
from hand_clock import HandClock
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from otlp_requests import request_of

from mendline.errors import IngestError
from mendline.ingest import wire
from mendline.ingest.cardinality import Cardinality
from mendline.ingest.check import clean
from mendline.ingest.parts import take_apart
from mendline.ingest.wire import weigh
from mendline.model.signal import Signal
from mendline.store.handover import varint

TRACE_ID, SPAN_ID = b"\n\x10" + b"t" * 16, b"\x12\x08" + b"s" * 8
NAME, URL, UNKNOWN, LONG = b"*\x01n", b"\x1a\x01u", b"\xf8\x07\x01", b"\n\x80\x80\x00"
KEY = b"J\x08\n\x01k\x12\x03\n\x01v"


def _message(field: int):
    return lambda parts: bytes([field << 3 | 2]) + varint(len(b"".join(parts))) + b"".join(parts)


def _some(*pieces, most=5):
    return st.lists(
        st.one_of(*(st.just(piece) if isinstance(piece, bytes) else piece for piece in pieces)), max_size=most
    )


SPAN_PARTS = _some(
    TRACE_ID,
    SPAN_ID,
    TRACE_ID + SPAN_ID,
    b"\n\x00",
    b"\x12\x00",
    b"\n\x10" + bytes(16),
    b"\x12\x08" + bytes(8),
    NAME,
    KEY,
)
SPANS = st.one_of(SPAN_PARTS, st.just([TRACE_ID, SPAN_ID, KEY]), st.just([b"x"])).map(_message(2))
SOURCES = _some(b"\n\x08\n\x01k\x12\x03\n\x01v", UNKNOWN, most=2).map(_message(1))
SCOPES = _some(SOURCES, SPANS, SPANS, SPANS, URL, UNKNOWN, LONG).map(_message(2))
GROUPS = _some(SOURCES, SCOPES, SCOPES, URL, UNKNOWN).map(_message(1))
BODIES = _some(GROUPS, GROUPS, UNKNOWN).map(b"".join)


def _walked(body, most=1000):
    with patch.object(wire, "take_apart", lambda *_: None):
        return weigh(Signal.TRACES, body, most)


def _told(work):
    try:
        return work()
    except IngestError as error:
        return error.code


@settings(max_examples=150, deadline=None)
@given(BODIES)
def test_what_is_taken_apart_is_cleaned_as_what_is_walked_through(body):
    apart, walked = _told(lambda: weigh(Signal.TRACES, body, 1000)), _told(lambda: _walked(body))
    cleaned = [
        weight if isinstance(weight, str) else _told(lambda weight=weight: clean(Signal.TRACES, body, weight))
        for weight in (apart, walked)
    ]
    assert cleaned[0] == cleaned[1]
    if not isinstance(cleaned[0], str):
        assert replace(apart, parts=None) == walked


def _spans(*spans):
    return _message(1)([_message(2)([_message(2)([span]) for span in spans])])


ORDINARY = TRACE_ID + SPAN_ID + KEY


@pytest.mark.parametrize(
    "span",
    [
        ORDINARY + b"\n\x02xx",  # the last of two ids counts
        ORDINARY + b"\x12\x00",
        b"\n\x10" + bytes(16) + SPAN_ID,
        TRACE_ID + b"\x12\x08" + bytes(8),
        TRACE_ID,
        b"",
    ],
)
def test_a_span_with_a_wrong_id_is_left_out_whatever_stands_beside_it(span):
    body = _spans(ORDINARY, span, ORDINARY)
    cleaned = clean(Signal.TRACES, body, weigh(Signal.TRACES, body, 1000))
    assert (cleaned.records, cleaned.left_out) == (2, {"invalid_ids": 1})


def test_an_id_too_many_does_not_stand_for_one_that_lacks():
    body = _spans(ORDINARY + TRACE_ID + SPAN_ID, NAME)
    assert clean(Signal.TRACES, body, weigh(Signal.TRACES, body, 1000)).left_out == {"invalid_ids": 1}


def test_two_resources_for_one_are_not_taken_apart_since_they_are_large_together():
    half = _message(1)([b"\n" + varint(len(pair)) + pair for pair in [KEY[2:]] * 80])
    body = _message(1)([half, half, _message(2)([_message(2)([ORDINARY])])])
    assert take_apart(Signal.TRACES, body, 1000) is None
    (group,) = ExportTraceServiceRequest.FromString(
        clean(Signal.TRACES, body, weigh(Signal.TRACES, body, 1000)).body
    ).resource_spans
    assert (len(group.resource.attributes), group.resource.dropped_attributes_count) == (128, 32)


def test_metrics_are_walked_through():
    assert take_apart(Signal.METRICS, b"", 1000) is None


def test_keys_of_what_is_taken_apart_are_known_from_then_on_in_their_order():
    cardinality = Cardinality(HandClock(), new_keys=2)
    body = request_of([{"attributes": {"a": 1}}, {"attributes": {"b": 1}}], resource={"r": "v"})
    cleaned = clean(Signal.TRACES, body, weigh(Signal.TRACES, body, 1000), cardinality=cardinality)
    assert cleaned.cut == {"cardinality": 1}
    (group,) = ExportTraceServiceRequest.FromString(cleaned.body).resource_spans
    assert [[pair.key for pair in span.attributes] for span in group.scope_spans[0].spans] == [["a"], []]
