"""What a client sent is what a read returns: any span, log record and data point, with all of their fields."""

from __future__ import annotations

import base64
import itertools
import json
import time
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from otlp_requests import any_value, pairs

from mendline.insight.logs import list_logs
from mendline.insight.metrics import list_metrics, metric_points
from mendline.insight.origins import resources_of
from mendline.insight.traces import get_trace
from mendline.model.signal import Signal
from mendline.model.timerange import TimeRange
from mendline.model.trace import KINDS, STATUSES
from mendline.store import Payload

_numbers = itertools.count(1)
# an example takes half a second, so that it is not shrunk, and holds much
_examples = settings(max_examples=6, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))

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
_ATTRIBUTES = st.dictionaries(_TEXT.filter(bool), _VALUES, max_size=4)
_TYPES = {bool: "bool", int: "int", float: "double", bytes: "bytes", list: "array", dict: "kvlist"}
KINDS_OF_METRICS = ("gauge", "sum", "histogram", "exponential_histogram", "summary")
_COUNTS = st.integers(0, 2**32 - 1)
_SPAN_IDS = st.binary(min_size=8, max_size=8).filter(any)
_TRACE_IDS = st.binary(min_size=16, max_size=16).filter(any)
_STATES = st.sampled_from(["", "ot=th:8", "vendor=a b,ot=th:c;rv:1"])
_ORIGINS = st.fixed_dictionaries(
    {
        "resource": _ATTRIBUTES,
        "resource_dropped": _COUNTS,
        "resource_schema": _TEXT,
        "scope": _TEXT,
        "version": _TEXT,
        "scope_attributes": _ATTRIBUTES,
        "scope_dropped": _COUNTS,
        "scope_schema": _TEXT,
    }
)
_NUMBERS = st.one_of(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False))
_MAYBE = st.none() | st.floats(allow_nan=False)
_DOUBLES = st.lists(st.floats(allow_nan=False), max_size=3)
_BUCKETS = st.lists(st.integers(0, 2**64 - 1), max_size=4)
_EXEMPLARS = st.lists(st.tuples(_NUMBERS, _SPAN_IDS, _TRACE_IDS, _ATTRIBUTES), max_size=2)


def _ago(draw):
    return time.time_ns() - draw(st.integers(10**9, 10**12))


@st.composite
def _spans(draw):
    return {
        "span_id": draw(_SPAN_IDS), "parent": draw(st.just(b"") | _SPAN_IDS), "name": draw(_TEXT),
        "kind": draw(st.integers(0, 5)), "start": _ago(draw), "duration": draw(st.integers(0, 10**9)),
        "state": draw(_STATES), "flags": draw(_COUNTS), "status": draw(st.integers(0, 2)), "message": draw(_TEXT),
        "attributes": draw(_ATTRIBUTES), "dropped": draw(st.tuples(_COUNTS, _COUNTS, _COUNTS)),
        "events": draw(st.lists(st.tuples(_TEXT, st.integers(0, 2**63 - 1), _ATTRIBUTES, _COUNTS), max_size=2)),
        "links": draw(st.lists(st.tuples(_TRACE_IDS, _SPAN_IDS, _STATES, _COUNTS, _ATTRIBUTES, _COUNTS), max_size=2)),
    }  # fmt: skip


@st.composite
def _log_records(draw):
    return {
        "time": _ago(draw), "observed": _ago(draw), "severity": draw(st.integers(0, 24)), "text": draw(_TEXT),
        "body": draw(st.none() | _VALUES), "attributes": draw(_ATTRIBUTES), "dropped": draw(_COUNTS),
        "flags": draw(_COUNTS), "trace_id": draw(st.just(b"") | _TRACE_IDS), "span_id": draw(st.just(b"") | _SPAN_IDS),
        "event": draw(_TEXT),
    }  # fmt: skip


