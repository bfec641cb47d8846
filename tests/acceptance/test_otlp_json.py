"""OTLP/JSON over HTTP as clients know it: what is said in JSON is stored as if it had been said in protobuf."""

from __future__ import annotations

import gzip
import json
import time
import uuid
import zlib

import pytest
from waiting import eventually

JSON = "application/json"


def _body(**span):
    trace_id = uuid.uuid4().hex
    told = {
        "traceId": trace_id.upper(),
        "spanId": "00f067aa0ba902B7",
        "name": "GET /bill",
        "kind": 2,
        "startTimeUnixNano": "1",
        "attributes": [{"key": "items", "value": {"arrayValue": {"values": [{"stringValue": "a"}]}}}],
        "somethingNew": {"x": [1]},
        **span,
    }
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "billing"}}]}
    return trace_id, {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [told]}]}]}


def _post(server, body, path="/v1/traces", **headers):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return server.post(data, path=path, content_type=JSON, **headers)


def _now(body):
    (span,) = body["resourceSpans"][0]["scopeSpans"][0]["spans"]
    span["startTimeUnixNano"], span["endTimeUnixNano"] = str(time.time_ns() - 1_000_000), time.time_ns()
    return body


@pytest.mark.parametrize("content_type", [JSON, "application/json; charset=utf-8"])
def test_trace_in_json_is_shown_as_it_was_said(server, content_type):
    trace_id, body = _body()
    answer = server.post(json.dumps(_now(body)).encode(), content_type=content_type)
    assert (answer.status_code, answer.headers["content-type"], answer.json()) == (200, JSON, {})
    (span,) = eventually(lambda: server.get_json(f"/api/v1/traces/{trace_id}"))["spans"]
    assert (span["name"], span["kind"], span["service"]) == ("GET /bill", "server", "billing")
    assert span["attributes"]["items"] == '["a"]'


@pytest.mark.parametrize(("encoding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_compressed_json_is_read(server, encoding, compress):
    trace_id, body = _body()
    assert _post(server, compress(json.dumps(_now(body)).encode()), content_encoding=encoding).status_code == 200
    assert eventually(lambda: server.get_json(f"/api/v1/traces/{trace_id}"))


@pytest.mark.parametrize("path", ["/v1/traces", "/v1/logs", "/v1/metrics"])
def test_empty_request_is_accepted(server, path):
    answer = _post(server, {}, path)
    assert (answer.status_code, answer.json()) == (200, {})


def test_invalid_span_is_partial_success_in_json(server):
    answer = _post(server, _body(traceId="00")[1])
    assert answer.status_code == 200
    assert answer.json()["partialSuccess"]["rejectedSpans"] == "1"


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"{", "not JSON"),
        (_body(traceId="zz")[1], "resourceSpans[0].scopeSpans[0].spans[0].traceId"),
        (_body(kind="SPAN_KIND_SERVER")[1], "resourceSpans[0].scopeSpans[0].spans[0].kind"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_what_cannot_be_read_is_400_and_named(server, body, named):
    before = server.metric("mendline_refused_requests_total", reason="malformed", signal="traces")
    answer = _post(server, body)
    assert (answer.status_code, answer.headers["content-type"], answer.json()["code"]) == (400, JSON, 3)
    assert named in answer.json()["message"]
    assert server.metric("mendline_refused_requests_total", reason="malformed", signal="traces") == before + 1
