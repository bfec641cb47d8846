"""Captured requests and responses: redacted, then cut, and never more work than that."""

from __future__ import annotations

import base64
import copy
import datetime
import decimal
import enum
import json
import os
import sys
import time
import uuid

import pytest
from awslambdaric.lambda_runtime_exception import FaultException
from awslambdaric.lambda_runtime_marshaller import LambdaMarshaller
from hypothesis import given, settings
from hypothesis import strategies as st

from mendline_agent.capture import CUT, LIMIT_BYTES, Capture
from mendline_agent.redaction import Redactor

SECRET = "hunter2-is-the-secret"
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**11), 10**11) | st.text('abcdé{}[]" \\', max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcx", max_size=5), inner, max_size=4),
    max_leaves=20,
)


def render(value):
    """As the second time that a process sees such a value, and the first time."""
    capture = Capture(Redactor())
    first = capture.render(value)
    assert capture.render(value) == first
    return first


@given(_JSON)
def test_harmless_json_stays_the_same(value):
    assert _normal(json.loads(render(value))) == _normal(value)


def _normal(value):
    """JSON inside text may be written more tightly."""
    if isinstance(value, str):
        try:
            return _normal(json.loads(value)) if value[:1] in ("{", "[") else value
        except ValueError:
            return value
    if isinstance(value, list):
        return [_normal(item) for item in value]
    return {key: _normal(item) for key, item in value.items()} if isinstance(value, dict) else value


_PARTS = [
    *("password", "Token", "routeKey", "api_key", "=", ":", '"', "'", ": ", " ", "\n", "\\", "x", "/", ".", ","),
    *("Bearer ", "basic\u00a0", "http://", "bob:pw@", "AKIAIOSFODNN7EXAMPLE", "-----BEGIN A-----", "eyJ", "\u0130"),
    *("pass", "pin", "Value", "</", "<", ">", "gho_", "\r\n\r\n", "hooks.slack.com/services/"),
    *("hunter2hunter2", "4111 1111 ", "1111-1111", "4111111111111111", "1795413002090", "{", "}", "[", "]", "é"),
]
_TEXT = st.lists(st.sampled_from(_PARTS), max_size=7).map("".join)
_SECRETS = st.recursive(
    _TEXT | st.integers(0, 10**17) | st.floats(0, 10**17),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3) | inner.map(json.dumps),
    max_leaves=8,
)


class _Closely(Redactor):
    """Looks for every shape in every text, however plain."""

    def _shows(self, texts):
        return True


@settings(max_examples=125)
@given(_SECRETS)
def test_what_is_not_looked_at_closely_would_show_nothing(value):
    closely = Capture(_Closely()).render(value)  # which may take a backslash before a quotation mark for a secret's end
    assert render(value).replace("\\", "") == closely.replace("\\", "")


PLACES = {
    "key": {"password": SECRET},
    "deep": {"a": [{"b": {"token": {"S": SECRET}}}]},
    "http body": {"body": json.dumps({"user": "bob", "password": SECRET})},
    "base64 body": {"isBase64Encoded": True, "body": base64.b64encode(f'{{"token":"{SECRET}"}}'.encode()).decode()},
    "long base64 body": {"isBase64Encoded": True, "body": base64.b64encode(f"x{SECRET}x".encode() * 9999).decode()},
    "sqs body": {"Records": [{"body": json.dumps({"Message": json.dumps({"api_key": SECRET})})}]},
    "kinesis": {"partitionKey": "p", "data": base64.b64encode(json.dumps({"secret": SECRET}).encode()).decode()},
    "header": {"headers": {"Authorization": f"Bearer {SECRET}"}},
    "multi header": {"multiValueHeaders": {"Cookie": [SECRET]}},
    "name and value": {"headers": [{"name": "Cookie", "value": SECRET}]},
    "named, small": {"name": "Cookie", "value": SECRET[:12]},
    "query": {"rawQueryString": f"a=1&access_token={SECRET}"},
    "url": f"https://bob:{SECRET}@host/",
    "broken json": {"body": f'{{"password": "{SECRET}", '},
    "huge json": {"body": json.dumps({"password": SECRET, "fill": "x" * 100_000})},
    "across the cut": {"fill": "x" * (LIMIT_BYTES - 20), "url": f"https://bob:{SECRET}@host/"},
}


@pytest.mark.parametrize("place", PLACES)
def test_a_secret_does_not_show(place):
    text = render(PLACES[place])
    assert SECRET not in text
    assert SECRET[:12] not in text


