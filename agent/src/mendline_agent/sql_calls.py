"""SQL through psycopg 3, psycopg2 and PyMySQL, and through SQLAlchemy where it has another driver: a span a statement,
with its text but for its literals, its rows, and the server's code of an error."""

from __future__ import annotations

import functools
import sys

from .calling import begin
from .following import follow
from .guard import GUARD
from .operations import message_of, type_name
from .spans import CLIENT
from .sql_text import statement_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .following import Asked, Begun
    from .operations import Operation

_FOLLOWED = ("psycopg", "psycopg2", "pymysql")
_NAMES = {"mssql": "microsoft.sql_server", "oracle": "oracle.db"}  # the other dialects' names are the conventions'
_NOT_BEGUN = (0, 4)  # libpq, PQtransactionStatus: idle, and no connection
_NO_BACKSLASH_ESCAPES = 512  # of the status that MySQL sends with each answer
# MySQL's messages about who and what is not there; others may quote values.
_NAMING = frozenset((1040, 1044, 1045, 1049, 1054, 1146, 1205, 1213))
_SUMMARY = 255  # OpenTelemetry semantic conventions, `db.query.summary`
_UNKNOWN_ROWS = 1 << 63
_HEAP_TYPE = 1 << 9  # of `__flags__`: made by a class statement
_MOST_CLASSES = 100
_classes: dict[Any, Any] = {}


def patch(module: ModuleType) -> None:
    """Follow connections and cursors, also those of the server's side; of SQLAlchemy the dialects of new engines."""
    if module.__name__ == "psycopg2":
        _patch_psycopg2(module)
    elif module.__name__ == "pymysql":
        _follow(_MYSQL, module.connections.Connection)
        _follow(_CURSOR, module.cursors.Cursor)
    elif module.__name__ == "psycopg":
        _follow(_POSTGRESQL, module.Connection, module.AsyncConnection)
        module.connect = module.Connection.connect  # type: ignore[attr-defined]
        _follow(_CURSOR, module.Cursor, module.AsyncCursor, module.ServerCursor, module.AsyncServerCursor)
        for cursor in (module.Cursor, module.AsyncCursor):
            follow(cursor, "copy", lambda asked: _at(asked, asked.get(0, "statement")), _copying)
        follow(module.Transaction, "__exit__", _end_block, _complete)
        follow(module.AsyncTransaction, "__aexit__", _end_block, _complete)
    else:
        module.DefaultDialect._mendline = Place("other_sql", None, None, None)  # of engines that are there already
        module.DefaultDialect.engine_created = classmethod(lambda cls, engine: _engine_created(engine))


def _follow(methods: dict[str, Any], *owners: Any) -> None:
    for owner in owners:
        for name, method in methods.items():
            follow(owner, name, method, _complete)


class Place:
    """Where statements go: the database's system, its name, its server."""

    __slots__ = ("attributes", "backslashes", "name", "opened_in")

    def __init__(self, system: str, database: Any, host: Any, port: Any, *, backslashes: bool = False) -> None:
        if isinstance(database, bytes):
            database = database.decode("utf-8", "replace")
        host = str(host)[:255] if host else None
        self.attributes: dict[str, Any] = {
            "db.system.name": system,
            "db.namespace": str(database)[:255] if database else None,
            "server.address": host,
            "server.port": int(port) if host and host[0] not in "/@" and str(port).isdigit() else None,
        }
        self.name: str = self.attributes["db.namespace"] or host or system
        self.backslashes = backslashes
        self.opened_in: Any = None  # the invocation that opened the connection, until its first statement


def _place_of(connection: Any) -> Place:
    """Where a connection leads, kept with it."""
    place: Place | None = getattr(connection, "_mendline", None)
    if hasattr(connection, "server_status"):
        place = place or _mysql(connection)
        place.backslashes = not (connection.server_status or 0) & _NO_BACKSLASH_ESCAPES
    elif place is None:
        info = connection.info
        escaping = info.parameter_status("standard_conforming_strings") == "off"
        place = Place("postgresql", info.dbname, info.host, info.port, backslashes=escaping)
    connection._mendline = place
    return place


def _mysql(to: Any) -> Place:
    system = "mariadb" if "MariaDB" in getattr(to, "server_version", "") else "mysql"
    return Place(system, to.db, to.unix_socket or to.host, to.port)


def _begin(place: Place, query: Any, many: Any = None) -> Begun:
    """Begin a statement, which may be executed with many parameters at once."""
    verb, tables, text = statement_of(query, backslashes=place.backslashes)
    summary = " ".join([verb, *tables])[:_SUMMARY]
    size = len(many) if hasattr(many, "__len__") and len(many) > 1 else None
    if size:
        verb = f"BATCH {verb}"
    table = tables[0] if len(tables) == 1 else None
    attributes = {
        **place.attributes,
        "db.operation.name": verb,
        "db.operation.batch.size": size,
        "db.collection.name": table,
        "db.query.summary": summary,
        "db.query.text": text,
    }
    resource = attributes["db.system.name"], table or place.name, verb
    operation = begin(summary if tables else f"{verb} {place.name}", CLIENT, resource, attributes)
    if operation is not None:
        new = verb == "CONNECT" or place.opened_in is operation.record.context
        operation.span.attributes["mendline.connection"], place.opened_in = "new" if new else "reused", None
    return operation


