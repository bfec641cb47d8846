"""Sending: what arrives, what waits, what is given up, and what it may cost."""

from __future__ import annotations

import zlib

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from mendline_agent import agent as agent_module
from mendline_agent.export import flush_budget_s
from mendline_agent.guard import GUARD
from mendline_agent.outbox import MAX_BYTES, MAX_SPANS, Breaker, Ring
from mendline_agent.rejected import rejected_of


def test_the_request_is_otlp_over_http(run, collector, lambda_env):
    lambda_env.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20abc,x-tenant=7,bad%0d%0aheader=1")
    run()
    (request,) = collector.requests
    assert (request.method, request.path) == ("POST", "/v1/traces")
    assert request.headers["content-type"] == "application/x-protobuf"
    assert request.headers["user-agent"].startswith("mendline-agent/")
    assert request.headers["authorization"] == "Bearer abc"
    assert request.headers["x-tenant"] == "7"
    assert not any("bad" in name for name in request.headers)


def test_larger_requests_are_compressed(run, collector):
    run(event={"a": "b" * 5000})
    assert collector.requests[0].headers["content-encoding"] == "gzip"
    assert len(collector.requests[0].body) < 2000


def test_the_signal_s_own_endpoint_is_taken_as_it_is(traced, lambda_env, collector, make_context):
    lambda_env.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"{collector.url}/my/path?x=1")
    traced(lambda event, context: None)({}, make_context())
    assert collector.requests[0].path == "/my/path?x=1"


def test_one_connection_serves_many_invocations(traced, make_context, hostile):
    def answer(connection):
        while b"\r\n\r\n" in connection.recv(100_000):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    server = hostile(answer)
    handler = _with_endpoint(traced, server.url)
    for _ in range(5):
        handler({}, make_context())
    assert server.connections == 1


@pytest.mark.parametrize("while_starting", ["nobody closes it", "it is closed", "nobody is there"])
def test_in_lambda_the_first_invocation_need_not_connect(traced, lambda_env, make_context, hostile, while_starting):
    def answer(connection):
        if while_starting == "it is closed" and server.connections == 1:
            return
        while b"\r\n\r\n" in connection.recv(100_000):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    server = hostile(answer)
    lambda_env.setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1")
    handler = _with_endpoint(traced, "http://127.0.0.1:1" if while_starting == "nobody is there" else server.url)
    exporter = agent_module.the_agent().exporter
    assert exporter._client._socket is not None or while_starting == "nobody is there"
    traced(lambda event, context: None)  # does not connect once more
    for _ in range(2):
        handler({}, make_context())
    expected = {"nobody closes it": (1, 0), "it is closed": (2, 0), "nobody is there": (0, 2)}[while_starting]
    assert (server.connections, len(exporter.outbox.ring)) == expected


def test_a_connection_that_died_while_frozen_is_replaced_unseen(traced, make_context, hostile):
    def answer_once(connection):
        connection.recv(100_000)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    server = hostile(answer_once)
    handler = _with_endpoint(traced, server.url)
    for _ in range(4):
        handler({}, make_context())
    exporter = agent_module.the_agent().exporter
    assert server.connections == 4
    assert len(exporter.outbox.ring) == 0
    assert exporter.outbox._last_error == ""


def test_a_connection_closed_on_the_next_request_is_replaced_too(traced, make_context, hostile):
    def answer_then_hang_up(connection):
        connection.recv(100_000)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        connection.recv(100_000)

    server = hostile(answer_then_hang_up)
    handler = _with_endpoint(traced, server.url)
    for _ in range(4):
        handler({}, make_context())
    assert len(agent_module.the_agent().exporter.outbox.ring) == 0


def test_chunked_answers_keep_the_connection(traced, make_context, hostile):
    def answer(connection):
        while connection.recv(100_000):
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
            connection.sendall(b"0\r\n\r\n")

    server = hostile(answer)
    handler = _with_endpoint(traced, server.url)
    for _ in range(3):
        handler({}, make_context())
    assert server.connections == 1
    assert len(agent_module.the_agent().exporter.outbox.ring) == 0


def _with_endpoint(traced, url):
    import os

    os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = url
    return traced(lambda event, context: "result")


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:1", "http://no-such-host.invalid", "https://127.0.0.1:1"])
def test_what_a_collector_that_is_not_there_should_have_is_kept(traced, lambda_env, make_context, endpoint):
    lambda_env.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
    handler = traced(lambda event, context: "mine")
    for _ in range(4):
        assert handler({}, make_context()) == "mine"
    assert len(agent_module.the_agent().exporter.outbox.ring) == 4