@st.composite
def _points(draw):
    """What a point of any kind needs; each kind takes what it has."""
    return {
        "time": _ago(draw), "start": draw(st.just(0) | st.integers(1, 2**62)), "flags": draw(_COUNTS),
        "attributes": draw(_ATTRIBUTES), "exemplars": draw(_EXEMPLARS), "value": draw(_NUMBERS),
        "count": draw(st.integers(0, 2**64 - 1)), "sum": draw(_MAYBE), "min": draw(_MAYBE), "max": draw(_MAYBE),
        "bounds": draw(_DOUBLES), "buckets": draw(_BUCKETS), "negative": draw(_BUCKETS),
        "offsets": draw(st.tuples(st.integers(-(2**31), 2**31 - 1), st.integers(-(2**31), 2**31 - 1))),
        "scale": draw(st.integers(-(2**31), 2**31 - 1)), "zeros": draw(st.integers(0, 2**64 - 1)),
        "zero_threshold": draw(st.floats(allow_nan=False)), "quantiles": draw(st.lists(st.tuples(
            st.floats(0, 1), st.floats(allow_nan=False)), max_size=2)),
        "temporality": draw(st.integers(0, 2)), "monotonic": draw(st.booleans()),
        "metadata": draw(_ATTRIBUTES), "unit": draw(_TEXT), "description": draw(_TEXT),
    }  # fmt: skip


@_examples
@given(spans=st.lists(_spans(), min_size=3, max_size=9, unique_by=lambda span: span["span_id"]), origin=_ORIGINS)
def test_span_comes_back_with_all_that_was_sent(store, spans, origin):
    trace_id = next(_numbers).to_bytes(16, "big")
    message = ExportTraceServiceRequest()
    scope = _originate(message.resource_spans.add(), "scope_spans", origin)
    for sent in spans:
        _add_span(scope, trace_id, sent)
    _store(store, Signal.TRACES, message)
    trace = get_trace(store, trace_id.hex())
    found = {span.span_id: span for span in trace.spans}
    assert found.keys() == {span["span_id"].hex() for span in spans}
    for sent in spans:
        got = found[sent["span_id"].hex()]
        _check_span(got, sent)
        _check_origin(got.scope, trace.resources[got.resource_id], origin)


@_examples
@given(records=st.lists(_log_records(), min_size=3, max_size=9), origin=_ORIGINS)
def test_log_record_comes_back_with_all_that_was_sent(store, records, origin):
    number = next(_numbers)
    service = f"logs-{number}"
    origin = {**origin, "resource": {**origin["resource"], "service.name": service}}
    message = ExportLogsServiceRequest()
    scope = _originate(message.resource_logs.add(), "scope_logs", origin)
    for index, sent in enumerate(records):
        record = scope.log_records.add(
            time_unix_nano=sent["time"] + index, observed_time_unix_nano=sent["observed"], flags=sent["flags"],
            severity_number=sent["severity"], severity_text=sent["text"], attributes=pairs(sent["attributes"]),
            dropped_attributes_count=sent["dropped"], trace_id=sent["trace_id"], span_id=sent["span_id"],
            event_name=sent["event"],
        )  # fmt: skip
        if sent["body"] is not None:
            record.body.CopyFrom(any_value(sent["body"]))
    _store(store, Signal.LOGS, message)
    found = {record.time_ns: record for record in list_logs(store, _hours(), service=service)}
    resources = resources_of(store, found.values())
    assert len(found) == len(records)
    for index, sent in enumerate(records):
        got = found[sent["time"] + index]
        assert (got.observed_ns, got.severity_number, got.severity_text, got.flags, got.event_name) == (
            sent["observed"], sent["severity"], sent["text"], sent["flags"], sent["event"],
        )  # fmt: skip
        assert (got.trace_id, got.span_id) == (sent["trace_id"].hex(), sent["span_id"].hex())
        assert got.body_type == ("no" if sent["body"] is None else _TYPES.get(type(sent["body"]), ""))
        assert got.body == "" if sent["body"] is None else _equal(got.body, sent["body"])
        _check_attributes(got, sent["attributes"], sent["dropped"])
        _check_origin(got.scope, resources[got.resource_id], origin)


