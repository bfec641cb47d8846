"""The sign-in page: a key for a cookie, where one goes on to, and what is said when it fails."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from access.world import World
from starlette.applications import Starlette

from mendline.access import Gate, SecurityHeaders
from mendline.app.refusals import refuser
from mendline.web import error_response, sign_in_routes
from mendline.web.pages.sign_in import local_path

OWN = {"sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded"}


class PageWorld(World):
    """A world whose app is the sign-in page behind the gate."""

    def __post_init__(self):
        super().__post_init__()
        app = Starlette(routes=sign_in_routes(self.sign_in))
        refuse = refuser(self.counters, error_response)
        self.app = SecurityHeaders(Gate(app, self.access, self.sign_in, refuse))

    def sign_in_with(self, key, *, scheme="http", cookie="", **fields):
        body = urlencode({"key": key, **fields}).encode()
        return self.ask("POST", "/sign-in", {**OWN, "cookie": cookie}, scheme=scheme, content=body)


@pytest.fixture
def world(tmp_path):
    made = PageWorld(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("scheme", "name", "secure"), [("http", "mendline", False), ("https", "__Host-mendline", True)]
)
def test_right_key_gets_a_guarded_cookie_and_goes_on(world, scheme, name, secure):
    answer = world.sign_in_with(f" {world.make_key('read')}\n", scheme=scheme, next="/traces?start=-6h")
    assert (answer.status_code, answer.headers["location"]) == (303, "/traces?start=-6h")
    cookie, *parts = answer.headers["set-cookie"].split("; ")
    assert cookie.partition("=")[0] == name
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Max-Age=604800"} <= set(parts)
    assert ("Secure" in parts) == secure
    assert not [part for part in parts if part.lower().startswith("domain")]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("key", "status"), [("", 401), ("nonsense", 401), ("mlk_read_x", 401), ("ingest", 403)])
def test_wrong_key_is_said_and_never_shown(world, key, status):
    right = world.make_key("ingest")
    answer = world.sign_in_with(right if key == "ingest" else key, next="/traces")
    assert answer.status_code == status
    assert 'role="alert"' in answer.text
    assert 'value="/traces"' in answer.text
    assert "set-cookie" not in answer.headers
    assert right not in answer.text
    assert not key or f'value="{key}"' not in answer.text


def test_sixth_try_is_429_with_a_time_to_wait(world):
    world.make_key("read")
    statuses = [world.sign_in_with("wrong").status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    assert world.sign_in_with("wrong").headers["retry-after"] == "60"


def test_signing_in_and_out_changes_the_cookie_each_time(world):
    key = world.make_key("read")
    first = world.sign_in_with(key).headers["set-cookie"].partition(";")[0]
    second = world.sign_in_with(key, cookie=first).headers["set-cookie"].partition(";")[0]
    assert first != second
    token = second.partition("=")[2]
    assert world.sign_in.key_of(token)
    assert world.sign_in.key_of(first.partition("=")[2]) is None
    out = world.ask("POST", "/sign-out", {**OWN, "cookie": second})
    assert (out.status_code, out.headers["location"]) == (303, "/sign-in")
    assert "Max-Age=0" in out.headers["set-cookie"]
    assert world.sign_in.key_of(token) is None


def test_signing_out_needs_no_session(world):
    assert world.ask("POST", "/sign-out", OWN).status_code == 303


def test_form_is_skipped_where_access_is_open(world):
    answer = world.ask("GET", "/sign-in?next=/traces")
    assert (answer.status_code, answer.headers["location"]) == (303, "/traces")


@pytest.mark.parametrize(
    ("scheme", "loopback", "warned"), [("http", True, False), ("http", False, True), ("https", False, False)]
)
def test_plain_connection_beyond_this_machine_is_warned_of(tmp_path, scheme, loopback, warned):
    world = PageWorld(tmp_path, loopback=loopback, required=True)
    assert ("not encrypted" in world.ask("GET", "/sign-in", scheme=scheme).text) == warned
    world.close()


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"x" * 9000, 413), (b"&".join(b"a%d=1" % n for n in range(50)), 400), (b"\xff\xfe", 401), (b"", 401)],
)
def test_body_that_is_no_form_is_refused(world, body, status):
    world.make_key("read")
    assert world.ask("POST", "/sign-in", OWN, content=body).status_code == status


@pytest.mark.parametrize("text", ["/", "/traces", "/functions/a%20b?start=-6h&q=x", "/functions?q=//x"])
def test_local_paths_are_gone_on_to(text):
    assert local_path(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "traces", "//evil.example", "/\\evil.example", "https://evil.example/", "javascript:alert(1)",
        "/\t/evil.example", "/a\nb", "/a b", "/ä", "/a\\b", "/sign-in", "/sign-out", "/" + "a" * 3000,
    ],
)  # fmt: skip
def test_anything_else_leads_to_the_start(text):
    assert local_path(text) == "/"
