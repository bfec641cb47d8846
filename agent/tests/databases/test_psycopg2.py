"""psycopg2's connections and cursors are written in C: followed, they are still what users and its own tools expect."""

from __future__ import annotations

import contextlib
import io
import logging
import select

import psycopg
import psycopg2
import psycopg2.extensions
import psycopg2.extras
import psycopg2.pool
import psycopg2.sql
import pytest


@pytest.fixture
def follow(run, collector, postgresql):
    """Runs `work(connection)` in an invocation; answers the names of its spans but the first, which is connecting."""

    def once(work, **options):
        def handler(event, context):
            where = {"host": "127.0.0.1", "port": postgresql.port, "user": "shop", "dbname": "shop"}
            with contextlib.closing(psycopg2.connect(**where, **options)) as connection:
                connection.autocommit = True
                work(connection)

        run(handler)
        connecting, *spans = collector.operations()
        assert connecting.name == "CONNECT shop"
        return [span.name for span in spans]

    return once


def test_types_are_those_that_users_ask_for(follow):
    def work(connection):
        assert isinstance(connection, psycopg2.extensions.connection)
        assert type(connection).__name__ == "connection"
        assert type(connection).__module__ == psycopg2.extensions.connection.__module__
        with connection.cursor() as cursor:
            assert isinstance(cursor, psycopg2.extensions.cursor)
            assert type(cursor).__name__ == "cursor"
            assert not hasattr(cursor, "__dict__")
            assert cursor.connection is connection
        assert connection.cursor_factory is None
        assert psycopg2.extensions.parse_dsn(connection.dsn)["dbname"] == "shop"

    assert follow(work) == []


FACTORIES = [
    psycopg2.extras.DictCursor, psycopg2.extras.RealDictCursor, psycopg2.extras.NamedTupleCursor,
    psycopg2.extensions.cursor, None, type("Own", (psycopg2.extras.DictCursor,), {"extra": 1}),
]  # fmt: skip


def _first(row):
    return row["n"] if isinstance(row, dict) else row[0]


@pytest.mark.parametrize("factory", FACTORIES, ids=str)
@pytest.mark.parametrize("way", ["argument", "position", "connection", "attribute"])
def test_cursors_of_every_class_are_followed_and_stay_of_it(follow, factory, way):
    def work(connection):
        if way == "attribute":
            connection.cursor_factory = factory
        given = {"argument": ((), {"cursor_factory": factory}), "position": ((None, factory, False), {})}
        args, kwargs = given.get(way, ((), {}))
        with connection.cursor(*args, **kwargs) as cursor:
            assert isinstance(cursor, factory or psycopg2.extensions.cursor)
            cursor.execute("SELECT 7 AS n")
            assert _first(cursor.fetchone()) == 7
            assert getattr(cursor, "extra", 1) == 1

    options = {"cursor_factory": factory} if way == "connection" else {}
    assert follow(work, **options) == ["SELECT shop"]


class _OwnConnection(psycopg2.extensions.connection):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.made = 0
        self.committed = 0

    def cursor(self, *args, **kwargs):
        self.made += 1
        kwargs.setdefault("cursor_factory", psycopg2.extras.RealDictCursor)
        return super().cursor(*args, **kwargs)

    def commit(self):
        self.committed += 1
        super().commit()


def test_a_connection_class_of_the_user_s_own_is_followed_and_works(follow):
    def work(connection):
        assert isinstance(connection, _OwnConnection)
        connection.autocommit = False
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1 AS n")
            assert cursor.fetchall() == [{"n": 1}]
        assert (connection.made, connection.committed) == (1, 1)

    assert follow(work, connection_factory=_OwnConnection) == ["SELECT shop", "COMMIT shop"]


