"""Keys made and ended on the settings page, links that sign in once, and the way in of a server nobody entered yet."""

from __future__ import annotations

import pytest
from access.test_sign_in_page import OWN
from access.world import World, bearer
from starlette.applications import Starlette

from mendline.access import Gate, Grant, Members, SecurityHeaders, first_link
from mendline.access.members import link_for
from mendline.app.refusals import refuser
from mendline.errors import ForbiddenError, NotFoundError, UnauthenticatedError, UsageError
from mendline.store.state import Scope
from mendline.web import error_response, sign_in_routes

NOBODY = Grant("default", Scope.ADMIN, None)


@pytest.fixture
def members(world):
    return Members(world.sign_in)


def _grant(world, project="default"):
    _, number = world.make_numbered_key("admin", project)
    return Grant("default", Scope.ADMIN, number)


def _token(path):
    return path.partition("token=")[2]


def test_editor_reads_and_decides_and_manages_nothing(world):
    editor = bearer(world.make_key("edit"))
    paths = {"/functions": 200, "/settings": 403}
    assert {path: world.ask("GET", path, editor).status_code for path in paths} == paths
    changes = {"/errors/abc": 200, "/boards": 200, "/boards/x": 200, "/settings/keys": 403, "/api/v1/receivers": 403}
    assert {path: world.ask("POST", path, editor).status_code for path in changes} == changes
    viewer = bearer(world.make_key("read"))
    assert {world.ask("POST", path, viewer).status_code for path in changes} == {403}


def test_first_key_of_an_open_server_is_an_administrators(world, members):
    with pytest.raises(UsageError):
        members.make(NOBODY, "default", "ingest", "functions")
    with pytest.raises(UsageError):
        members.make(NOBODY, "*", "admin", " ")
    text, key = members.make(NOBODY, "*", "admin", "Ada")
    assert (key.project, world.access.is_open()) == (None, False)
    assert world.ask("GET", "/settings", bearer(text)).status_code == 200
    with pytest.raises(UsageError):
        members.make(NOBODY, "default", "everything", "")


def test_administrator_of_one_project_keeps_to_it(world, members):
    world.make_project("shop")
    own, every = _grant(world), _grant(world, "*")
    _, elsewhere = world.make_numbered_key("read", "shop")
    assert members.make(own, "default", "read", "Ada")[1].project == "default"
    for project in ("shop", "*"):
        with pytest.raises(ForbiddenError):
            members.make(own, project, "admin", "Ada")
    with pytest.raises(ForbiddenError):
        members.make_project(own, "other")
    for change in (members.revoke, members.link):
        with pytest.raises(NotFoundError):
            change(own, elsewhere)
        with pytest.raises(ForbiddenError):
            change(own, every.key_id)
    members.make_project(every, "other")
    assert members.make(every, "other", "read", "Ada")[1].project == "other"
    assert members.revoke(every, elsewhere).revoked


def test_last_administrator_stays(world, members):
    every = _grant(world, "*")
    with pytest.raises(UsageError):
        members.revoke(every, every.key_id)
    other = _grant(world, "*")
    assert members.revoke(every, other.key_id).revoked


def test_link_signs_in_once_and_the_newest_of_a_key_alone(world, members):
    grant = _grant(world)
    key = members.make(grant, "default", "read", "Ada")[1]
    old, new = (_token(members.link(grant, key.id)) for _ in range(2))
    assert world.sign_in.named_by(new).id == world.sign_in.named_by(new).id == key.id
    session = world.sign_in.begin_by_link(new, "1.2.3.4")
    assert world.sign_in.key_of(session).id == key.id
    for token in (old, new, "", "x" * 1000):
        assert world.sign_in.named_by(token) is None
        with pytest.raises(UnauthenticatedError):
            world.sign_in.begin_by_link(token, token[:4])


def test_link_is_over_after_a_day_and_with_its_key(world, members):
    grant = _grant(world)
    keys = [members.make(grant, "default", "read", name)[1] for name in ("Ada", "Bo")]
    links = [_token(members.link(grant, key.id)) for key in keys]
    members.revoke(grant, keys[0].id)
    world.clock.move(days=1)
    for link in links:
        with pytest.raises(UnauthenticatedError):
            world.sign_in.begin_by_link(link, "1.2.3.4")


def test_key_of_functions_gets_no_link(world):
    _, number = world.make_numbered_key("ingest")
    with pytest.raises(UsageError):
        link_for(world.sign_in, number)
    with pytest.raises(NotFoundError):
        link_for(world.sign_in, 99)


def test_server_that_asks_for_keys_prints_a_link_until_somebody_came_in(tmp_path):
    world = World(tmp_path, loopback=False)
    tokens = [first_link(world.sign_in) for _ in range(2)]
    assert world.sign_in.named_by(tokens[0]) is None
    session = world.sign_in.begin_by_link(tokens[1], "1.2.3.4")
    key = world.sign_in.key_of(session)
    assert (key.scope, key.project) == (Scope.ADMIN, None)
    assert first_link(world.sign_in) is None
    world.close()


def test_open_server_and_one_with_an_administrator_print_no_link(world):
    assert first_link(world.sign_in) is None
    world.make_key("admin")
    assert first_link(world.sign_in) is None


def test_page_of_a_link_asks_first_and_then_signs_in(world):
    app = Starlette(routes=sign_in_routes(world.sign_in))
    world.app = SecurityHeaders(Gate(app, world.access, world.sign_in, refuser(world.counters, error_response)))
    _, number = world.make_numbered_key("edit")
    path = link_for(world.sign_in, number)
    for _ in range(2):
        asked = world.ask("GET", path)
        assert (asked.status_code, "editor of project default" in asked.text) == (200, True)
    body = f"token={_token(path)}".encode()
    assert (
        world.ask("POST", path.partition("?")[0], {**OWN, "sec-fetch-site": "cross-site"}, content=body).status_code
        == 403
    )
    answers = [world.ask("POST", path.partition("?")[0], OWN, content=body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 401]
    assert "mendline=" in answers[0].headers["set-cookie"]
    assert world.ask("GET", path).status_code == 401
