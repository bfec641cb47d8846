"""Who gets what: every way a server can be bound, every credential, every kind of path, with status and code."""

from __future__ import annotations

import itertools
import re

import pytest
from access.world import World, bearer

from mendline.access import make_key

PATHS = {
    "page": ("GET", "/functions"),
    "twin": ("GET", "/functions.json"),
    "api": ("GET", "/api/v1/functions"),
    "ask": ("POST", "/api/v1/explain"),
    "change": ("POST", "/api/v1/policies"),
    "form": ("POST", "/policies"),
    "agent": ("GET", "/api/v1/agent/config"),
    "otlp": ("POST", "/v1/traces"),
    "aws": ("POST", "/aws/logs"),
    "metrics": ("GET", "/metrics"),
    "hose": ("POST", "/aws/firehose"),
    "health": ("GET", "/healthz"),
    "ready": ("GET", "/readyz"),
    "static": ("GET", "/static/app.css"),
}
# Where keys are asked for: the status by credential, in the order of PATHS.
ASKED = {
    "none":        "303 401 401 401 401 401 401 401 401 401 200 200 200 200",
    "wrong":       "401 401 401 401 401 401 401 401 401 401 200 200 200 200",
    "malformed":   "401 401 401 401 401 401 401 401 401 401 200 200 200 200",
    "revoked":     "401 401 401 401 401 401 401 401 401 401 200 200 200 200",
    "ingest":      "403 403 403 403 403 403 200 200 200 403 200 200 200 200",
    "read":        "200 200 200 200 403 403 403 403 403 200 200 200 200 200",
    "admin":       "200 200 200 200 200 200 200 200 200 200 200 200 200 200",
    "other admin": "403 403 403 403 403 403 403 403 403 403 200 200 200 200",
    "every admin": "200 200 200 200 200 200 200 200 200 200 200 200 200 200",
}  # fmt: skip
CODES = {401: "unauthenticated", 403: "forbidden"}
SITUATIONS = list(itertools.product(("loopback", "network"), ("keys", "no keys"), ("auto", "required")))


@pytest.fixture(scope="module", params=SITUATIONS, ids=" ".join)
def situation(request, tmp_path_factory):
    bound, keys, auth = request.param
    world = World(tmp_path_factory.mktemp("state"), loopback=bound == "loopback", required=auth == "required")
    sent = {
        "none": {},
        "wrong": bearer(make_key("read", lambda _: 7)),
        "malformed": bearer("mlk_read_not-a-key"),
    }
    if keys == "keys":
        world.make_project("shop")
        revoked, number = world.make_numbered_key("admin")
        world.revoke(number)
        sent["revoked"] = bearer(revoked)
        for scope in ("ingest", "read", "admin"):
            sent[scope] = bearer(world.make_key(scope))
        sent["other admin"] = bearer(world.make_key("admin", "shop"))
        sent["every admin"] = bearer(world.make_key("admin", "*"))
    yield request.param, world, sent
    world.close()


def test_status_and_code(situation):
    (bound, keys, auth), world, sent = situation
    assert set(sent) == (set(ASKED) if keys == "keys" else {"none", "wrong", "malformed"})
    is_open = (bound, keys, auth) == ("loopback", "no keys", "auto")
    metrics_are_open = (bound, auth) == ("loopback", "auto")
    for credential, headers in sent.items():
        for (name, (method, path)), status in zip(PATHS.items(), ASKED[credential].split(), strict=True):
            wanted = 200 if is_open or (name == "metrics" and metrics_are_open) else int(status)
            # the other project's admin asks for the default project, so that its project is what is refused
            asked = f"{path}?project=default" if credential == "other admin" else path
            answer = world.ask(method, asked, headers)
            assert (credential, name, answer.status_code) == (credential, name, wanted)
            assert _code(answer) == CODES.get(wanted)
            assert ("www-authenticate" in answer.headers) == (wanted == 401)
            assert "default-src 'none'" in answer.headers["content-security-policy"]


def _code(answer):
    if answer.headers.get("content-type", "").startswith("text/html"):
        return re.search(r"<code>(\w+)</code>", answer.text)[1]
    return answer.json().get("code") if answer.content else None


def test_table_covers_every_kind_of_path():
    assert {len(row.split()) for row in ASKED.values()} == {len(PATHS)}


def test_grant_names_project_scope_and_key(world):
    world.make_project("shop")
    sent = {name: bearer(world.make_key("admin", name)) for name in ("default", "shop", "*")}
    told = {name: world.ask("GET", "/api/v1/functions", sent[name]).json() for name in ("default", "shop")}
    assert (told["default"]["project"], told["default"]["scope"]) == ("default", "admin")
    assert (told["shop"]["project"], told["shop"]["scope"]) == ("shop", "admin")
    assert told["default"]["key_id"] != told["shop"]["key_id"]
    for asked in ("default", "shop"):
        assert world.ask("GET", f"/functions?project={asked}", sent["*"]).json()["project"] == asked
    assert world.ask("GET", "/api/v1/functions?project=nowhere", sent["*"]).status_code == 404
    assert world.ask("GET", "/api/v1/functions?project=shop&project=default", sent["*"]).status_code == 400
