"""The state database: made and migrated at the start, refused when newer, durable, private, shared by processes."""

from __future__ import annotations

import stat
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from mendline.errors import NotFoundError, StateError, StateNewerError, UsageError
from mendline.store.state import (
    Scope,
    add_key,
    add_project,
    check_project_name,
    find_key,
    insert_project,
    key_census,
    list_keys,
    list_projects,
    open_state,
    revoke_key,
    state_path,
)
from mendline.store.state.migrate import HEAD
from mendline.store.state.tables import METADATA

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def state(tmp_path):
    opened = open_state(tmp_path, NOON)
    yield opened
    opened.close()


def _add(connection, number, project="default"):
    return add_key(
        connection, project=project, scope=Scope.READ, name="n", prefix="p", hashed=bytes([number]) * 32, now=NOON
    )


def test_fresh_state_has_the_default_project(state):
    with state.reading() as connection:
        assert [project.name for project in list_projects(connection)] == ["default"]
        assert not list_keys(connection)


def test_revisions_end_where_the_code_says_and_make_the_tables_that_it_knows(state):
    config = Config()
    config.set_main_option("script_location", "mendline.store.state:migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD
    with state.reading() as connection:
        assert not compare_metadata(MigrationContext.configure(connection), METADATA)


def test_tables_can_be_made_in_postgresql():
    for table in METADATA.sorted_tables:
        assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=postgresql.dialect()))


def test_what_was_written_is_there_after_opening_again(tmp_path, state):
    with state.writing() as connection:
        key = _add(connection, 1)
    state.close()
    again = open_state(tmp_path, NOON)
    with again.reading() as connection:
        assert list_keys(connection) == (key,)
    again.close()


def test_change_that_fails_half_way_changes_nothing(state):
    def fail():
        with state.writing() as connection:
            insert_project(connection, "shop", NOON)
            raise UsageError("stop")

    with pytest.raises(UsageError):
        fail()
    with state.reading() as connection:
        assert key_census(connection).projects == 1


def test_newer_state_is_refused_in_words(tmp_path, state):
    with state.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StateNewerError) as refused:
        open_state(tmp_path, NOON)
    assert "9999" in refused.value.message


@pytest.mark.parametrize("content", [b"no database at all, but text" * 100, b"SQLite format 3\0" + b"\xff" * 4096])
def test_damaged_state_is_a_sentence_and_is_left_as_it_is(tmp_path, content):
    path = state_path(tmp_path)
    path.write_bytes(content)
    with pytest.raises(StateError) as refused:
        open_state(tmp_path, NOON)
    assert str(path) in refused.value.message
    assert path.read_bytes() == content


def test_directory_that_cannot_be_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError) as refused:
        open_state(tmp_path / "file" / "data", NOON)
    assert "--data" in refused.value.message


def test_changes_are_synced_and_only_the_owner_reads_the_file(tmp_path, state):
    with state.writing() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        insert_project(connection, "shop", NOON)
    files = list(tmp_path.iterdir())
    assert state_path(tmp_path) in files
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_errors_do_not_repeat_what_was_to_be_written(state):
    with state.writing() as connection:
        _add(connection, 7)
    with pytest.raises(StateError) as refused, state.writing() as connection:
        _add(connection, 7)
    assert "\\x07" not in refused.value.message
    assert "INSERT" not in refused.value.message
    with pytest.raises(StateError), state.writing() as connection:
        _add(connection, 8, project="nowhere")


def test_processes_that_open_and_write_at_once_do_not_disturb_each_other(tmp_path):
    program = (
        "import sys; from datetime import UTC, datetime; from pathlib import Path\n"
        "from mendline.store.state import add_project, open_state\n"
        "now = datetime.now(UTC); state = open_state(Path(sys.argv[1]), now)\n"
        "for number in range(10):\n"
        "    with state.writing() as connection: add_project(connection, f'p{sys.argv[2]}_{number}', now)\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path), str(number)], stderr=subprocess.PIPE)
        for number in range(4)
    ]
    assert [(process.communicate(timeout=60)[1], process.returncode) for process in running] == [(b"", 0)] * 4
    state = open_state(tmp_path, NOON)
    with state.reading() as connection:
        assert key_census(connection).projects == 41
    state.close()


def test_census_changes_with_every_change_that_matters(state):
    seen = []
    steps = (
        lambda connection: _add(connection, 1),
        lambda connection: _add(connection, 2),
        lambda connection: revoke_key(connection, 1, NOON),
        lambda connection: add_project(connection, "shop", NOON),
    )
    for step in steps:
        with state.writing() as connection:
            step(connection)
            seen.append(key_census(connection))
    assert len(set(seen)) == len(steps)


def test_key_is_found_by_hash_and_its_number_is_never_given_again(state):
    with state.writing() as connection:
        key = _add(connection, 1)
        assert find_key(connection, key.hash) == key
        assert find_key(connection, bytes(32)) is None
        connection.exec_driver_sql("DELETE FROM keys")
        assert _add(connection, 2).id > key.id


def test_revoking_twice_keeps_the_first_moment_and_an_unknown_key_is_not_found(state):
    with state.writing() as connection:
        number = _add(connection, 1).id
        assert revoke_key(connection, number, NOON).revoked == NOON
        assert revoke_key(connection, number, NOON.replace(year=2027)).revoked == NOON
    with pytest.raises(NotFoundError), state.writing() as connection:
        revoke_key(connection, 99, NOON)


@pytest.mark.parametrize("name", ["default", "shop", "a", "a1_b", "a" * 63, "write", "systems"])
def test_names_that_projects_may_have(name):
    assert check_project_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "", "A", "1a", "_a", "a-b", "a b", "a.b", "é", "a\n", "a" * 64, "*", "a`b", "system", "information_schema",
        "shop_write", "_write",
    ],
)  # fmt: skip
def test_names_that_projects_may_not_have(name, state):
    with pytest.raises(UsageError), state.writing() as connection:
        add_project(connection, name, NOON)


def test_project_is_made_once(state):
    with state.writing() as connection:
        add_project(connection, "shop", NOON)
    with pytest.raises(UsageError), state.writing() as connection:
        add_project(connection, "shop", NOON)
