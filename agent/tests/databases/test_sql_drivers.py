"""Statements through each driver are spans: to what, how many rows, which error, never with values."""

from __future__ import annotations

import asyncio
import contextlib
import json

import psycopg
import psycopg2
import pymysql
import pytest

PRICE, SECRET = 4711, "hunter2"


class _Waited:
    """An asynchronous connection or cursor whose methods can be called as if they were not."""

    def __init__(self, held, loop):
        self._held, self._loop = held, loop

    def __getattr__(self, name):
        found = getattr(self._held, name)
        if not callable(found):
            return _Waited(found, self._loop) if name == "connection" else found

        def call(*args, **kwargs):
            answer = found(*args, **kwargs)
            answer = self._loop.run_until_complete(answer) if asyncio.iscoroutine(answer) else answer
            return _Waited(answer, self._loop) if type(answer).__module__.startswith("psycopg") else answer

        return call


class Driver:
    def __init__(self, name, system, server, errors):
        self.name, self.system, self.server, self.errors = name, system, server, errors
        self.loop = asyncio.new_event_loop() if name == "psycopg async" else None

    def connect(self, **options):
        where = {"host": "127.0.0.1", "port": self.server.port, "user": "shop", **options}
        if self.name == "pymysql":
            return pymysql.connect(**{"database": "shop", **where, "user": "root"})
        where.setdefault("dbname", "shop")
        if self.loop:
            connecting = psycopg.AsyncConnection.connect(**where)
            return _Waited(self.loop.run_until_complete(connecting), self.loop)
        return (psycopg if self.name == "psycopg" else psycopg2).connect(**where)


@pytest.fixture(params=["psycopg", "psycopg async", "psycopg2", "pymysql"])
def driver(request):
    mysql = request.param == "pymysql"
    server = request.getfixturevalue("mariadb" if mysql else "postgresql")
    module = {"psycopg2": psycopg2, "pymysql": pymysql}.get(request.param, psycopg)
    one = Driver(request.param, "mariadb" if mysql else "postgresql", server, module)
    with contextlib.closing(one.connect()) as connection:
        cursor = connection.cursor()
        cursor.execute("DROP TABLE IF EXISTS orders")
        cursor.execute("CREATE TABLE orders (id int PRIMARY KEY, name varchar(20))")
        cursor.execute("INSERT INTO orders VALUES (1, 'a'), (2, 'b'), (3, 'c')")
        connection.commit()
    yield one
    if one.loop:
        one.loop.close()


@pytest.fixture
def within(run, collector, attributes, driver):
    """Runs `work(cursor)` in an invocation, on a connection made before it; answers its spans' names and attributes."""

    def once(work):
        with contextlib.closing(driver.connect()) as connection:
            root = run(lambda event, context: work(connection.cursor()))
        spans = collector.operations()
        assert {span.parent_span_id for span in spans} <= {root.span_id}
        assert {span.kind for span in spans} <= {3}
        return [(span, attributes(span)) for span in spans]

    return once


def _own(found):
    return {name: value for name, value in found.items() if not name.startswith("mendline.resource")}


def test_a_statement_is_one_span_without_its_values(driver, within, collector, attributes):
    kept = []

    def work(cursor):
        cursor.execute(f"SELECT id, name FROM orders WHERE id < %s AND name <> '{SECRET}'", (PRICE,))
        kept.extend(cursor.fetchall())

    ((span, found),) = within(work)
    assert kept == [(1, "a"), (2, "b"), (3, "c")]
    assert span.name == "SELECT orders"
    assert _own(found) == {
        "db.system.name": driver.system, "db.namespace": "shop", "db.operation.name": "SELECT",
        "db.collection.name": "orders", "db.query.summary": "SELECT orders",
        "db.query.text": "SELECT id, name FROM orders WHERE id < %s AND name <> ?",
        "db.response.returned_rows": 3, "server.address": "127.0.0.1", "server.port": driver.server.port,
        "mendline.connection": "reused",
    }  # fmt: skip
    (row,) = json.loads(attributes(collector.root())["mendline.operations"])
    assert row[:5] == [driver.system, "orders", "SELECT", 1, 0]
    sent = b"".join(span.SerializeToString() for span in collector.spans())
    assert SECRET.encode() not in sent
    assert str(PRICE).encode() not in sent


def test_rows_that_are_changed_are_counted(within):
    ((_, found),) = within(lambda cursor: cursor.execute("UPDATE orders SET name = 'x' WHERE id < 3"))
    assert (found["db.operation.name"], found["mendline.db.affected_rows"]) == ("UPDATE", 2)
    assert "db.response.returned_rows" not in found


