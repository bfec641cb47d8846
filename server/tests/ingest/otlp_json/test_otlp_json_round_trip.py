"""What a client says in OTLP/JSON is what the protobuf holds: round trips of made-up messages of all three signals."""

from __future__ import annotations

import base64
import json
import math

import pytest
from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from mendline.errors import MendlineError
from mendline.ingest.otlp_json import to_protobuf
from mendline.model.signal import Signal

REQUESTS = [
    (Signal.TRACES, ExportTraceServiceRequest),
    (Signal.LOGS, ExportLogsServiceRequest),
    (Signal.METRICS, ExportMetricsServiceRequest),
]
INT32, INT64 = st.integers(-(2**31), 2**31 - 1), st.integers(-(2**63), 2**63 - 1)
UINT32, UINT64 = st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1)
SCALARS = {
    F.TYPE_STRING: st.text(max_size=8),
    F.TYPE_BYTES: st.binary(max_size=17),
    F.TYPE_BOOL: st.booleans(),
    F.TYPE_ENUM: INT32,
    F.TYPE_DOUBLE: st.floats(allow_nan=False) | st.just(math.nan),  # JSON has one NaN
    F.TYPE_INT32: INT32,
    F.TYPE_SINT32: INT32,
    F.TYPE_INT64: INT64,
    F.TYPE_SFIXED64: INT64,
    F.TYPE_UINT32: UINT32,
    F.TYPE_FIXED32: UINT32,
    F.TYPE_UINT64: UINT64,
    F.TYPE_FIXED64: UINT64,
}
WORDS = {math.inf: "Infinity", -math.inf: "-Infinity"}
WIDE = {F.TYPE_INT64, F.TYPE_SFIXED64, F.TYPE_UINT64, F.TYPE_FIXED64}
GROUPS = {"resource_spans", "resource_logs", "resource_metrics", "scope_spans", "scope_logs", "scope_metrics"}
GROUPS |= {"spans", "log_records", "metrics", "data_points"}


def _fill(draw, message, values_deep=0):
    """Fill a message with some of its fields, of every kind; the way down to the records is always taken."""
    descriptor = message.DESCRIPTOR
    chosen = {oneof.name: draw(st.sampled_from(list(oneof.fields))) for oneof in descriptor.oneofs}
    for field in descriptor.fields:
        if field.containing_oneof and chosen[field.containing_oneof.name] is not field:
            continue
        if not (field.name in GROUPS or field.containing_oneof or draw(st.booleans())):
            continue
        if field.message_type is None:
            if field.is_repeated:
                getattr(message, field.name).extend(draw(st.lists(SCALARS[field.type], max_size=3)))
            else:
                setattr(message, field.name, draw(SCALARS[field.type]))
            continue
        deeper = values_deep + (field.message_type.name in ("ArrayValue", "KeyValueList"))
        if deeper > 2:
            continue
        if field.is_repeated:
            for _ in range(draw(st.integers(1 if field.name in GROUPS else 0, 2))):
                _fill(draw, getattr(message, field.name).add(), deeper)
        else:
            part = getattr(message, field.name)
            part.SetInParent()
            _fill(draw, part, deeper)


@st.composite
def _messages(draw, kind):
    message = kind()
    _fill(draw, message)
    return message


def _write(draw, message):
    """A message as OTLP/JSON says it (specification, "JSON Protobuf Encoding"), in any of the allowed ways."""
    written = {}
    for field, value in message.ListFields():
        one = (lambda item, field=field: _write(draw, item)) if field.message_type else _scalar_writer(draw, field)
        written[field.json_name] = [one(item) for item in value] if field.is_repeated else one(value)
    if draw(st.integers(0, 9)) == 0:
        written["somethingNew"] = {"name": [None, {"x": 1.5}]}
    return written


def _scalar_writer(draw, field):
    if field.type == F.TYPE_BYTES:
        if field.name == "bytes_value":
            return lambda value: base64.b64encode(value).decode()
        return lambda value: value.hex() if draw(st.booleans()) else value.hex().upper()
    if field.type in WIDE:
        return lambda value: value if draw(st.booleans()) else str(value)
    if field.type == F.TYPE_DOUBLE:
        return lambda value: value if math.isfinite(value) else WORDS.get(value, "NaN")
    return lambda value: value


def _read(signal, kind, text):
    return kind.FromString(to_protobuf(signal, text.encode(), 10_000)).SerializeToString(deterministic=True)


@pytest.mark.parametrize(("signal", "kind"), REQUESTS)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_a_client_says_is_what_is_read(signal, kind, data):
    message = data.draw(_messages(kind))
    text = json.dumps(_write(data.draw, message), ensure_ascii=data.draw(st.booleans()))
    assert _read(signal, kind, text) == message.SerializeToString(deterministic=True)


def _without_ids(message):
    for field, value in message.ListFields():
        if field.type == F.TYPE_BYTES and field.name != "bytes_value":
            message.ClearField(field.name)
        elif field.message_type:
            for item in value if field.is_repeated else [value]:
                _without_ids(item)


@pytest.mark.parametrize(("signal", "kind"), REQUESTS)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_without_ids_the_official_writer_is_understood(signal, kind, data):
    message = data.draw(_messages(kind))
    _without_ids(message)
    text = json_format.MessageToJson(message, use_integers_for_enums=True)
    assert _read(signal, kind, text) == message.SerializeToString(deterministic=True)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["NaN", "00", "zz"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def _break(draw, value):
    """Put something else in place of a part of a JSON value, somewhere."""
    if isinstance(value, (dict, list)) and value and draw(st.integers(0, 6)):
        key = draw(st.sampled_from(sorted(value) if isinstance(value, dict) else range(len(value))))
        value[key] = _break(draw, value[key])
        return value
    return draw(JSON)


@pytest.mark.parametrize(("signal", "kind"), REQUESTS)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_broken_request_is_read_or_refused_in_words(signal, kind, data):
    written = _break(data.draw, _write(data.draw, data.draw(_messages(kind))))
    try:
        kind.FromString(to_protobuf(signal, json.dumps(written).encode("utf-8", "surrogatepass"), 10_000))
    except MendlineError as refused:
        assert refused.code in {"malformed", "too_many_records"}
        assert refused.message.endswith(".")


@settings(max_examples=75, deadline=None)
@given(body=st.binary(max_size=200) | st.text(alphabet='{}[]",:0123456789.eE-ntfu\\', max_size=80).map(str.encode))
def test_any_bytes_are_read_or_refused_in_words(body):
    try:
        to_protobuf(Signal.LOGS, body, 100)
    except MendlineError as refused:
        assert refused.code in {"malformed", "too_many_records"}
