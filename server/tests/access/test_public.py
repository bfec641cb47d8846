"""A public server: everybody reads without a key, and nobody sends or changes anything."""

from __future__ import annotations

import pytest
from access.world import bearer

READS = [
    ("GET", "/"),
    ("GET", "/functions"),
    ("GET", "/functions.json"),
    ("GET", "/api/v1/functions"),
    ("POST", "/api/v1/query"),
    ("GET", "/metrics"),
    ("GET", "/healthz"),
]
REFUSED = [
    ("POST", "/v1/traces"),
    ("POST", "/v1/logs"),
    ("POST", "/aws/logs"),
    ("POST", "/aws/firehose"),
    ("GET", "/api/v1/agent/config"),
    ("PUT", "/api/v1/agent/config"),
    ("POST", "/api/v1/policies"),
    ("DELETE", "/api/v1/anything"),
    ("POST", "/functions"),
    ("PUT", "/"),
]


@pytest.fixture
def public(make_world):
    return make_world(public=True)


@pytest.mark.parametrize(("method", "path"), READS)
@pytest.mark.parametrize("host", ["127.0.0.1", "demo.example", "demo.example:8000"])
def test_everybody_may_look_under_any_name(public, method, path, host):
    answer = public.ask(method, path, {"host": host})
    assert answer.status_code == 200
    assert answer.json().get("scope", "read") == "read"


@pytest.mark.parametrize(("method", "path"), REFUSED)
def test_nobody_may_send_or_change_anything(public, method, path):
    answer = public.ask(method, path)
    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["/functions?project=shop", "/functions?project="])
def test_there_is_one_project_to_look_at(public, path):
    assert public.ask("GET", path).status_code == 403
    assert public.ask("GET", "/functions?project=default").json()["project"] == "default"


def test_a_key_may_on_a_public_server_what_it_may_elsewhere_but_send(public):
    admin = bearer(public.make_key("admin"))
    assert public.ask("PUT", "/api/v1/agent/config", admin).json()["scope"] == "admin"
    assert public.ask("POST", "/v1/traces", bearer(public.make_key("ingest"))).status_code == 403
    assert public.ask("GET", "/functions").json()["scope"] == "read"


def test_a_wrong_key_is_told_so_and_does_not_look_like_none(public):
    public.make_key("read")
    assert public.ask("GET", "/functions.json", bearer("mlk_read_wrong")).status_code == 401