@pytest.mark.parametrize("offset", range(0, 1600, 7))
def test_a_secret_that_lies_across_the_limit_does_not_show_in_part(offset):
    fill = "x" * (LIMIT_BYTES - 300 + offset)
    assert "4111" not in render({"fill": fill, "card": "4111 1111 1111 1111", "more": "y" * 5000})
    assert "hunter" not in render({"body": json.dumps({"fill": fill, "password": SECRET, "more": "y" * 40_000})})


def test_the_text_is_cut_at_16_kib_with_a_mark():
    text = render({"a": "é" * 100_000})
    assert len(text.encode()) <= LIMIT_BYTES
    assert text.endswith(CUT)
    assert CUT not in render({"a": "b" * 1000})


class _Colour(enum.Enum):
    RED = 1


class _Size(enum.IntEnum):
    ONE = 1


class _Ratio(float):
    pass


class _Told:
    def _asdict(self):
        return {"told": 1}


RESULTS = [
    {"a": [1, "b", None, True, 1.5]}, decimal.Decimal("1.50"), {"n": decimal.Decimal(3)}, (1, 2), b"bytes", _Size.ONE,
    {"size": _Size.ONE, "ratio": _Ratio(2)}, _Told(), {2: 2, None: 3, True: 4}, {"b": b"utf-8"},
    os.stat_result(range(10)), datetime.time(1),
    {"at": [datetime.date(2026, 1, 1)]}, {1, 2}, {"id": uuid.UUID(int=1)}, _Colour.RED,
    object(), {"x": iter(())}, {(1, 2): 3}, bytearray(b"x"), datetime.timedelta(1), {"e": ValueError("x")}, len,
]  # fmt: skip


@pytest.mark.parametrize("result", RESULTS, ids=[f"{at} {type(one).__name__}" for at, one in enumerate(RESULTS)])
def test_what_the_runtime_cannot_make_json_of_is_known(result):
    unfit = []
    Capture(Redactor()).render(result, LIMIT_BYTES, unfit)
    try:
        LambdaMarshaller().marshal_response(result)
    except FaultException:
        assert unfit
    else:
        assert not unfit


def test_the_event_is_neither_changed_nor_kept():
    event = {"a": {"password": "x"}, "b": ['{"token": "y"}']}
    before = copy.deepcopy(event)
    render(event)
    assert event == before


GIANTS = {
    "wide list": [1] * 3_000_000,
    "wide dict": {str(i): i for i in range(300_000)},
    "long text": {"body": "x" * 6_000_000},
    "long json text": {"body": json.dumps([{"a": "b"}] * 500_000)},
    "many json texts": ['{"password":"' + "x" * 30_000 + '"}'] * 200,
    "huge number": {"n": 10**5000},
    "nearly tokens": "eyJ" * 10_000,
    "nearly schemes": "basicbearer" * 3000,
    "nearly cards": "4" * 30_000,
    "nearly names": "password" * 4000,
    "nearly urls": "://a" * 8000,
    "nearly forms": 'password"' + "\\" * 30_000,
    "nearly elements": "<password " * 3000,
    "nearly hooks": "/bot" * 8000,
    "nearly keys": "-----BEGIN A" * 3000,
}


@pytest.mark.parametrize("name", GIANTS)
def test_giant_values_cost_little(name):
    steps = 0

    def count(frame, event, arg):
        nonlocal steps
        steps += event in ("call", "c_call")

    capture = Capture(Redactor())
    began = time.thread_time()
    sys.setprofile(count)
    try:
        capture.render(GIANTS[name])
    finally:
        sys.setprofile(None)
    assert steps < 200_000  # as many as the text may hold; of the list three millions would be
    assert time.thread_time() - began < 5  # a hundredth of a second; what is quadratic takes minutes


def test_endless_values_end():
    loop: list = []
    loop.append(loop)
    assert "too deep" in render(loop)
    assert len(render({"a": json.dumps({"b": json.dumps({"c": json.dumps([[[[1]]]])})})})) > 10


class _Trap:
    def __repr__(self):
        raise AssertionError("user code was run")

    __str__ = __iter__ = __repr__


def test_what_json_has_no_word_for_is_named_not_run():
    moment = datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC)
    value = {
        "trap": _Trap(),
        "bytes": b"1234",
        "number": decimal.Decimal("1.5"),
        "id": uuid.UUID(int=1),
        "at": moment,
        "set": {1},
        "generator": (x for x in ()),
        5: None,
        (1, 2): True,
        "nan": float("nan"),
    }
    text = render(value)
    assert "_Trap]" in text
    assert '"[binary, 4 bytes]"' in text
    assert '"1.5"' in text
    assert "2026-11-23" in text
    assert "generator" in text


def test_numbers_that_json_lacks_are_texts():
    assert json.loads(render({"a": [float("nan"), float("inf"), -float("inf"), 1e308]})) == {
        "a": ["NaN", "Infinity", "-Infinity", 1e308]
    }