@pytest.mark.parametrize("factory", [psycopg2.extras.DictConnection, psycopg2.extras.RealDictConnection])
def test_connection_classes_of_psycopg2_choose_their_cursors(follow, factory):
    def work(connection):
        cursor = connection.cursor()
        assert type(cursor).__name__ in ("DictCursor", "RealDictCursor")
        cursor.execute("SELECT 1 AS n")
        assert cursor.fetchone()["n"] == 1

    assert follow(work, connection_factory=factory) == ["SELECT shop"]


def test_a_logging_connection_logs(follow, caplog):
    def work(connection):
        connection.initialize(logging.getLogger("queries"))
        with caplog.at_level(logging.DEBUG, "queries"):
            connection.cursor().execute("SELECT 2")

    assert follow(work, connection_factory=psycopg2.extras.LoggingConnection) == ["SELECT shop"]
    assert [record.getMessage() for record in caplog.records] == ["b'SELECT 2'"]


def test_a_function_as_the_factory_is_called_as_it_is(follow):
    def work(connection):
        assert type(connection) is psycopg2.extensions.connection
        connection.cursor().execute("SELECT 1")

    assert follow(work, connection_factory=lambda dsn, **kwargs: psycopg2.extensions.connection(dsn)) == []


def test_with_commits_or_rolls_back(follow):
    def work(connection):
        connection.autocommit = False
        with connection, connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE once (id int)")
        with contextlib.suppress(ZeroDivisionError), connection, connection.cursor() as cursor:
            cursor.execute("INSERT INTO once VALUES (1)")
            raise ZeroDivisionError

    assert follow(work) == ["CREATE once", "COMMIT shop", "INSERT once", "ROLLBACK shop"]


def test_types_and_adapters_can_be_registered(follow):
    def work(connection):
        psycopg2.extras.register_uuid(conn_or_curs=connection)
        psycopg2.extras.register_default_jsonb(conn_or_curs=connection, loads=lambda text: ("loaded", text))
        text = psycopg2.extensions.new_type((25,), "TEXT", lambda value, cursor: f"<{value}>")
        with connection.cursor() as cursor:
            psycopg2.extensions.register_type(text, cursor)
            cursor.execute("CREATE TYPE pair AS (a int, b int)")
            psycopg2.extras.register_composite("pair", cursor)
            cursor.execute("SELECT 'x'::text, '[1]'::jsonb, (1, 2)::pair")
            row = cursor.fetchone()
            cursor.execute("DROP TYPE pair")
        assert row[:2] == ("<x>", ("loaded", "[1]"))
        assert (row[2].a, row[2].b) == (1, 2)
        with connection.cursor() as cursor:
            assert cursor.mogrify("SELECT %s", (psycopg2.extras.Json({"a": 1}),)) == b"SELECT '{\"a\": 1}'"

    names = follow(work)
    assert names[0] == "CREATE shop"
    assert names[-1] == "DROP shop"


def test_values_in_bulk_are_one_span_a_page_without_values(follow, collector, attributes):
    def work(connection):
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE bulk (id int, name text)")
            rows = [(i, f"hunter{i}") for i in range(150)]
            psycopg2.extras.execute_values(cursor, "INSERT INTO bulk VALUES %s", rows)
            psycopg2.extras.execute_batch(cursor, "UPDATE bulk SET name = %s WHERE id = %s", [("y", 1), ("z", 2)])
            cursor.execute("SELECT count(*) FROM bulk")
            assert cursor.fetchone() == (150,)

    assert follow(work)[1:] == ["INSERT bulk", "INSERT bulk", "UPDATE bulk", "SELECT bulk"]
    found = [attributes(span) for span in collector.operations()]
    assert found[2]["db.query.text"] == "INSERT INTO bulk VALUES (?)"
    assert (found[2]["mendline.db.affected_rows"], found[3]["mendline.db.affected_rows"]) == (100, 50)
    assert b"hunter" not in b"".join(span.SerializeToString() for span in collector.operations())


