"""What the environment says, and how it is read."""

from __future__ import annotations

import pytest

from mendline_agent.settings import Endpoint, Settings, pairs, traces_url, unquote

ENDPOINTS = [
    ("http://localhost:4318/v1/traces", (False, "localhost", 4318, "/v1/traces")),
    ("https://otlp.example.com", (True, "otlp.example.com", 443, "/")),
    ("HTTP://h/x?y=1#z", (False, "h", 80, "/x?y=1")),
    ("http://[::1]:4318/v1/traces", (False, "::1", 4318, "/v1/traces")),
    ("http://[::1]/", (False, "::1", 80, "/")),
    ("https://user:pass@h:1/", (True, "h", 1, "/")),
]


@pytest.mark.parametrize(("url", "parts"), ENDPOINTS)
def test_endpoint_is_taken_apart(url, parts):
    endpoint = Endpoint(url)
    assert (endpoint.tls, endpoint.host, endpoint.port, endpoint.path) == parts


@pytest.mark.parametrize("url", ["", "localhost:4318", "grpc://h:4317", "http://", "http://h:port"])
def test_a_wrong_endpoint_is_refused(url):
    with pytest.raises(ValueError):
        Endpoint(url)


def test_the_general_endpoint_gets_the_signal_s_path():
    assert traces_url({}) == "http://localhost:4318/v1/traces"
    assert traces_url({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://h:1/base/"}) == "http://h:1/base/v1/traces"
    assert traces_url({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://h/own"}) == "http://h/own"


def test_pairs_are_percent_decoded():
    assert pairs("a=1, b=%C3%A9%20x ,c,=d,e==f") == {"a": "1", "b": "é x", "e": "=f"}
    assert [unquote(value) for value in ("100%", "%zz", "%2", "%41%", "a+b")] == ["100%", "%zz", "%2", "A%", "a+b"]


def test_headers_of_the_signal_win_and_cannot_split_the_request():
    env = {"OTEL_EXPORTER_OTLP_HEADERS": "a=1", "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "b=2,c=x%0d%0aEvil: 1,d e=1"}
    assert Settings(env).headers == {"b": "2"}
