"""A page of another site cannot make a browser change something here."""

from __future__ import annotations

import pytest

from mendline.access.cross_site import check_same_site
from mendline.errors import CrossSiteError

HOST = {"host": "mendline.example:8000"}
COOKIE = {"cookie": "mendline=1"}
KEY = {"authorization": "Bearer mlk_read_x"}
OWN = {"origin": "http://mendline.example:8000"}
FOREIGN = {"origin": "http://evil.example"}


def _site(value):
    return {"sec-fetch-site": value}


@pytest.mark.parametrize(
    ("method", "headers", "passes"),
    [
        ("GET", {**COOKIE, **_site("cross-site")}, True),
        ("HEAD", {**COOKIE, **FOREIGN}, True),
        ("POST", {**COOKIE, **_site("same-origin")}, True),
        ("POST", {**COOKIE, **_site("none")}, True),
        ("POST", {**COOKIE, **_site("cross-site")}, False),
        ("POST", {**COOKIE, **_site("same-site")}, False),
        ("POST", {**COOKIE, **_site("")}, False),
        ("POST", {**COOKIE, **_site("cross-site"), **OWN}, False),
        ("POST", {**COOKIE, **OWN}, True),
        ("POST", {**COOKIE, "origin": "https://MENDLINE.example:8000"}, True),
        ("POST", {**COOKIE, **FOREIGN}, False),
        ("POST", {**COOKIE, "origin": "null"}, False),
        ("POST", {**COOKIE, "origin": "http://mendline.example"}, False),
        ("POST", COOKIE, False),
        ("PUT", COOKIE, False),
        ("DELETE", {**COOKIE, **FOREIGN}, False),
        ("WHATEVER", {**COOKIE, **FOREIGN}, False),
        ("POST", KEY, True),
        ("POST", {**KEY, **FOREIGN, **_site("cross-site")}, True),
        ("POST", {**KEY, **COOKIE, **_site("cross-site")}, False),
        ("POST", {"authorization": "Basic dTpw", **FOREIGN}, False),
        ("POST", {}, True),
        ("POST", FOREIGN, False),
        ("POST", _site("cross-site"), False),
    ],
)
def test_changes_pass_only_from_our_own_pages_or_with_a_key(method, headers, passes):
    if passes:
        check_same_site(method, {**HOST, **headers})
    else:
        with pytest.raises(CrossSiteError):
            check_same_site(method, {**HOST, **headers})


def test_origin_never_equals_a_host_that_is_missing():
    with pytest.raises(CrossSiteError):
        check_same_site("POST", {"origin": ""})


@pytest.mark.parametrize("path", ["/policies", "/api/v1/policies", "/api/v1/explain", "/sign-in", "/sign-out"])
def test_gate_refuses_cross_site_changes_also_where_access_is_open(world, path):
    answer = world.ask("POST", path, {"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert "cross_site" in answer.text
    assert world.ask("POST", path, {"sec-fetch-site": "same-origin"}).status_code == 200
