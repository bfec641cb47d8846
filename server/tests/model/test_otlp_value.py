"""What nests deeply comes out as JSON, and what cannot be read stays as it is."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from otlp_requests import any_value

from mendline.model.otlp_value import readable

_LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
)  # fmt: skip
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(_VALUES, max_size=4))
def test_list_is_read_back(value):
    packed = base64.b64encode(any_value(value).array_value.SerializeToString()).decode()
    assert json.loads(readable(json.dumps({"here": [{"$otlp.array": packed}]}))) == {"here": [value]}


@given(st.dictionaries(st.text(max_size=4), _VALUES, max_size=4))
def test_map_is_read_back(value):
    packed = base64.b64encode(any_value(value).kvlist_value.SerializeToString()).decode()
    assert json.loads(readable(json.dumps([{"$otlp.kvlist": packed}]))) == [value]


@pytest.mark.parametrize(
    "text",
    [
        "", "plain", '{"a":1}', '[{"$otlp.array":"not base64!"}]', '[{"$otlp.array":"/////w=="}]', '{"$otlp.array":',
        '[{"$otlp.kvlist":5}]',
    ],
)  # fmt: skip
def test_what_cannot_be_read_stays(text):
    assert readable(text) == text


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_left(data):
    readable(json.dumps({"$otlp.array": base64.b64encode(data).decode()}))
