"""What the environment says, and how it is read."""

from __future__ import annotations

import logging
import sys

import pytest

from mendline_agent import instrument
from mendline_agent.settings import Endpoint, Settings, pairs, traces_url, unquote

ENDPOINTS = [
    ("http://localhost:4318/v1/traces", (False, "localhost", 4318, "/v1/traces")),
    ("https://otlp.example.com", (True, "otlp.example.com", 443, "/")),
    ("HTTP://h/x?y=1#z", (False, "h", 80, "/x?y=1")),
    ("http://[::1]:4318/v1/traces", (False, "::1", 4318, "/v1/traces")),
    ("http://[::1]/", (False, "::1", 80, "/")),
    ("https://user:pass@h:1/", (True, "h", 1, "/")),
    ("localhost:4318/v1/traces", (False, "localhost", 4318, "/v1/traces")),
    ("otlp.example.com", (True, "otlp.example.com", 443, "/")),
]


@pytest.mark.parametrize(("url", "parts"), ENDPOINTS)
def test_endpoint_is_taken_apart(url, parts):
    endpoint = Endpoint(url)
    assert (endpoint.tls, endpoint.host, endpoint.port, endpoint.path) == parts


@pytest.mark.parametrize(
    "url", ["", "grpc://h:4317", "http://", "http://h:port", "h:port", "http://h/a b", "http://h\x01"]
)
def test_a_wrong_endpoint_is_refused(url):
    with pytest.raises(ValueError):
        Endpoint(url)