@pytest.mark.parametrize(
    ("remaining_s", "budget_s"), [(None, 0.3), (30, 0.3), (0.5, 0.3), (0.45, 0.25), (0.39, 0), (0, 0)]
)
def test_the_budget_leaves_the_function_its_time(remaining_s, budget_s):
    assert flush_budget_s(remaining_s) == pytest.approx(budget_s)


@pytest.mark.parametrize(("remaining_s", "budget_s"), [(0.39, 0.05), (0.14, 0.04), (0.1, 0), (-1, 0), (0.4, 0.2)])
def test_what_corrects_a_notice_is_sent_in_haste(remaining_s, budget_s):
    assert flush_budget_s(remaining_s, 0.05) == pytest.approx(budget_s)


def test_nothing_is_sent_when_time_is_short(traced, collector, make_context):
    handler = traced(lambda event, context: None)
    handler({}, make_context(350))
    assert collector.requests == []
    handler({}, make_context(30_000))
    assert len(collector.roots()) == 2


def test_what_could_not_be_sent_goes_with_the_next_success_and_is_told(traced, make_context, serve, attributes):
    import os

    answers = [503, 400, 200, 200]
    server = serve(lambda request: (answers[len(server.requests) - 1], {}, b""))
    os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = server.url
    handler = traced(lambda event, context: None)
    exporter = None
    for _ in answers:
        handler({}, make_context())
        exporter = agent_module.the_agent().exporter
        exporter._breaker._open_until = 0.0
    assert len(exporter.outbox.ring) == 0
    told = [_resource_of(request, attributes) for request in server.requests]
    assert "mendline.last_export_error" not in told[0]
    assert told[1]["mendline.last_export_error"] == "HTTP 503"
    assert told[2]["mendline.dropped_spans"] == 2
    assert told[2]["mendline.last_export_error"] == "HTTP 400"
    assert "mendline.dropped_spans" not in told[3]


def _resource_of(request, attributes):
    body = zlib.decompress(request.body, 31) if request.headers.get("content-encoding") else request.body
    return attributes(ExportTraceServiceRequest.FromString(body).resource_spans[0].resource)


def _as_the_collector_does(rejecting=0):
    """What the Collector's otlpreceiver makes of a request."""

    def answer(request):
        if (request.path, request.headers["content-type"]) != ("/v1/traces", "application/x-protobuf"):
            return 415, {}, b"unsupported media type"
        encoding = request.headers.get("content-encoding")
        body = zlib.decompress(request.body, 31) if encoding == "gzip" else request.body
        response = ExportTraceServiceResponse()
        response.partial_success.SetInParent()  # it answers with an empty one
        if ExportTraceServiceRequest.FromString(body).resource_spans and rejecting:
            response.partial_success.rejected_spans, response.partial_success.error_message = rejecting, "too old"
        return 200, {"Content-Type": "application/x-protobuf"}, response.SerializeToString()

    return answer


def test_a_collector_in_the_same_environment_is_sent_to_and_believed(traced, lambda_env, make_context, serve, capfd):
    server = serve(_as_the_collector_does())
    lambda_env.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.url)
    handler = traced(lambda event, context: None)
    for size in (1, 5000):
        handler({"a": "b" * size}, make_context())
    exporter = agent_module.the_agent().exporter
    assert [request.headers.get("content-encoding") for request in server.requests] == [None, "gzip"]
    assert (len(exporter.outbox.ring), exporter.outbox.ring.dropped, exporter.outbox._last_error) == (0, 0, "")
    assert capfd.readouterr().err == ""


def test_what_a_collector_rejects_is_counted_and_not_sent_again(
    traced, lambda_env, make_context, serve, attributes, capfd
):
    GUARD._quiet_until = 0.0
    server = serve(_as_the_collector_does(rejecting=1))
    lambda_env.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.url)
    handler = traced(lambda event, context: None)
    for _ in range(2):
        handler({}, make_context())
    first, second = (_resource_of(request, attributes) for request in server.requests)
    assert "mendline.dropped_spans" not in first
    assert (second["mendline.dropped_spans"], second["mendline.last_export_error"]) == (1, "rejected 1: too old")
    assert "rejected 1: too old" in capfd.readouterr().err


