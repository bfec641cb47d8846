"""Faults of databases through their real drivers: an error of the driver's own, a connection that is lost, or late."""

from __future__ import annotations

import asyncio
import contextlib

import psycopg
import psycopg.errors
import psycopg2
import psycopg2.errors
import pymysql
import pytest
import sqlalchemy


def _psycopg(server, work):
    with psycopg.connect(host="127.0.0.1", port=server.port, user="shop", dbname="shop") as connection:
        return work(connection.cursor())


def _psycopg2(server, work):
    where = {"host": "127.0.0.1", "port": server.port, "user": "shop", "dbname": "shop"}
    with contextlib.closing(psycopg2.connect(**where)) as connection:
        return work(connection.cursor())


def _psycopg_async(server, work):
    async def main():
        where = {"host": "127.0.0.1", "port": server.port, "user": "shop", "dbname": "shop"}
        async with await psycopg.AsyncConnection.connect(**where) as connection:
            return await connection.cursor().execute("SELECT 1")

    return asyncio.run(main())


def _pymysql(server, work):
    with contextlib.closing(pymysql.connect(host="127.0.0.1", port=server.port, user="root")) as connection:
        return work(connection.cursor())


DRIVERS = {
    _psycopg: ("postgresql", psycopg),
    _psycopg_async: ("postgresql", psycopg),
    _psycopg2: ("postgresql", psycopg2),
    _pymysql: ("mariadb", pymysql),
}


def _select(cursor):
    cursor.execute("SELECT 1")
    return cursor.fetchone()


@pytest.fixture(params=DRIVERS, ids=lambda driver: driver.__name__)
def asks(request):
    server, module = DRIVERS[request.param]
    served = request.getfixturevalue(server)
    return module, lambda work=_select: request.param(served, work)


@pytest.mark.parametrize("name", ["OperationalError", "IntegrityError", "SerializationFailure"])
def test_a_statement_fails_as_its_driver_has_it(under, asks, name):
    module, call = asks
    target = {"type": "sql", "operation": "SELECT"}
    error = under(call, "sql_error", target=target, **{"class": name})
    errors = getattr(module, "errors", module)
    expected = getattr(errors, name, None) or getattr(module, name, module.OperationalError)
    assert type(error) is expected, repr(error)


@pytest.mark.parametrize("operation", ["CONNECT", "SELECT"])
@pytest.mark.parametrize("kind", ["connection_refused", "connection_reset"])
def test_a_connection_that_is_lost_is_an_operational_error(under, asks, operation, kind):
    module, call = asks
    error = under(call, kind, target={"type": "sql", "operation": operation})
    assert isinstance(error, module.OperationalError), repr(error)


def test_a_late_answer_comes(under, asks, collector, attributes):
    _, call = asks
    answer = under(call, "latency", ms=2, target={"operation": "SELECT"})
    assert not isinstance(answer, Exception), repr(answer)
    (touched,) = [one for one in collector.operations() if "mendline.chaos.id" in attributes(one)]
    assert touched.end_time_unix_nano - touched.start_time_unix_nano >= 2_000_000


def test_sqlalchemy_wraps_what_its_other_drivers_raise(under, run):
    run(lambda event, context: None)  # engines that are made from now on are followed
    engine = sqlalchemy.create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            error = under(
                lambda: connection.execute(sqlalchemy.text("SELECT 1")).scalar(),
                "sql_error",
                target={"type": "sql"},
                **{"class": "OperationalError"},
            )
    finally:
        engine.dispose()
    assert type(error) is sqlalchemy.exc.OperationalError
