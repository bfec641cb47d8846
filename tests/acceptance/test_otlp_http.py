"""OTLP over HTTP as clients know it: good requests are kept, bad ones get the right status and a sentence."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import time
import uuid

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from otlp_requests import request_of
from waiting import eventually

MIB = 1024 * 1024


def _trace():
    trace_id = uuid.uuid4()
    return trace_id.hex, request_of([{"trace_id": trace_id.bytes}])


def _arrives(server, trace_id):
    return eventually(lambda: server.get_json(f"/api/v1/traces/{trace_id}"))


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_accepted_trace_is_shown_within_two_seconds(server, encoding):
    trace_id, body = _trace()
    answer = server.post(
        gzip.compress(body) if encoding else body, **({"content_encoding": encoding} if encoding else {})
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/x-protobuf"
    assert not ExportTraceServiceResponse.FromString(answer.content).HasField("partial_success")
    assert len(_arrives(server, trace_id)["spans"]) == 1


def test_web_port_takes_traces_too(server):
    trace_id, body = _trace()
    assert httpx.post(
        f"{server.web}/v1/traces", content=body, headers={"content-type": "application/x-protobuf"}
    ).is_success
    assert _arrives(server, trace_id)


def test_empty_request_is_accepted(server):
    assert server.post(b"").status_code == 200


def test_invalid_spans_are_partial_success_and_the_rest_is_kept(server):
    trace_id = uuid.uuid4()
    answer = server.post(request_of([{"trace_id": trace_id.bytes}, {"trace_id": b"short"}]))
    told = ExportTraceServiceResponse.FromString(answer.content).partial_success
    assert (answer.status_code, told.rejected_spans) == (200, 1)
    assert told.error_message
    assert len(_arrives(server, trace_id.hex)["spans"]) == 1


_LINKS = b"\x0a\x8a\x87\xa7\x0e\x12\x85\x87\xa7\x0e\x12\x80\x87\xa7\x0e" + b"\x6a\x00" * 15_000_000  # of one span
BAD = [
    ("malformed", b"garbage!", {}, 400),
    ("malformed", request_of([{}])[:-3], {}, 400),
    ("malformed", b"\x1f\x8b" + bytes(40), {}, 400),
    ("bad_encoding", b"plain", {"content_encoding": "gzip"}, 400),
    ("bad_encoding", gzip.compress(b"x" * 100)[:-4], {"content_encoding": "gzip"}, 400),
    ("bad_encoding", b"x", {"content_encoding": "snappy"}, 415),
    ("too_large", gzip.compress(bytes(65 * MIB)), {"content_encoding": "gzip"}, 413),
    ("too_large", bytes(17 * MIB), {}, 413),
    ("too_many_records", b"\x0a\x00" * 300_000, {}, 413),
    ("too_many_values", gzip.compress(_LINKS), {"content_encoding": "gzip"}, 413),
    ("too_many_values", b'{"resourceSpans":[' + b"{}," * 500_000 + b"{}]}", {"content_type": "application/json"}, 413),
    ("malformed", b"no json", {"content_type": "application/json"}, 400),
    ("malformed", b'{"resourceSpans": 1}', {"content_type": "application/json"}, 400),
    ("bad_content_type", b"<a/>", {"content_type": "text/xml"}, 415),
    ("bad_content_type", b"a=b", {"content_type": "application/x-www-form-urlencoded"}, 415),
]


@pytest.mark.parametrize(("code", "body", "headers", "status"), BAD, ids=[f"{row[0]}-{n}" for n, row in enumerate(BAD)])
def test_bad_input_gets_its_status_a_sentence_and_is_counted(server, code, body, headers, status):
    before = server.metric("mendline_refused_requests_total", reason=code, signal="traces")
    answer = server.post(body, **headers)
    assert answer.status_code == status
    if headers.get("content_type") == "application/json":
        assert answer.json()["details"][0]["reason"] == code
    elif headers.get("content_type"):
        assert answer.json()["code"] == code
    else:  # google.rpc.Status: field 1 is a code, field 2 the sentence
        assert answer.headers["content-type"] == "application/x-protobuf"
        assert answer.content.startswith(b"\x08")
    assert b"." in answer.content
    assert server.metric("mendline_refused_requests_total", reason=code, signal="traces") == before + 1
    trace_id, good = _trace()
    assert server.post(good).status_code == 200
    assert _arrives(server, trace_id)


def _field(number, body):
    """A field of protobuf that holds bytes, or a message."""
    length, size = bytearray(), len(body)
    while size > 127:
        length.append(size & 127 | 128)
        size >>= 7
    return bytes((number << 3 | 2, *length, size)) + body


def _nested(levels):
    """A request whose one span has an attribute of lists in one another: AnyValue 5 is a list, whose 1 is a value."""
    value = b"\x18\x03"
    for _ in range(levels):
        value = _field(5, _field(1, value))
    span = _field(1, uuid.uuid4().bytes) + _field(2, uuid.uuid4().bytes[:8])
    span += _field(9, _field(1, b"deep") + _field(2, value))
    return _field(1, _field(2, _field(2, span)))


def test_values_nested_too_deeply_are_told_as_such(server):
    assert server.post(_nested(30)).status_code == 200
    answer = server.post(_nested(60))
    assert (answer.status_code, b"nested too deeply" in answer.content) == (400, True)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/v1/trace", 404),
        ("GET", "/v1/traces", 405),
        ("POST", "/", 404),
        ("PUT", "/v1/traces", 405),
        ("DELETE", "/v1/logs", 405),
        ("PATCH", "/v1/metrics", 405),
        ("PROPFIND", "/v1/traces", 405),
        ("POST", "/v1", 404),
        ("POST", "/aws/logs/", 404),
    ],
)
def test_wrong_path_or_method_is_said(server, method, path, status):
    answer = httpx.request(method, server.otlp + path)
    assert answer.status_code == status
    assert answer.headers.get("allow") == ("POST" if status == 405 else None)
    assert answer.json()["message"].endswith(".")


def test_page_with_a_slash_too_many_is_found(server):
    answer = httpx.get(f"{server.web}/functions/?start=-1h")
    assert (answer.status_code, answer.headers["location"]) == (307, "/functions?start=-1h")
    assert httpx.get(f"{server.web}//example.com/").headers["location"] == "/example.com"
    assert httpx.get(f"{server.web}/functions", params={"start": "-1h"}).status_code == 200


def _as_json(trace_id, *span_ids):
    spans = [
        {"traceId": trace_id, "spanId": span_id, "name": "from json", "kind": 2, "endTimeUnixNano": str(time.time_ns()),
         "startTimeUnixNano": str(time.time_ns() - 10**6), "attributes": [{"key": "n", "value": {"intValue": "7"}}]}
        for span_id in span_ids
    ]  # fmt: skip
    service = {"key": "service.name", "value": {"stringValue": "json"}}
    resource = {"resource": {"attributes": [service]}, "scopeSpans": [{"spans": spans}]}
    return json.dumps({"resourceSpans": [resource]}).encode()


def test_json_is_taken_and_answered_as_json(server):
    trace_id = uuid.uuid4().hex
    answer = server.post(_as_json(trace_id, "AB12" * 4), content_type="application/json; charset=utf-8")
    assert (answer.status_code, answer.headers["content-type"], answer.json()) == (200, "application/json", {})
    (span,) = _arrives(server, trace_id)["spans"]
    assert (span["span_id"], span["kind"], span["attributes"]["n"]) == ("ab12" * 4, "server", "7")


def test_partial_success_in_json_has_its_number_as_text(server):
    trace_id = uuid.uuid4().hex
    answer = server.post(_as_json(trace_id, "ab12" * 4, "ab"), content_type="application/json")
    told = answer.json()["partialSuccess"]
    assert (answer.status_code, told["rejectedSpans"]) == (200, "1")
    assert told["errorMessage"]
    assert len(_arrives(server, trace_id)["spans"]) == 1


@pytest.mark.parametrize(
    ("method", "path", "signal", "reason"),
    [
        ("PUT", "/v1/logs", "logs", "method"),
        ("QUERY", "/v1/traces", "traces", "method"),
        ("POST", "/v1/profiles", "other", "not_found"),
        ("POST", "/v1", "other", "not_found"),
        ("POST", "/", "other", "not_found"),
        ("POST", "/V1/traces", "other", "not_found"),
        ("POST", "/v1/traces/v1/traces", "other", "not_found"),
    ],
)
def test_wrong_path_or_method_is_counted(server, method, path, signal, reason):
    before = server.metric("mendline_refused_requests_total", reason=reason, signal=signal)
    httpx.request(method, server.otlp + path)
    assert server.metric("mendline_refused_requests_total", reason=reason, signal=signal) == before + 1


@pytest.mark.parametrize(
    "path", ["/v1", "//v1/traces", "/v1/traces/v1/traces", "/otlp/v1/traces", "/", "/traces", "/nothing"]
)
def test_stray_exporters_are_answered_as_such_on_the_web_port_too(server, path):
    before = server.metric("mendline_refused_requests_total", reason="not_found", signal="other")
    answer = httpx.post(server.web + path, content=b"", headers={"content-type": "application/x-protobuf"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/x-protobuf")
    assert b"/v1/traces, /v1/logs and /v1/metrics" in answer.content
    assert server.metric("mendline_refused_requests_total", reason="not_found", signal="other") == before + 1


def test_repeated_request_is_answered_and_counted_but_not_stored_again(server):
    trace_id, body = _trace()
    before = server.metric("mendline_duplicate_requests_total", signal="traces")
    for encoding in ({}, {}, {"content_encoding": "gzip"}):
        assert server.post(gzip.compress(body) if encoding else body, **encoding).status_code == 200
    assert server.metric("mendline_duplicate_requests_total", signal="traces") == before + 2
    assert len(_arrives(server, trace_id)["spans"]) == 1


def test_secret_in_a_span_never_reaches_a_page_or_the_disk(server):
    trace_id = uuid.uuid4()
    body = request_of(
        [{"trace_id": trace_id.bytes, "attributes": {"http.request.header.authorization": "Bearer s3cr3t-c4n4ry"}}]
    )
    assert server.post(body).status_code == 200
    (span,) = _arrives(server, trace_id.hex)["spans"]
    assert span["attributes"]["http.request.header.authorization"] == "[redacted]"
    assert not [path for path in server.data.rglob("*") if path.is_file() and b"s3cr3t-c4n4ry" in path.read_bytes()]


def test_value_over_its_limit_is_cut_counted_and_the_rest_is_kept(server):
    trace_id = uuid.uuid4()
    attributes = {"long": "ü" * 5000, **{f"key{number}": number for number in range(200)}}
    before = server.metric("mendline_cut_values_total", kind="attributes", signal="traces")
    assert server.post(request_of([{"trace_id": trace_id.bytes, "attributes": attributes}])).status_code == 200
    (span,) = _arrives(server, trace_id.hex)["spans"]
    assert len(span["attributes"]) == 128
    assert len(span["attributes"]["long"].encode()) <= 4096
    assert span["attributes"]["long"].endswith("ü…")
    assert server.metric("mendline_cut_values_total", kind="attributes", signal="traces") == before + 73


def test_body_larger_than_announced_limit_is_refused_before_it_is_sent(server):
    host, port = server.otlp.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 10) as connection:
        connection.sendall(
            b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\n"
            b"Content-Length: 99999999999\r\n\r\n"
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 413")


def test_chunked_body_over_the_limit_is_refused(server):
    answer = httpx.post(
        f"{server.otlp}/v1/traces",
        content=(bytes(MIB) for _ in range(20)),
        headers={"content-type": "application/x-protobuf"},
        timeout=60,
    )
    assert answer.status_code == 413


def test_clients_that_announce_much_and_send_nothing_keep_nobody_out(server):
    host, port = server.otlp.removeprefix("http://").split(":")
    with contextlib.ExitStack() as stack:
        for _ in range(40):
            idle = stack.enter_context(socket.create_connection((host, int(port))))
            idle.sendall(
                b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\n"
                b"Content-Length: 16777216\r\n\r\n"
            )
        _, body = _trace()
        assert [server.post(body).status_code for _ in range(3)] == [200] * 3


def test_client_that_goes_away_costs_nothing(server):
    host, port = server.otlp.removeprefix("http://").split(":")
    for _ in range(20):
        with socket.create_connection((host, int(port)), 10) as connection:
            connection.sendall(
                b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Type: application/x-protobuf\r\nContent-Length: 900000\r\n\r\nabc"
            )
    trace_id, body = _trace()
    assert server.post(body).status_code == 200
    assert _arrives(server, trace_id)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "10.0.0.1:8000", "[::2]"])
@pytest.mark.parametrize("port", ["web", "otlp"])
def test_foreign_host_name_is_refused(server, host, port):
    assert httpx.get(getattr(server, port) + "/healthz", headers={"host": host}).status_code in (400, 421)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "[::1]:80", "shop.localhost", "LOCALHOST"])
def test_loopback_names_are_answered(server, host):
    assert httpx.get(server.web + "/healthz", headers={"host": host}).status_code == 200


def test_every_answer_carries_the_security_headers(server):
    for path in ("/functions", "/nothing", "/healthz", "/metrics", "/static/nothing"):
        headers = httpx.get(server.web + path).headers
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy.pop("img-src") == "'self' data:"
        assert {policy.pop(name) for name in ("default-src", "base-uri", "frame-ancestors")} == {"'none'"}
        assert {**policy} == dict.fromkeys(("script-src", "style-src", "connect-src", "form-action"), "'self'")
        assert headers["x-content-type-options"] == "nosniff"