@pytest.mark.parametrize("answer", [b"garbage", b"\n\xff\xff", b"\n\x02\x0a\x00", b"\x0d1234", b"\xff" * 20, b"{}  "])
def test_an_answer_that_is_no_response_says_that_nothing_was_rejected(answer):
    assert rejected_of(answer)[0] == 0


@pytest.mark.parametrize(("status", "asked", "waits"), [(429, "60", True), (503, "60", True), (503, "soon", False),
                                                        (400, "60", False)])  # fmt: skip
def test_a_collector_that_asks_to_wait_is_waited_for(traced, lambda_env, make_context, serve, status, asked, waits):
    server = serve(lambda request: (status, {"Retry-After": asked}, b""))
    lambda_env.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.url)
    handler = traced(lambda event, context: None)
    for _ in range(2):
        handler({}, make_context())
    assert len(server.requests) == (1 if waits else 2)


def test_the_ring_is_bounded_and_drops_errors_and_roots_last():
    ring = Ring()
    for _ in range(10):
        ring.add(b"important", important=True)
    for number in range(MAX_SPANS * 2):
        ring.add(b"%d" % number, important=False)
    important, ordinary = ring.take()
    assert (len(important), len(ordinary)) == (10, MAX_SPANS - 10)
    assert ordinary[-1] == b"%d" % (MAX_SPANS * 2 - 1)
    assert ring.dropped == MAX_SPANS + 10
    for _ in range(40):
        ring.add(b"x" * 40_000, important=True)
    assert sum(map(len, ring.take()[0])) <= MAX_BYTES


def test_what_is_put_back_is_the_oldest():
    ring = Ring()
    ring.add(b"old", important=False)
    taken = ring.take()
    ring.add(b"new", important=False)
    ring.put_back(taken)
    assert ring.take()[1] == [b"old", b"new"]


def test_the_breaker_opens_doubles_and_closes():
    breaker = Breaker(jitter=lambda: 1.0)
    assert breaker.allows(0)
    breaker.failed(0)
    assert breaker.allows(0)
    breaker.failed(0)
    assert [breaker.allows(at) for at in (0, 9.9, 10)] == [False, False, True]
    breaker.failed(10)
    assert [breaker.allows(at) for at in (29.9, 30)] == [False, True]
    for _ in range(20):
        breaker.failed(30)
    assert [breaker.allows(at) for at in (329.9, 330)] == [False, True]
    breaker.succeeded()
    breaker.failed(400)
    assert breaker.allows(400)
    breaker.succeeded()
    breaker.failed(500, wait_s=86400)  # as it was asked to, but no longer than ever
    assert [breaker.allows(at) for at in (799.9, 800)] == [False, True]


def test_failures_are_told_once_a_minute(traced, make_context, capfd):
    GUARD._quiet_until = 0.0
    handler = _with_endpoint(traced, "http://127.0.0.1:1")
    for _ in range(5):
        handler({}, make_context())
        agent_module.the_agent().exporter._breaker._open_until = 0.0
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "your function is unaffected" in lines[0]


def test_request_that_was_not_answered_is_sent_again_to_the_byte(traced, make_context, hostile):
    bodies = []

    def answer(connection):
        bodies.append(_request_of(connection))
        if len(bodies) > 1:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        else:
            connection.recv(1)  # until the other side has given up

    handler = _with_endpoint(traced, hostile(answer).url)
    for number in range(3):
        handler({"number": number}, make_context())
    exporter = agent_module.the_agent().exporter
    assert exporter.outbox.held is None
    assert bodies[0] == bodies[1]
    assert len(bodies) == 4
    assert [b"mendline.last_export_error" in body for body in bodies[2:]] == [True, False]


def test_request_that_is_never_answered_is_given_up_and_counted(traced, make_context, hostile):
    def answer(connection):
        _request_of(connection)
        connection.sendall(b"HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    handler = _with_endpoint(traced, hostile(answer).url)
    for _ in range(6):
        handler({}, make_context())
        exporter = agent_module.the_agent().exporter
        exporter._breaker.succeeded()
    assert exporter.outbox.held is None
    assert exporter.outbox.ring.dropped == 1


def _request_of(connection):
    """The body of one request, as it came."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(100_000)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(100_000)
    return body
