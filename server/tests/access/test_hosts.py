"""Only names that can mean nothing but this machine are loopback; the server answers to its own names only."""

from __future__ import annotations

import pytest
from access.world import bearer

from mendline.access import is_loopback
from mendline.access.hosts import check_host
from mendline.errors import HostRefusedError


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]", "::1", "localhost."]
)
def test_loopback(host):
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "localhost.evil.com",
        "127.0.0.1.nip.io",
        "10.0.0.1",
        "0.0.0.0",
        "::",
        "2130706433",
        "0x7f.1",
        "::ffff:10.0.0.1",
    ],
)
def test_not_loopback(host):
    assert not is_loopback(host)


NAMES = frozenset({"mendline.example", "[2001:db8::1]"})


@pytest.mark.parametrize(
    ("header", "is_open", "allowed", "answered"),
    [
        ("127.0.0.1:8000", True, (), True),
        ("mendline.example", True, (), False),
        ("mendline.example", True, NAMES, False),
        ("", True, (), False),
        ("mendline.example", False, (), True),
        ("", False, (), True),
        ("mendline.example:8000", False, NAMES, True),
        ("MENDLINE.example.", False, NAMES, True),
        ("[2001:db8::1]:8000", False, NAMES, True),
        ("localhost:8000", False, NAMES, True),
        ("evil.example", False, NAMES, False),
        ("mendline.example.evil.example", False, NAMES, False),
        ("", False, NAMES, False),
    ],
)
def test_names_that_are_answered(header, is_open, allowed, answered):
    if answered:
        check_host(header, is_open=is_open, allowed=allowed)
    else:
        with pytest.raises(HostRefusedError):
            check_host(header, is_open=is_open, allowed=allowed)


@pytest.mark.parametrize(
    "path", ["/functions", "/healthz", "/v1/traces", "/aws/firehose", "/sign-in", "/static/app.css"]
)
def test_foreign_name_is_refused_on_every_path_also_with_a_key(make_world, path):
    world = make_world(loopback=False, allowed_hosts=frozenset({"mendline.example"}))
    key = bearer(world.make_key("admin"))
    assert world.ask("GET", path, key).status_code == 200
    assert world.ask("GET", path, {**key, "host": "evil.example"}).status_code == 421