def test_many_at_once_are_one_span_with_their_number(within):
    many = [(10, "x"), (11, "y"), (12, "z")]
    statement = "INSERT INTO orders (id, name) VALUES (%s, %s)"
    ((span, found),) = within(lambda cursor: cursor.executemany(statement, many))
    assert (found["db.operation.name"], found["db.operation.batch.size"]) == ("BATCH INSERT", 3)
    assert span.name == "INSERT orders"


CODES = {"mariadb": ("23000", "42S02"), "postgresql": ("23505", "42P01")}


def test_an_error_is_the_driver_s_own_and_told_by_its_code_without_values(driver, within):
    caught = []

    def work(cursor):
        for statement in (f"INSERT INTO orders VALUES (1, '{SECRET}')", "SELECT * FROM nowhere"):
            with pytest.raises(driver.errors.Error) as raised:
                cursor.execute(statement)
            caught.append(raised.value)
            cursor.connection.rollback()

    found = [one for one in within(work) if one[1]["db.operation.name"] != "ROLLBACK"]
    assert [attributes["db.response.status_code"] for _, attributes in found] == list(CODES[driver.system])
    assert [span.status.code for span, _ in found] == [2, 2]
    names = [f"{type(error).__module__}.{type(error).__name__}" for error in caught]
    assert [attributes["error.type"] for _, attributes in found] == names
    assert found[0][0].status.message.lower().startswith("duplicate")
    assert SECRET not in found[0][0].status.message
    assert "nowhere" in found[1][0].status.message


def test_connecting_is_a_span_and_the_first_statement_is_on_a_new_connection(driver, run, collector, attributes):
    def handler(event, context):
        with contextlib.closing(driver.connect()) as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT 1")
            cursor.execute("SELECT 2")

    run(handler)
    spans = [(span.name, attributes(span).get("mendline.connection")) for span in collector.operations()]
    assert spans == [("CONNECT shop", "new"), ("SELECT shop", "new"), ("SELECT shop", "reused")]
    found = attributes(collector.operations()[0])
    assert (found["db.system.name"], found["server.port"]) == (driver.system, driver.server.port)
    span = collector.operations()[0]
    assert 0 < found["mendline.connect_ms"] <= (span.end_time_unix_nano - span.start_time_unix_nano) / 1e6


def test_a_server_that_is_not_there_is_an_error_of_connecting(driver, run, collector, attributes):
    def handler(event, context):
        with pytest.raises(driver.errors.OperationalError):
            driver.connect(port=1)

    run(handler)
    (span,) = collector.operations()
    found = attributes(span)
    assert (span.name, span.status.code, found["server.port"]) == ("CONNECT shop", 2, 1)
    assert "refused" in span.status.message
    assert found["error.type"].endswith(".OperationalError")


def test_the_end_of_a_transaction_is_a_span(driver, within):
    def work(cursor):
        cursor.execute("DELETE FROM orders WHERE id = 1")
        cursor.connection.commit()
        cursor.execute("DELETE FROM orders WHERE id = 2")
        cursor.connection.rollback()
        if driver.name != "pymysql":  # nothing is open, nothing is sent
            cursor.connection.commit()

    names = [span.name for span, _ in within(work)]
    assert names == ["DELETE orders", "COMMIT shop", "DELETE orders", "ROLLBACK shop"]


def test_outside_of_an_invocation_nothing_is_recorded(driver, traced, collector, make_context):
    handler = traced(lambda event, context: None)
    with contextlib.closing(driver.connect()) as connection:
        connection.cursor().execute("SELECT 1")
        handler({}, make_context())
        connection.cursor().execute("SELECT 1")
    collector.wait(collector.roots)
    assert collector.operations() == []


SITES = ["begin", "statement_of", "_place_of", "_message", "type_name"]


@pytest.mark.parametrize("site", SITES)
def test_a_failure_around_a_statement_is_not_the_statement_s(driver, run, lambda_env, site):
    def fail(*args, **kwargs):
        raise RuntimeError

    lambda_env.setattr(f"mendline_agent.sql_calls.{site}", fail)
    kept = []

    def handler(event, context):
        with contextlib.closing(driver.connect()) as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT count(*) FROM orders")
            kept.append(cursor.fetchone()[0])
            with pytest.raises(driver.errors.Error):
                cursor.execute("SELECT * FROM nowhere")

    run(handler)
    assert kept == [3]
