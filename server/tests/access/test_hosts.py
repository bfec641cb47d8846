"""Only names that can mean nothing but this machine are loopback."""

from __future__ import annotations

import pytest

from mendline.access import is_loopback


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