def _complete(operation: Operation, answer: Any, error: BaseException | None) -> None:
    """Of a cursor's statement the rows; of an error the server's code: SQLSTATE, or MySQL's number."""
    attributes, asked = operation.span.attributes, operation.asked
    if error is not None:
        number = error.args[0] if error.args and type(error.args[0]) is int else None
        code = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None) or number
        attributes["db.response.status_code"] = None if code is None else str(code)
        operation.span.fail(type_name(error), _message(error, number))
    elif operation.span.given["db.operation.name"] == "CONNECT":
        own = answer is None or hasattr(asked.on, "_mendline")  # of PyMySQL, of a dialect
        place = _place_of(asked.on if own else answer)
        attributes.update(place.attributes, **{"mendline.connect_ms": round(operation.span.elapsed_ns() / 1e6, 3)})
        place.opened_in = operation.record.context
    else:
        cursor = asked.kept or asked.on
        rows = getattr(cursor, "rowcount", None)
        if type(rows) is int and 0 <= rows < _UNKNOWN_ROWS:
            attributes["db.response.returned_rows" if cursor.description else "mendline.db.affected_rows"] = rows


def _message(error: BaseException, number: int | None) -> str:
    """What the database says, up to where it may quote a value."""
    if hasattr(error, "diag"):
        said = error.diag.message_primary
        return str(said).partition(": ")[0].partition(" at or near ")[0] if said else message_of(error)
    message = message_of(error) if number is None or len(error.args) < 2 else str(error.args[1])
    if number is not None and (number in _NAMING or 2000 <= number < 3000):
        return message
    return message.partition("\n")[0].partition("'")[0].partition('"')[0]


def _connect_postgresql(asked: Asked, dsn: Any = None) -> Begun:
    """As far as the library can read what it is to connect to; what it cannot, its caller is about to be told."""
    parts = {name: value for name, value in asked.kwargs.items() if name in ("dbname", "host", "port")}
    try:
        if dsn is None:
            parts = sys.modules["psycopg"].conninfo.conninfo_to_dict(asked.get(0, "conninfo") or "", **parts)
        else:
            parts = sys.modules["psycopg2"].extensions.parse_dsn(dsn)
    except Exception:
        pass
    return _begin(Place("postgresql", parts.get("dbname"), parts.get("host"), parts.get("port")), "CONNECT")


def _end(asked: Asked, verb: str) -> Begun:
    """Nothing is sent where no transaction is open, at least by libpq."""
    info = getattr(asked.on, "info", None)
    return None if info and info.transaction_status in _NOT_BEGUN else _begin(_place_of(asked.on), verb)


def _end_block(asked: Asked) -> Begun:
    """Of `with connection.transaction()`; of one within another, its savepoint is what ends."""
    block = asked.on
    verb = "ROLLBACK" if asked.args[0] or block.force_rollback else "COMMIT"
    if not getattr(block, "_outer_transaction", not block.savepoint_name):
        verb = "RELEASE SAVEPOINT" if verb == "COMMIT" else "ROLLBACK TO SAVEPOINT"
    return _at(asked, verb)


def _copying(operation: Operation, block: Any, error: BaseException | None) -> None:
    """A copy lasts as long as its block."""
    if error is not None:
        _complete(operation, None, error)
    else:
        operation.lasts = True
        operation.asked.answer = _Block(block, operation)


class _Block:
    __slots__ = ("held", "operation")

    def __init__(self, held: Any, operation: Operation) -> None:
        self.held = held
        self.operation = operation

    def __getattr__(self, name: str) -> Any:
        return getattr(self.held, name)

    def __enter__(self) -> Any:
        try:
            return self.held.__enter__()
        except BaseException as error:
            self._ended(error)
            raise

    def __exit__(self, *failure: Any) -> Any:
        try:
            handled = self.held.__exit__(*failure)
        except BaseException as error:
            self._ended(error)
            raise
        self._ended(failure[1])
        return handled

    async def __aenter__(self) -> Any:
        try:
            return await self.held.__aenter__()
        except BaseException as error:
            self._ended(error)
            raise

    async def __aexit__(self, *failure: Any) -> Any:
        try:
            handled = await self.held.__aexit__(*failure)
        except BaseException as error:
            self._ended(error)
            raise
        self._ended(failure[1])
        return handled

    def _ended(self, error: BaseException | None) -> None:
        try:
            _complete(self.operation, None, error)
            self.operation.end(error)
        except Exception as own:
            GUARD.failed("psycopg copy", own)


def _at(asked: Asked, query: Any, many: Any = None) -> Begun:
    return _begin(_place_of(asked.on.connection), query, many)