@_examples
@given(points=st.tuples(*[_points()] * len(KINDS_OF_METRICS)), origin=_ORIGINS)
def test_data_points_of_every_kind_come_back_with_all_that_was_sent(store, points, origin):
    number = next(_numbers)
    message = ExportMetricsServiceRequest()
    scope = _originate(message.resource_metrics.add(), "scope_metrics", origin)
    for kind, sent in zip(KINDS_OF_METRICS, points, strict=True):
        metric = scope.metrics.add(name=f"{kind}.{number}", unit=sent["unit"], description=sent["description"])
        metric.metadata.extend(pairs(sent["metadata"]))
        _add_point(metric, kind, sent)
    _store(store, Signal.METRICS, message)
    told = {metric.name: metric for metric in list_metrics(store, _hours())}
    for kind, sent in zip(KINDS_OF_METRICS, points, strict=True):
        (got,) = metric_points(store, f"{kind}.{number}", _hours())
        assert (got.kind, got.time_ns, got.start_ns, got.flags) == (kind, sent["time"], sent["start"], sent["flags"])
        _check_attributes(got, sent["attributes"])
        _check_point(got, kind, sent)
        _check_origin(got.scope, resources_of(store, [got])[got.resource_id], origin)
        metric = told[got.name]
        assert (metric.unit, metric.description) == (sent["unit"], sent["description"])
        assert _same(metric.metadata, sent["metadata"])
        assert metric.metadata_types == _types(sent["metadata"])


def _hours():
    now = datetime.now(UTC)
    return TimeRange(now - timedelta(hours=2), now)


def _store(store, signal, message):
    number = next(_numbers)
    store.insert(signal, [Payload(message.SerializeToString(), number, time.time_ns())], f"round-{number}")


def _originate(group, scopes, origin):
    """Say where telemetry comes from; answers the group of the scope."""
    group.resource.attributes.extend(pairs(origin["resource"]))
    group.resource.dropped_attributes_count, group.schema_url = origin["resource_dropped"], origin["resource_schema"]
    scope = getattr(group, scopes).add(schema_url=origin["scope_schema"])
    scope.scope.name, scope.scope.version = origin["scope"], origin["version"]
    scope.scope.attributes.extend(pairs(origin["scope_attributes"]))
    scope.scope.dropped_attributes_count = origin["scope_dropped"]
    return scope


def _add_span(scope, trace_id, sent):
    span = scope.spans.add(
        trace_id=trace_id, span_id=sent["span_id"], parent_span_id=sent["parent"], name=sent["name"], kind=sent["kind"],
        start_time_unix_nano=sent["start"], end_time_unix_nano=sent["start"] + sent["duration"],
        trace_state=sent["state"], flags=sent["flags"], attributes=pairs(sent["attributes"]),
    )  # fmt: skip
    span.dropped_attributes_count, span.dropped_events_count, span.dropped_links_count = sent["dropped"]
    span.status.code, span.status.message = sent["status"], sent["message"]
    for name, at, attributes, dropped in sent["events"]:
        span.events.add(name=name, time_unix_nano=at, attributes=pairs(attributes), dropped_attributes_count=dropped)
    for trace, linked, state, flags, attributes, dropped in sent["links"]:
        span.links.add(
            trace_id=trace, span_id=linked, trace_state=state, flags=flags, attributes=pairs(attributes),
            dropped_attributes_count=dropped,
        )  # fmt: skip


def _check_span(got, sent):
    assert (got.name, got.kind, got.start_ns) == (sent["name"], KINDS[sent["kind"]], sent["start"])
    assert (got.parent_id, got.duration_ms) == (sent["parent"].hex(), sent["duration"] / 1e6)
    assert (got.status, got.status_message) == (STATUSES[sent["status"]], sent["message"])
    assert (got.trace_state, got.flags) == (sent["state"], sent["flags"])
    assert (got.dropped_attributes, got.dropped_events, got.dropped_links) == sent["dropped"]
    _check_attributes(got, sent["attributes"], sent["dropped"][0])
    assert [(event.name, event.time_ns) for event in got.events] == [event[:2] for event in sent["events"]]
    for event, (_, _, attributes, dropped) in zip(got.events, sent["events"], strict=True):
        _check_attributes(event, attributes, dropped)
    assert [(link.trace_id, link.span_id, link.trace_state, link.flags) for link in got.links] == [
        (trace.hex(), span.hex(), state, flags) for trace, span, state, flags, *_ in sent["links"]
    ]
    for link, (*_, attributes, dropped) in zip(got.links, sent["links"], strict=True):
        _check_attributes(link, attributes, dropped)


