"""What psycopg 3 has beside statements: blocks of transactions and copies, the server's cursors, pipelines, streams."""

from __future__ import annotations

import asyncio

import psycopg
import pytest


@pytest.fixture
def where(postgresql):
    return {"host": str(postgresql.socket), "port": postgresql.port, "user": "shop", "dbname": "shop"}


def _names(collector):
    return [span.name for span in collector.operations()]


def test_copies_streams_and_pipelines_work_as_ever(run, collector, attributes, where, postgresql):
    def handler(event, context):
        with psycopg.connect(**where) as one:
            cursor = one.cursor()
            cursor.execute("CREATE TEMPORARY TABLE copied (id int)")
            with cursor.copy("COPY copied FROM STDIN") as copy:
                assert isinstance(copy, psycopg.Copy)
                copy.write_row((1,))
                copy.write_row((2,))
            with cursor.copy("COPY copied TO STDOUT") as copy:
                assert list(copy.rows()) == [("1",), ("2",)]
            assert list(cursor.stream("SELECT id FROM copied")) == [(1,), (2,)]
            with one.cursor("named") as named:
                assert named.execute("SELECT id FROM copied").fetchall() == [(1,), (2,)]
            with one.pipeline():
                assert one.execute("SELECT 2").fetchone() == (2,)

    run(handler)
    assert _names(collector) == [
        "CONNECT shop", "CREATE copied", "COPY copied", "COPY copied", "SELECT copied", "SELECT shop", "COMMIT shop",
    ]  # fmt: skip
    found = [attributes(span) for span in collector.operations()]
    assert found[2]["mendline.db.affected_rows"] == 2
    assert found[0]["server.address"] == str(postgresql.socket)
    assert "server.port" not in found[0]


def test_what_is_copied_asynchronously_is_told_too(run, collector, where):
    async def main():
        async with await psycopg.AsyncConnection.connect(**where) as one:
            cursor = await one.execute("CREATE TEMPORARY TABLE copied (id int)")
            async with cursor.copy("COPY copied FROM STDIN") as copy:
                await copy.write_row((1,))
            async with one.transaction():
                assert await (await one.execute("SELECT id FROM copied")).fetchone() == (1,)
            async with one.cursor("named") as named:
                await named.execute("SELECT 5")

    run(lambda event, context: asyncio.run(main()))
    assert _names(collector) == [
        "CONNECT shop", "CREATE copied", "COPY copied", "SELECT copied", "RELEASE shop", "SELECT shop", "COMMIT shop",
    ]  # fmt: skip


def test_an_error_in_a_copy_is_the_copy_s(run, collector, attributes, where):
    def handler(event, context):
        with psycopg.connect(**where) as one:
            with pytest.raises(psycopg.errors.UndefinedTable), one.cursor().copy("COPY nowhere FROM STDIN"):
                pytest.fail("there is no such table")
            one.rollback()
            with pytest.raises(ZeroDivisionError), one.cursor().copy("COPY (SELECT 1) TO STDOUT"):
                raise ZeroDivisionError
            one.rollback()

    run(handler)
    failed = [attributes(span) for span in collector.operations() if span.status.code == 2]
    assert [one["error.type"] for one in failed] == ["psycopg.errors.UndefinedTable", "ZeroDivisionError"]
    assert failed[0]["db.response.status_code"] == "42P01"


def test_the_end_of_each_block_of_a_transaction_is_told(run, collector, where):
    def handler(event, context):
        with psycopg.connect(**where, autocommit=True) as one:
            with one.transaction():
                one.execute("CREATE TEMPORARY TABLE kept (id int)")
                with one.transaction():
                    one.execute("INSERT INTO kept VALUES (1)")
                with one.transaction(force_rollback=True):
                    one.execute("INSERT INTO kept VALUES (2)")
            with pytest.raises(ZeroDivisionError), one.transaction():
                raise ZeroDivisionError
            assert one.execute("SELECT id FROM kept").fetchall() == [(1,)]

    run(handler)
    assert _names(collector) == [
        "CONNECT shop", "CREATE kept", "INSERT kept", "RELEASE shop", "INSERT kept", "ROLLBACK shop", "COMMIT shop",
        "ROLLBACK shop", "SELECT kept",
    ]  # fmt: skip