_ENDS = {"commit": lambda asked: _end(asked, "COMMIT"), "rollback": lambda asked: _end(asked, "ROLLBACK")}
_MYSQL = {"connect": lambda asked: _begin(_mysql(asked.on), "CONNECT"), **_ENDS}
_POSTGRESQL: dict[str, Any] = {"connect": _connect_postgresql, **_ENDS}
_CURSOR: dict[str, Any] = {
    "execute": lambda asked: _at(asked, asked.get(0, "query")),
    "executemany": lambda asked: _at(asked, asked.get(0, "query"), (*asked.args, *asked.kwargs.values(), None)[1]),
    "callproc": lambda asked: _at(asked, f"CALL {asked.get(0, 'procname')}"),
    "copy_expert": lambda asked: _at(asked, asked.get(0, "sql")),
    "copy_from": lambda asked: _at(asked, f"COPY {asked.get(1, 'table')} FROM STDIN"),
    "copy_to": lambda asked: _at(asked, f"COPY {asked.get(1, 'table')} TO STDOUT"),
}


def _engine_created(engine: Any) -> None:
    try:
        dialect, url = engine.dialect, engine.url
        if dialect.driver not in _FOLLOWED:
            system, mysql = _NAMES.get(dialect.name, dialect.name), dialect.name in ("mysql", "mariadb")
            dialect._mendline = Place(system, url.database, url.host, url.port, backslashes=mysql)
            _follow(_DIALECT, type(dialect))
    except Exception as error:
        GUARD.failed("SQLAlchemy engine", error)


def _executed(asked: Asked, many: Any = None) -> Begun:
    """`do_execute(cursor, statement, parameters, context)` and the like."""
    asked.kept = asked.args[0]
    return _begin(_place_of(asked.on), asked.args[1], many)


_DIALECT: dict[str, Any] = {
    "connect": lambda asked: _begin(_place_of(asked.on), "CONNECT"),
    "do_execute": _executed,
    "do_execute_no_params": _executed,
    "do_executemany": lambda asked: _executed(asked, asked.args[2]),
    "do_commit": lambda asked: _begin(_place_of(asked.on), "COMMIT"),
}


def _patch_psycopg2(module: ModuleType) -> None:
    """Its connections and cursors are written in C and cannot be changed, so they become instances of subclasses of the
    same name, and so do those of classes of the user's own."""
    original = module._connect
    if getattr(original, "__mendline__", False):
        return

    @functools.wraps(original)
    def _connect(dsn: Any, connection_factory: Any = None, **kwargs: Any) -> Any:
        try:
            if not _asynchronous(kwargs):
                connection_factory = _followed(connection_factory or module.extensions.connection, _ENDS)
        except Exception as error:
            GUARD.failed("psycopg2 connection", error)
        return original(dsn, connection_factory=connection_factory, **kwargs)

    module._connect = _connect  # type: ignore[attr-defined]
    follow(module, "_connect", _connect_psycopg2, _complete)


def _asynchronous(options: dict[str, Any]) -> bool:
    """Whether what is called on the connection ends before the server has answered."""
    return bool(options.get("async") or options.get("async_"))


def _connect_psycopg2(asked: Asked) -> Begun:
    return None if _asynchronous(asked.kwargs) else _connect_postgresql(asked, asked.on)


def _followed(kind: Any, methods: dict[str, Any]) -> Any:
    """A subclass whose methods are followed; what is no class, or followed already, as it is."""
    if not isinstance(kind, type) or getattr(kind, "__mendline__", False):
        return kind
    if kind not in _classes and len(_classes) < _MOST_CLASSES:
        own: dict[str, Any] = {"__module__": kind.__module__, "__qualname__": kind.__qualname__, "__mendline__": True}
        if methods is _ENDS:
            own["cursor"] = _cursor_of(kind)
        else:
            own["__slots__"] = ()  # so that a cursor can change from the one class to the other
        _classes[kind] = type(kind)(kind.__name__, (kind,), own)
        _follow(methods, _classes[kind])
    return _classes.get(kind, kind)


def _cursor_of(kind: Any) -> Any:
    """The method `cursor` of a connection, with cursors that are followed."""
    original = kind.cursor
    plain = sys.modules["psycopg2"].extensions.cursor
    followed = _followed(plain, _CURSOR)

    @functools.wraps(original)
    def cursor(self: Any, *args: Any, **kwargs: Any) -> Any:
        chosen = kwargs.get("cursor_factory") or (args[1] if len(args) > 1 else None) or self.cursor_factory or plain
        if chosen is plain and not hasattr(original, "__code__"):
            if len(args) > 1:
                args = (args[0], followed, *args[2:])
            else:
                kwargs["cursor_factory"] = followed
        made = original(self, *args, **kwargs)
        try:
            if type(made).__flags__ & _HEAP_TYPE:
                made.__class__ = _followed(type(made), _CURSOR)
        except Exception as error:
            GUARD.failed("psycopg2 cursor", error)
        return made

    return cursor