def test_copies_and_procedures_are_spans(follow):
    def work(connection):
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE copied (id int)")
            cursor.copy_from(io.StringIO("1\n2\n"), "copied")
            cursor.copy_expert("COPY copied FROM STDIN", io.StringIO("3\n"))
            out = io.StringIO()
            cursor.copy_to(out, "copied")
            assert out.getvalue() == "1\n2\n3\n"
            cursor.callproc("abs", (-5,))
            assert cursor.fetchone() == (5,)

    assert follow(work)[1:] == ["COPY copied", "COPY copied", "COPY copied", "CALL abs"]


def test_a_cursor_of_the_server_s_side_works(follow):
    def work(connection):
        connection.autocommit = False
        with connection.cursor("named") as cursor:
            cursor.itersize = 2
            cursor.execute("SELECT * FROM generate_series(1, 5)")
            assert [row[0] for row in cursor] == [1, 2, 3, 4, 5]
        with connection.cursor("held", None, True, True) as cursor:
            assert (cursor.withhold, cursor.scrollable) == (True, True)
        connection.rollback()

    assert follow(work) == ["SELECT shop", "ROLLBACK shop"]


def test_composed_statements_are_told_without_their_literals(follow, collector, attributes):
    sql = psycopg2.sql

    def work(connection):
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE made (id int, name text)")
            statement = sql.SQL("SELECT * FROM {} WHERE {} = {} AND id < %s")
            values = sql.Identifier("made"), sql.Identifier("name"), sql.Literal("hunter2")
            cursor.execute(statement.format(*values), (3,))

    assert follow(work)[1:] == ["SELECT made"]
    text = attributes(collector.operations()[-1])["db.query.text"]
    assert text == 'SELECT * FROM "made" WHERE "name" = ? AND id < %s'


def test_an_asynchronous_connection_is_left_alone(run, collector, postgresql):
    def wait(connection):
        while (state := connection.poll()) != psycopg2.extensions.POLL_OK:
            poll = select.poll()  # takes descriptors of any number, unlike select
            poll.register(connection, select.POLLIN if state == psycopg2.extensions.POLL_READ else select.POLLOUT)
            poll.poll(10_000)

    def handler(event, context):
        where = {"host": "127.0.0.1", "port": postgresql.port, "user": "shop", "dbname": "shop"}
        with contextlib.closing(psycopg2.connect(**where, async_=True)) as connection:
            wait(connection)
            cursor = connection.cursor()
            cursor.execute("SELECT 1")
            wait(connection)
            assert cursor.fetchone() == (1,)

    run(handler)
    assert collector.operations() == []


def test_a_pool_hands_out_followed_connections(run, collector, postgresql):
    def handler(event, context):
        where = {"host": "127.0.0.1", "port": postgresql.port, "user": "shop", "dbname": "shop"}
        pool = psycopg2.pool.SimpleConnectionPool(1, 2, **where)
        for _ in range(2):
            connection = pool.getconn()
            connection.cursor().execute("SELECT 1")
            pool.putconn(connection)
        pool.closeall()

    run(handler)
    names = [span.name for span in collector.operations()]
    assert names == ["CONNECT shop", "SELECT shop", "ROLLBACK shop", "SELECT shop", "ROLLBACK shop"]


def test_a_connection_string_is_told_without_its_password(run, collector, attributes, postgresql):
    def handler(event, context):
        url = f"postgresql://shop:hunter2@127.0.0.1:{postgresql.port}/shop"
        psycopg2.connect(url).close()
        psycopg.connect(url).close()
        with pytest.raises(psycopg2.ProgrammingError):
            psycopg2.connect("what is this")  # which it finds out before anything is sent
        with pytest.raises(psycopg.ProgrammingError):
            psycopg.connect("what is this")

    run(handler)
    found = [(span.status.code, attributes(span).get("db.namespace")) for span in collector.operations()]
    assert sorted(found, key=str) == [(0, "shop"), (0, "shop"), (2, None)]
    assert b"hunter2" not in b"".join(span.SerializeToString() for span in collector.operations())