def test_the_general_endpoint_gets_the_signal_s_path():
    assert traces_url({}) == "http://localhost:4318/v1/traces"
    assert traces_url({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://h:1/base/"}) == "http://h:1/base/v1/traces"
    assert traces_url({"OTEL_EXPORTER_OTLP_ENDPOINT": " https://h/\n"}) == "https://h/v1/traces"
    with pytest.raises(ValueError, match="names no host"):
        Endpoint(traces_url({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://"}))
    assert traces_url({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://h/own"}) == "http://h/own"


def test_pairs_are_percent_decoded():
    assert pairs("a=1, b=%C3%A9%20x ,c,=d,e==f") == {"a": "1", "b": "é x", "e": "=f"}
    assert [unquote(value) for value in ("100%", "%zz", "%2", "%41%", "a+b")] == ["100%", "%zz", "%2", "A%", "a+b"]


def test_headers_of_the_signal_win_and_cannot_split_the_request():
    env = {"OTEL_EXPORTER_OTLP_HEADERS": "a=1", "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "b=2,c=x%0d%0aEvil: 1,d e=1"}
    assert Settings(env).headers == {"b": "2"}


# What stands in the environment → what is taken, and what the sentence about it names; none where nothing is wrong.
WRITTEN = {
    "a header with a colon": (
        {"OTEL_EXPORTER_OTLP_HEADERS": "Authorization: Bearer hush=="},
        lambda it: it.headers == {},
        ("OTEL_EXPORTER_OTLP_HEADERS", "'Authorization'"),
    ),
    "a header without a value": (
        {"OTEL_EXPORTER_OTLP_HEADERS": "Authorization: Bearer hush,x=1"},
        lambda it: it.headers == {"x": "1"},
        ("OTEL_EXPORTER_OTLP_HEADERS", "1 of its 2"),
    ),
    "a header that would split the request": (
        {"OTEL_EXPORTER_OTLP_TRACES_HEADERS": "a=1,key=hush%0d%0aEvil: 1"},
        lambda it: it.headers == {"a": "1"},
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "'key'"),
    ),
    "an attribute with a colon": (
        {"OTEL_RESOURCE_ATTRIBUTES": "team:hush"},
        lambda it: it.resource_attributes == {},
        ("OTEL_RESOURCE_ATTRIBUTES",),
    ),
    "another protocol": (
        {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://h:4317"},
        lambda it: it.endpoint.port == 4317,
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
    ),
    "the protocol that it is": ({"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, lambda it: True, ()),
    "an endpoint without a scheme": (
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "localhost:4318"},
        lambda it: (it.endpoint.tls, it.endpoint.path) == (False, "/v1/traces"),
        ("'localhost'", "http://"),
    ),
    "one elsewhere, which keys must not go to in the clear": (
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "otlp.example.com", "OTEL_EXPORTER_OTLP_HEADERS": "key=hush"},
        lambda it: it.endpoint.tls,
        ("'otlp.example.com'", "https"),
    ),
    "a user in the endpoint": (
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://us%40er:hush@h"},
        lambda it: it.headers == {"Authorization": "Basic dXNAZXI6aHVzaA=="},
        (),
    ),
    "a user in the endpoint and a header": (
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://user:hush@h", "OTEL_EXPORTER_OTLP_HEADERS": "authorization=own"},
        lambda it: it.headers == {"authorization": "own"},
        (),
    ),
    "a share that is none": ({"MENDLINE_SAMPLING": "50%"}, lambda it: it.sampling == 1, ("MENDLINE_SAMPLING", "'50%'")),
    "a share that is not a number": ({"MENDLINE_SAMPLING": "nan"}, lambda it: it.sampling == 1, ("MENDLINE_SAMPLING",)),
    "a share above 1": ({"MENDLINE_SAMPLING": "2"}, lambda it: it.sampling == 1, ("MENDLINE_SAMPLING",)),
    "a share below 0": ({"MENDLINE_SAMPLING": "-1"}, lambda it: it.sampling == 1, ("MENDLINE_SAMPLING",)),
    "a way to send that is none": (
        {"MENDLINE_EXPORT": "logs"},
        lambda it: it.export == "http",
        ("MENDLINE_EXPORT", "extension"),
    ),
    "a switch that is neither": ({"MENDLINE_CAPTURE": "ja"}, lambda it: not it.capture, ("MENDLINE_CAPTURE", "'ja'")),
    "an endpoint that is not needed": (
        {"MENDLINE_EXPORT": "log", "OTEL_EXPORTER_OTLP_ENDPOINT": "grpc://h"},
        lambda it: it.export == "log",
        (),
    ),
    "an endpoint for logs alone": (
        {"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": "http://h:1/l", "OTEL_EXPORTER_OTLP_LOGS_HEADERS": "a=1"},
        lambda it: (it.logs_endpoint.path, it.logs_headers, it.headers) == ("/l", {"a": "1"}, {}),
        (),
    ),
}


def test_an_endpoint_that_is_none_is_said_once(lambda_env, capfd):
    lambda_env.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://said.once")
    handler = instrument(instrument(lambda event, context: "mine"))
    assert handler({}, None) == "mine"
    assert capfd.readouterr().err.count("ftp") == 1


@pytest.mark.parametrize("case", WRITTEN)
def test_what_is_not_taken_as_it_stands_is_said_once(case, lambda_env, capsys):
    env, taken, named = WRITTEN[case]
    for name, value in env.items():
        lambda_env.setenv(name, value)
    for _ in range(2):
        instrument(lambda event, context: None)
    said = capsys.readouterr().err.splitlines()
    assert taken(Settings(env))
    assert len(said) == bool(named)
    assert all(name in said[0] for name in named)
    assert "hush" not in "".join(said)


@pytest.mark.parametrize("name", ["MENDLINE_TRACE", "MENDLINE_LINES"])
def test_functions_that_are_not_there_are_said_after_the_first_invocation(name, lambda_env, capsys, tmp_path):
    code = "import functools\ndef price(n):\n    return n\nkept = functools.lru_cache(price)\n"
    (tmp_path / "shop_named.py").write_text(code)
    lambda_env.syspath_prepend(tmp_path)
    lambda_env.delitem(sys.modules, "shop_named", raising=False)
    lambda_env.setenv("MENDLINE_EXPORT", "log")
    separator = "," if name == "MENDLINE_TRACE" else ";"
    names = ["shop_named.price", "shop_named.prise", "shop_named.kept", "no_such.module", "no_such_package.*"]
    lambda_env.setenv(name, separator.join(names))

    def handler(event, context):
        import shop_named

        return shop_named.price(1)

    followed = instrument(handler)
    for _ in range(2):
        followed({}, None)
    (said,) = capsys.readouterr().err.splitlines()
    assert "shop_named.price" not in said
    assert all(f"'{missing.rstrip('*')}'" in said for missing in names[1:])


@pytest.mark.parametrize(("text", "disabled"), [("true", True), ("TRUE", True), ("1", False), ("", False)])
def test_the_switch_of_open_telemetry_returns_the_handler_untouched(text, disabled, lambda_env):
    def handler(event, context):
        return None

    lambda_env.setenv("OTEL_SDK_DISABLED", text)
    assert (instrument(handler) is handler) == disabled


def test_logs_go_to_an_endpoint_of_their_own(traced, lambda_env, collector, make_context):
    lambda_env.setenv("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", f"{collector.url}/my/logs")
    lambda_env.setenv("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "x-signal=logs")
    traced(lambda event, context: logging.getLogger("shop").warning("said"))({}, make_context())
    told = {request.path: request.headers.get("x-signal") for request in collector.requests}
    assert told == {"/v1/traces": None, "/my/logs": "logs"}
