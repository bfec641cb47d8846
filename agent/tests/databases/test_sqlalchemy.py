"""SQLAlchemy adds no second span to a statement whose driver is followed, and speaks for drivers that are not."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, insert, select
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import create_async_engine

ORDERS = Table("orders", MetaData(), Column("id", Integer, primary_key=True), Column("name", String(20)))
SECRET = "hunter2"


def _work(connection):
    ORDERS.drop(connection, checkfirst=True)
    ORDERS.create(connection)
    connection.execute(insert(ORDERS), [{"id": 1, "name": SECRET}, {"id": 2, "name": "b"}])
    connection.commit()
    assert connection.execute(select(ORDERS.c.id).where(ORDERS.c.name == SECRET)).all() == [(1,)]


def _sync(url):
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            _work(connection)
    finally:
        engine.dispose()


def _async(url):
    async def main():
        engine = create_async_engine(url)
        try:
            async with engine.connect() as connection:
                await connection.run_sync(_work)
        finally:
            await engine.dispose()

    asyncio.run(main())


ENGINES = [
    ("postgresql+psycopg2", "shop", _sync), ("postgresql+psycopg", "shop", _sync),
    ("postgresql+psycopg", "shop", _async), ("mysql+pymysql", "root", _sync),
]  # fmt: skip


@pytest.mark.parametrize(("dialect", "user", "way"), ENGINES)
def test_a_statement_on_a_followed_driver_is_one_span(request, run, collector, attributes, dialect, user, way):
    server = request.getfixturevalue("mariadb" if "mysql" in dialect else "postgresql")
    run(lambda event, context: way(f"{dialect}://{user}@127.0.0.1:{server.port}/shop"))
    names = [span.name for span in sorted(collector.operations(), key=lambda span: span.start_time_unix_nano)]
    assert names[0] == "CONNECT shop"
    assert [name for name in names if name in ("INSERT orders", "SELECT orders")] == ["INSERT orders", "SELECT orders"]
    assert names.count("COMMIT shop") == 1
    found = next(attributes(span) for span in collector.operations() if span.name == "SELECT orders")
    assert found["server.port"] == server.port
    assert found["db.response.returned_rows"] == 1
    assert SECRET.encode() not in b"".join(span.SerializeToString() for span in collector.operations())


class _OwnDialect(SQLiteDialect_pysqlite):
    """A dialect that does things in its own way, as those of pyodbc and asyncpg do."""

    driver = "own"
    supports_statement_cache = True

    def connect(self, *args, **kwargs):
        return self.loaded_dbapi.connect(*args, **kwargs)

    def do_executemany(self, cursor, statement, parameters, context=None):
        for one in parameters:
            cursor.execute(statement, one)


sqlalchemy.dialects.registry.register("sqlite.own", __name__, "_OwnDialect")


@pytest.mark.parametrize("driver", ["pysqlite", "own"])
def test_another_driver_is_told_of_by_sqlalchemy(run, collector, attributes, tmp_path, driver):
    sqlalchemy.dialects.registry.impls["sqlite.own"] = lambda: _OwnDialect
    file = str(tmp_path / "shop.db")
    root = run(lambda event, context: _sync(f"sqlite+{driver}:///{file}"))
    spans = collector.operations()
    assert {span.parent_span_id for span in spans} == {root.span_id}
    connecting, *_, inserting, committing, selecting = spans
    assert connecting.name == f"CONNECT {file}"
    assert (inserting.name, committing.name, selecting.name) == ("INSERT orders", f"COMMIT {file}", "SELECT orders")
    found = attributes(inserting)
    assert (found["db.system.name"], found["db.operation.name"]) == ("sqlite", "BATCH INSERT")
    assert (found["db.operation.batch.size"], found["mendline.db.affected_rows"]) == (2, 1 if driver == "own" else 2)
    assert attributes(spans[1])["mendline.connection"] == "new"
    assert attributes(selecting)["mendline.connection"] == "reused"
    assert SECRET.encode() not in b"".join(span.SerializeToString() for span in spans)


def test_an_error_of_another_driver_is_told_without_values(run, collector, attributes, tmp_path):
    def handler(event, context):
        engine = create_engine(f"sqlite:///{tmp_path}/shop.db")
        with engine.connect() as connection:
            _work(connection)
            with pytest.raises(IntegrityError):
                connection.execute(insert(ORDERS), {"id": 1, "name": SECRET})
            with pytest.raises(OperationalError):
                connection.exec_driver_sql(f"SELEKT '{SECRET}'")
        engine.dispose()

    run(handler)
    failed = [span for span in collector.operations() if span.status.code]
    assert [attributes(span)["error.type"] for span in failed] == ["sqlite3.IntegrityError", "sqlite3.OperationalError"]
    assert failed[0].status.message == "UNIQUE constraint failed: orders.id"
    assert SECRET.encode() not in b"".join(span.SerializeToString() for span in collector.operations())


def test_a_database_that_cannot_be_opened_is_an_error_of_connecting(run, collector, tmp_path):
    def handler(event, context):
        engine = create_engine(f"sqlite:///{tmp_path}/nowhere/shop.db")
        with pytest.raises(OperationalError):
            engine.connect()

    run(handler)
    (span,) = collector.operations()
    assert (span.name, span.status.code) == (f"CONNECT {tmp_path}/nowhere/shop.db", 2)
