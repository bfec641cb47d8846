"""What a client sent is what a read returns: any span, any attributes, with their types."""

from __future__ import annotations

import base64
import itertools
import json
import time

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mendline.insight.traces import get_trace

_traces = itertools.count(1)
_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\t\n"), max_size=12)
_SCALARS = st.one_of(
    _TEXT,
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.binary(max_size=8),
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)
_ATTRIBUTES = st.dictionaries(_TEXT.filter(bool), _VALUES, max_size=6)
_TYPES = {bool: "bool", int: "int", float: "double", bytes: "bytes", list: "array", dict: "kvlist"}
_IDS = st.binary(min_size=8, max_size=8).filter(any)


@st.composite
def _spans(draw):
    start = time.time_ns() - draw(st.integers(10**9, 10**12))
    return {
        "span_id": draw(_IDS),
        "name": draw(_TEXT),
        "kind": draw(st.integers(0, 5)),
        "start": start,
        "duration": draw(st.integers(0, 10**9)),
        "status": draw(st.integers(0, 2)),
        "message": draw(_TEXT),
        "attributes": draw(_ATTRIBUTES),
        "events": [(draw(_TEXT), draw(_ATTRIBUTES)) for _ in range(draw(st.integers(0, 2)))],
        "links": [(draw(st.binary(min_size=16, max_size=16)), draw(_IDS)) for _ in range(draw(st.integers(0, 2)))],
    }


# an example takes a tenth of a second: it is not shrunk
@settings(max_examples=25, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(spans=st.lists(_spans(), min_size=1, max_size=5, unique_by=lambda span: span["span_id"]))
def test_what_was_sent_comes_back(store, send_spans, spans):
    trace_id = next(_traces).to_bytes(16, "big")
    send_spans(*({**span, "trace_id": trace_id} for span in spans), resource={"service.name": "s"})
    found = {span.span_id: span for span in get_trace(store, trace_id.hex()).spans}
    assert found.keys() == {span["span_id"].hex() for span in spans}
    for sent in spans:
        got = found[sent["span_id"].hex()]
        assert (got.name, got.start_ns, got.status_message) == (sent["name"], sent["start"], sent["message"])
        assert got.duration_ms == sent["duration"] / 1e6
        assert _same(got.attributes, sent["attributes"])
        kinds = {key: _TYPES[type(value)] for key, value in sent["attributes"].items() if not isinstance(value, str)}
        assert got.attribute_types == kinds
        assert [event.name for event in got.events] == [name for name, _ in sent["events"]]
        assert all(map(_same, (event.attributes for event in got.events), (given for _, given in sent["events"])))
        assert [(link.trace_id, link.span_id) for link in got.links] == [
            (trace.hex(), span.hex()) for trace, span in sent["links"]
        ]


def _same(texts, values):
    return texts.keys() == values.keys() and all(_equal(texts[key], value) for key, value in values.items())


def _equal(text, value):
    """Whether a text is what a value is read as: bare where it is one, JSON where it has parts."""
    if isinstance(value, str):
        return text == value
    if isinstance(value, bytes):
        return base64.b64decode(text) == value
    return _means(json.loads(text), value)


def _means(parsed, value):
    if isinstance(value, bytes):
        return base64.b64decode(parsed) == value
    if isinstance(value, float):  # JSON has one kind of number; 2.0 may be written 2
        return isinstance(parsed, (int, float)) and float(parsed) == value
    if isinstance(value, list):
        return len(parsed) == len(value) and all(map(_means, parsed, value))
    if isinstance(value, dict):
        return parsed.keys() == value.keys() and all(_means(parsed[key], value[key]) for key in value)
    return type(parsed) is type(value) and parsed == value
