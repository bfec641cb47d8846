"""Where keys come from, what is noted of them, and how fast a new or a revoked one counts."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from access.world import World, bearer
from waiting import eventually

import mendline.access
from mendline.access import Scope, make_key
from mendline.errors import ForbiddenError, NotFoundError, ProjectNotServedError, UnauthenticatedError, UsageError
from mendline.store.state import list_keys


def _used(world):
    with world.state.reading() as connection:
        return [key.last_used for key in list_keys(connection)]


@pytest.mark.parametrize(
    "headers",
    [
        lambda key: {"authorization": f"Bearer {key}"},
        lambda key: {"authorization": f"bearer  {key} "},
        lambda key: {"x-mendline-key": key},
        lambda key: {"api-key": key},
        lambda key: {"authorization": "Basic dTpw", "x-mendline-key": key},
    ],
)
def test_key_is_taken_from_each_header(world, headers):
    assert world.access.authorise(headers(world.make_key("ingest")), Scope.INGEST).scope == Scope.INGEST


def test_key_given_by_the_caller_counts_instead_of_the_headers(world):
    read, ingest = world.make_key("read"), world.make_key("ingest")
    assert world.access.authorise(bearer(read), Scope.INGEST, key=ingest).scope == Scope.INGEST
    with pytest.raises(UnauthenticatedError):
        world.access.authorise(bearer(ingest), Scope.INGEST, key="")


def test_first_key_ends_open_access(world):
    assert world.access.authorise({}, Scope.ADMIN).key_id is None
    world.make_key("ingest")
    world.clock.move(seconds=1)
    with pytest.raises(UnauthenticatedError):
        world.access.authorise({}, Scope.READ)


def test_new_key_counts_at_once_also_for_its_own_project(world):
    assert world.access.is_open()
    world.make_project("shop")
    assert world.access.authorise(bearer(world.make_key("read", "shop")), Scope.READ).project == "shop"


def test_revoked_key_counts_a_second_at_most(world):
    text, number = world.make_numbered_key("read")
    assert world.access.authorise(bearer(text), Scope.READ)
    world.revoke(number)
    world.clock.move(seconds=1)
    with pytest.raises(UnauthenticatedError):
        world.access.authorise(bearer(text), Scope.READ)


def test_revoking_the_last_key_does_not_open_the_server(world):
    _, number = world.make_numbered_key("admin")
    world.revoke(number)
    world.clock.move(seconds=1)
    assert not world.access.is_open()
    with pytest.raises(UnauthenticatedError):
        world.access.authorise({}, Scope.READ)


def test_unknown_key_is_nobody_where_access_is_open(world):
    stranger = make_key(Scope.READ, lambda _: 3)
    assert world.access.authorise(bearer(stranger), Scope.INGEST).key_id is None


def test_open_access_is_to_the_default_project_only(world):
    world.make_project("shop")
    assert world.access.authorise({}, Scope.READ, "default").project == "default"
    with pytest.raises(ForbiddenError):
        world.access.authorise({}, Scope.READ, "shop")


@pytest.mark.parametrize(
    ("project", "asked", "outcome"),
    [
        ("shop", None, "shop"),
        ("shop", "shop", "shop"),
        ("shop", "default", ForbiddenError),
        ("shop", "nowhere", ForbiddenError),
        ("shop", "", ForbiddenError),
        ("*", None, "default"),
        ("*", "shop", "shop"),
        ("*", "nowhere", NotFoundError),
        ("*", "", NotFoundError),
    ],
)
def test_project_asked_for_is_checked_against_the_key(world, project, asked, outcome):
    world.make_project("shop")
    headers = bearer(world.make_key("admin", project))
    if isinstance(outcome, str):
        assert world.access.authorise(headers, Scope.READ, asked).project == outcome
    else:
        with pytest.raises(outcome):
            world.access.authorise(headers, Scope.READ, asked)


def test_project_made_later_is_known_within_a_second(world):
    headers = bearer(world.make_key("admin", "*"))
    world.access.authorise(headers, Scope.READ)
    world.make_project("late")
    world.clock.move(seconds=1)
    assert world.access.authorise(headers, Scope.READ, "late").project == "late"


@pytest.mark.parametrize("scope", ["ingest", "read"])
def test_key_for_every_project_is_admin_only(world, scope):
    with pytest.raises(UsageError):
        world.make_key(scope, "*")


def test_project_that_is_not_served_is_said_and_not_mixed_up(tmp_path):
    world = World(tmp_path)
    world.access._serves = lambda project: project == "default"
    world.make_project("shop")
    with pytest.raises(ProjectNotServedError):
        world.access.authorise(bearer(world.make_key("ingest", "shop")), Scope.INGEST)
    world.close()


def test_use_is_noted_once_a_minute(world):
    headers = bearer(world.make_key("read"))
    first = world.clock.now()
    world.access.authorise(headers, Scope.READ)
    eventually(lambda: _used(world) == [first])
    world.clock.move(seconds=59)
    world.access.authorise(headers, Scope.READ)
    world.clock.move(seconds=1)
    second = world.clock.now()
    world.access.authorise(headers, Scope.READ)
    eventually(lambda: _used(world) == [second])


def test_refused_use_is_not_noted(world):
    with pytest.raises(ForbiddenError):
        world.access.authorise(bearer(world.make_key("read")), Scope.ADMIN)
    world.access.close()
    assert _used(world) == [None]


def test_state_that_takes_no_change_costs_no_request(world, caplog):
    headers = bearer(world.make_key("read"))
    with world.state.writing() as connection:
        connection.exec_driver_sql("CREATE TRIGGER no BEFORE UPDATE ON keys BEGIN SELECT RAISE(ABORT, 'full'); END")
    assert world.access.authorise(headers, Scope.READ)
    world.access.close()
    assert "not noted" in caplog.text


def test_hashes_are_compared_in_constant_time():
    folder = Path(mendline.access.__file__).parent
    compared, calls = [], set()
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                calls.add((path.stem, ast.unparse(node.func)))
            if isinstance(node, ast.Compare) and any(isinstance(op, (ast.Eq, ast.NotEq)) for op in node.ops):
                compared.append(ast.unparse(node))
    assert {("book", "hmac.compare_digest"), ("sign_in", "hmac.compare_digest")} <= calls
    assert not [text for text in compared if "hash" in text or "token" in text]
