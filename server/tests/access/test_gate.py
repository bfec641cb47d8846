"""The gate itself: bodies stream through it, refusals come before anything is read, and nothing secret is ever said."""

from __future__ import annotations

import hashlib
import logging

import anyio
import pytest
from access.world import bearer
from prometheus_client import generate_latest

from mendline.access import Gate, Scope, make_key
from mendline.access.rules import Kind, rule_for


def _run(app, scope, messages):
    """Drive an ASGI app by hand; answers what it sent, and what it never asked for."""
    waiting, sent = list(messages), []

    async def receive():
        return waiting.pop(0)

    async def send(message):
        sent.append((message, len(waiting)))

    anyio.run(app, scope, receive, send)
    return sent, waiting


def _scope(path, headers=(), **more):
    return {
        "type": "http", "method": "POST", "path": path, "query_string": b"", "scheme": "http",
        "headers": [(b"host", b"localhost"), *headers], "client": ("127.0.0.1", 1), **more,
    }  # fmt: skip


BODY = [
    {"type": "http.request", "body": b"one", "more_body": True},
    {"type": "http.request", "body": b"two", "more_body": False},
]


def test_body_passes_part_by_part(world):
    async def echo(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        more = True
        while more:
            message = await receive()
            more = message["more_body"]
            await send({"type": "http.response.body", "body": message["body"], "more_body": more})

    gate = Gate(echo, world.access, world.sign_in, lambda *_: pytest.fail("refused"))
    sent, _ = _run(gate, _scope("/v1/traces"), BODY)
    assert [(it["body"], left) for it, left in sent[1:]] == [(b"one", 1), (b"two", 0)]


def test_refusal_comes_before_the_body_is_read(make_world):
    world = make_world(required=True)
    sent, unread = _run(world.app, _scope("/v1/traces"), BODY)
    assert sent[0][0]["status"] == 401
    assert unread == BODY


def test_other_kinds_of_connection_are_passed_on_or_closed(world):
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["type"])

    gate = Gate(app, world.access, world.sign_in, lambda *_: pytest.fail("refused"))
    _run(gate, {"type": "lifespan"}, [])
    sent, _ = _run(gate, {**_scope("/"), "type": "websocket"}, [])
    assert seen == ["lifespan"]
    assert sent[0][0] == {"type": "websocket.close", "code": 1008}


def test_refused_telemetry_is_a_google_rpc_status_and_counted(make_world):
    world = make_world(required=True)
    answer = world.ask("POST", "/v1/traces", {"content-type": "application/x-protobuf"})
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/x-protobuf")
    assert answer.content.startswith(b"\x08\x10")  # google.rpc.Code UNAUTHENTICATED
    key = bearer(world.make_key("read"))
    answer = world.ask("POST", "/v1/logs", {"content-type": "application/x-protobuf", **key})
    assert answer.content.startswith(b"\x08\x07")  # PERMISSION_DENIED
    assert world.ask("POST", "/v1/anything", {}).json()["code"] == "unauthenticated"
    counted = generate_latest(world.counters.registry).decode()
    for line in (
        'mendline_refused_requests_total{reason="unauthenticated",signal="traces"} 1.0',
        'mendline_refused_requests_total{reason="forbidden",signal="logs"} 1.0',
        'mendline_refused_requests_total{reason="unauthenticated",signal="other"} 1.0',
    ):
        assert line in counted


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", Kind.PAGE),
        ("//v1/traces", Kind.PAGE),
        ("/V1/traces", Kind.PAGE),
        ("/healthz/", Kind.PAGE),
        ("/healthzz", Kind.PAGE),
        ("/metrics/x", Kind.PAGE),
        ("/sign-in/x", Kind.PAGE),
        ("/staticx", Kind.PAGE),
        ("/aws/firehosex", Kind.INGEST),
        ("/api/v1/explain/x", Kind.API),
    ],
)
def test_what_only_looks_like_an_open_path_is_guarded(path, kind):
    assert rule_for(path).kind is kind


def test_metrics_are_open_to_this_machine_only(world):
    world.make_key("read")
    world.clock.move(seconds=1)
    scope = {**_scope("/metrics"), "method": "GET"}
    assert _run(world.app, scope, [{"type": "http.request", "body": b""}])[0][0][0]["status"] == 200
    # a proxy on this machine says for whom it asks; the web server puts that here
    assert _run(world.app, {**scope, "client": ("192.0.2.9", 1)}, [])[0][0][0]["status"] == 401
    assert _run(world.app, {**scope, "client": None}, [])[0][0][0]["status"] == 401


def test_state_that_cannot_be_read_is_503_and_opens_nothing(world):
    with world.state.writing() as connection:
        connection.exec_driver_sql("DROP TABLE sessions")
        connection.exec_driver_sql("DROP TABLE keys")
    for path in ("/functions", "/api/v1/functions"):
        answer = world.ask("GET", path)
        assert answer.status_code == 503
        assert "state_unavailable" in answer.text
    assert world.ask("POST", "/v1/traces").headers["retry-after"]


def test_no_secret_is_in_the_state_the_log_the_metrics_or_an_answer(world, caplog):
    caplog.set_level(logging.DEBUG)
    keys = [world.make_key(scope) for scope in Scope]
    token = world.sign_in.begin(keys[1], "192.0.2.1")
    stranger = make_key(Scope.ADMIN, lambda _: 11)
    said = [world.ask("GET", "/functions", {"cookie": f"mendline={token}"})]
    for path in ("/functions", "/api/v1/x", "/v1/traces", "/metrics", "/functions.json", "/functions?project=other"):
        for method in ("GET", "POST"):
            said += [world.ask(method, path, bearer(text)) for text in (*keys, stranger, stranger[:-1])]
    world.access.close()
    said_bytes = b"".join(answer.content + repr(answer.headers.raw).encode() for answer in said)
    kept = b"".join(path.read_bytes() for path in world.data.iterdir())
    everything = said_bytes + kept + caplog.text.encode() + generate_latest(world.counters.registry)
    for text in (*keys, stranger):
        secret = text.split("_")[2]
        assert secret.encode() not in everything
        assert secret[4:].encode() not in everything
    assert token.encode() not in everything
    assert bytes.fromhex(token) not in everything
    assert hashlib.sha256(keys[0].encode()).digest() in kept