def _add_point(metric, kind, sent):
    data = getattr(metric, kind)
    point = data.data_points.add(
        time_unix_nano=sent["time"], start_time_unix_nano=sent["start"], flags=sent["flags"],
        attributes=pairs(sent["attributes"]),
    )  # fmt: skip
    if kind in ("gauge", "sum"):
        _set_number(point, sent["value"])
    else:
        point.count = sent["count"]
        for name in ("sum",) if kind == "summary" else ("sum", "min", "max"):
            if sent[name] is not None:
                setattr(point, name, sent[name])
    if kind != "gauge" and kind != "summary":
        data.aggregation_temporality = sent["temporality"]
    if kind == "sum":
        data.is_monotonic = sent["monotonic"]
    elif kind == "histogram":
        point.explicit_bounds.extend(sent["bounds"])
        point.bucket_counts.extend(sent["buckets"])
    elif kind == "exponential_histogram":
        point.scale, point.zero_count, point.zero_threshold = sent["scale"], sent["zeros"], sent["zero_threshold"]
        for side, offset, counts in zip(
            ("positive", "negative"), sent["offsets"], ("buckets", "negative"), strict=True
        ):
            getattr(point, side).offset = offset
            getattr(point, side).bucket_counts.extend(sent[counts])
    elif kind == "summary":
        for quantile, value in sent["quantiles"]:
            point.quantile_values.add(quantile=quantile, value=value)
    for value, span_id, trace_id, attributes in () if kind == "summary" else sent["exemplars"]:
        exemplar = point.exemplars.add(
            time_unix_nano=sent["time"], span_id=span_id, trace_id=trace_id, filtered_attributes=pairs(attributes)
        )
        _set_number(exemplar, value)


def _set_number(message, value):
    setattr(message, "as_int" if isinstance(value, int) else "as_double", value)


def _check_point(got, kind, sent):
    if kind in ("gauge", "sum"):
        assert _exactly(got.value, None if sent["flags"] & 1 else sent["value"])
    else:
        total = (sent["sum"] or 0) if kind == "summary" else sent["sum"]
        assert (got.value, got.count, got.total) == (None, sent["count"], total)
    if kind in ("histogram", "exponential_histogram"):
        assert (got.least, got.largest) == (sent["min"], sent["max"])
    if kind == "histogram":
        assert (list(got.bounds), list(got.counts)) == (sent["bounds"], sent["buckets"])
    if kind == "exponential_histogram":
        assert (got.scale, got.zero_count, got.zero_threshold) == (sent["scale"], sent["zeros"], sent["zero_threshold"])
        assert (got.positive.offset, got.negative.offset) == sent["offsets"]
        assert (list(got.positive.counts), list(got.negative.counts)) == (sent["buckets"], sent["negative"])
    if kind == "summary":
        assert list(got.quantiles) == sent["quantiles"]
    else:
        assert len(got.exemplars) == len(sent["exemplars"])
        for exemplar, (value, span_id, trace_id, attributes) in zip(got.exemplars, sent["exemplars"], strict=True):
            assert _exactly(exemplar.value, value)
            assert (exemplar.time_ns, exemplar.span_id, exemplar.trace_id) == (
                sent["time"],
                span_id.hex(),
                trace_id.hex(),
            )
            _check_attributes(exemplar, attributes)
    assert got.monotonic == (kind == "sum" and sent["monotonic"])
    temporality = "" if kind in ("gauge", "summary") else ("", "delta", "cumulative")[sent["temporality"]]
    assert got.temporality == temporality


def _check_origin(scope, resource, origin):
    assert (scope.name, scope.version, scope.schema_url) == (origin["scope"], origin["version"], origin["scope_schema"])
    assert resource.schema_url == origin["resource_schema"]
    _check_attributes(scope, origin["scope_attributes"], origin["scope_dropped"])
    _check_attributes(resource, origin["resource"], origin["resource_dropped"])


def _check_attributes(got, sent, dropped=0):
    assert _same(got.attributes, sent)
    assert got.attribute_types == _types(sent)
    assert getattr(got, "dropped_attributes", 0) == dropped


def _types(attributes):
    return {key: _TYPES[type(value)] for key, value in attributes.items() if not isinstance(value, str)}


def _exactly(got, sent):
    return type(got) is type(sent) and got == sent


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
