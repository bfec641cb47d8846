"""Requests that never become one: what is too long, too slow or no HTTP is answered, counted, and costs nothing."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import httpx
import pytest

START = b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\n"
CHUNKED = START + b"Transfer-Encoding: chunked\r\n\r\n"
BAD = [
    ("one long header", START + b"X: " + b"a" * 70_000 + b"\r\n\r\n", 431, "head_too_large"),
    ("a header without end", START + b"X: " + b"a" * 400_000, 431, "head_too_large"),
    ("many headers", START + b"a: b\r\n" * 2_000 + b"\r\n", 431, "head_too_large"),
    ("a long path", b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 431, "head_too_large"),
    ("headers after the body", CHUNKED + b"0\r\nX: " + b"a" * 400_000, 431, "head_too_large"),
    ("no method", b"FOO /v1/traces HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, "malformed"),
    ("a negative length", START + b"Content-Length: -5\r\n\r\n", 400, "malformed"),
    ("a length in words", START + b"Content-Length: abc\r\n\r\n", 400, "malformed"),
    ("no chunk", CHUNKED + b"zz\r\n", 400, "malformed"),
    ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(40), 400, "malformed"),
    ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), 400, "malformed"),
]


def _talk(url, message):
    """What the server says to these bytes before it closes; sending ends where it does."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 20) as connection:
        try:
            connection.sendall(message)
            return b"".join(iter(lambda: connection.recv(65536), b""))
        except ConnectionError:
            return b""


@pytest.mark.parametrize(("message", "status", "code"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
@pytest.mark.parametrize("port", ["web", "otlp"])
def test_what_is_no_request_gets_a_sentence_and_is_counted(server, port, message, status, code):
    before = server.metric("mendline_refused_requests_total", reason=code, signal="other")
    answer = _talk(getattr(server, port), message)
    if answer:  # a client that is still sending may see the connection closed instead
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 %d " % status)
        assert json.loads(body)["code"] == code
        assert json.loads(body)["message"].endswith(".")
    assert server.metric("mendline_refused_requests_total", reason=code, signal="other") == before + 1


def test_address_that_begins_with_https_is_told_so(server):
    assert b"http://" in _talk(server.otlp, BAD[-1][1])


def test_head_that_just_fits_is_taken(server):
    answer = _talk(server.otlp, START + b"Connection: close\r\nContent-Length: 0\r\nX: " + b"a" * 60_000 + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_long_headers_leave_memory_alone(server):
    before = _resident_bytes(server)
    for _ in range(5):
        _talk(server.otlp, START + b"X: " + b"a" * 20_000_000)
    assert _resident_bytes(server) - before < 50_000_000


def _resident_bytes(server):
    pages = int(Path(f"/proc/{server.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize(("port", "path"), [("web", "/"), ("web", "/traces"), ("otlp", "/otlp/v1/traces")])
def test_telemetry_that_came_astray_under_a_foreign_name_is_counted(server, port, path):
    before = server.metric("mendline_refused_requests_total", reason="host_refused", signal="other")
    headers = {"host": "evil.example", "content-type": "application/json"}
    answer = httpx.post(getattr(server, port) + path, content=b"{}", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (421, "application/json")
    assert server.metric("mendline_refused_requests_total", reason="host_refused", signal="other") == before + 1
