"""Faults of one call that is followed: at its socket where it has one of Python's, else by the driver's own errors."""

from __future__ import annotations

import sys

from .chaos import NETWORK
from .chaos_answers import aws_answer, http_answer, redis_answer
from .chaos_peer import HIT, Peer
from .guard import GUARD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .chaos import Hit
    from .following import Asked

_MYSQL = {"OperationalError": 1213, "IntegrityError": 1062}  # a deadlock, a key that is there already
_UNREACHABLE = {"connection_refused": "Connection refused", "dns_failure": "Name or service not known"}


def _family(operation: Any) -> str:
    given = operation.span.given
    kind: str = "aws" if "rpc.system" in given else given["mendline.resource.type"]
    return kind if kind in ("aws", "http", "redis", "mongodb") else "sql"


def kinds_of(operation: Any, asked: Asked) -> tuple[str, ...]:
    """The faults that can happen to this call."""
    family = _family(operation)
    if family == "mongodb":
        return ()  # the choice of a server; commands are told of by events
    more = {"aws": ("http_status", "aws_error"), "http": ("http_status",)}.get(family, (f"{family}_error",))
    return NETWORK + more


def call(hit: Hit, original: Any, asked: Asked) -> Any:
    """Make the call with the fault."""
    wait_s, error, peer = _planned(hit, asked)
    hit.chaos.clock.sleep(wait_s)
    if error is not None:
        raise error
    token = HIT.set(peer)
    try:
        return original(asked.on, *asked.args, **asked.kwargs)
    finally:
        HIT.reset(token)


async def awaited(hit: Hit, original: Any, asked: Asked) -> Any:
    """Make a call that is awaited, likewise."""
    wait_s, error, peer = _planned(hit, asked)
    if wait_s:
        await sys.modules["asyncio"].sleep(wait_s)
    if error is not None:
        raise error
    token = HIT.set(peer)
    try:
        return await original(asked.on, *asked.args, **asked.kwargs)
    finally:
        HIT.reset(token)


def _planned(hit: Hit, asked: Asked) -> tuple[float, Exception | None, Peer | None]:
    """How long to wait before the call, the error to raise in its place, and whom it talks to."""
    try:
        driver = _driver(hit, asked)
        return (0, None, _peer(hit, asked)) if driver is None else (*_by_hand(hit, asked, driver), None)
    except Exception as failure:
        GUARD.failed("chaos", failure)
        return 0, None, None


def _peer(hit: Hit, asked: Asked) -> Peer:
    """Whom it talks to; http.client asks and hears in two calls."""
    if hit.peer is None:
        answer = b""
        if hit.kind == "http_status":
            answer = http_answer(hit.fault["status"])
        elif hit.kind == "aws_error":
            answer = aws_answer(hit, asked.on)
        elif hit.kind == "redis_error" and hit.fault["class"] == "TimeoutError":
            hit.kind = "no_answer"
        elif hit.kind == "redis_error" and hit.fault["class"] != "ConnectionError":
            answer = redis_answer(hit)
        hit.peer = Peer(hit, answer)
    return hit.peer  # type: ignore[no-any-return]


def _driver(hit: Hit, asked: Asked) -> Any:
    """The module of a database's driver whose connections are out of reach, or whose error is to be raised."""
    if _family(asked.operation) != "sql":
        return None
    kind = asked.on if isinstance(asked.on, type) else type(asked.on)
    name = kind.__module__.partition(".")[0]
    if name == "pymysql" and hit.kind != "sql_error":
        return None
    # What connects psycopg2 is a function, and what it is asked on a text.
    return getattr(asked.on, "dbapi", None) or sys.modules["psycopg2" if name == "builtins" else name]


def _close(on: Any) -> None:
    """A connection, or that of a cursor, is lost."""
    connection = getattr(on, "connection", on)
    try:
        (connection.pgconn.finish if hasattr(connection, "pgconn") else connection.close)()
    except Exception:  # it was so before
        pass


def _by_hand(hit: Hit, asked: Asked, driver: Any) -> tuple[float, Exception | None]:
    """How long to wait, and the error to raise then."""
    if hit.kind == "sql_error":
        name = hit.fault["class"]
        kind: Any = getattr(getattr(driver, "errors", None), name, None) or getattr(driver, name, None)
        if not (isinstance(kind, type) and issubclass(kind, Exception)):
            kind = driver.OperationalError
        return 0, kind(*[_MYSQL.get(name, 1105)][: driver.__name__ == "pymysql"], hit.why)
    if hit.kind in ("latency", "no_answer"):
        wait_s, limit = hit.wait_s(), str(asked.kwargs.get("connect_timeout"))
        if not limit.isdigit() or wait_s <= int(limit):
            return wait_s, None
        return int(limit), driver.OperationalError("connection timeout expired")
    operation: Any = asked.operation
    if operation.span.given["db.operation.name"] != "CONNECT":
        _close(asked.args[0] if hasattr(asked.on, "dbapi") else asked.on)
    elif hit.kind in _UNREACHABLE:
        return 0, driver.OperationalError(f"connection to server failed: {_UNREACHABLE[hit.kind]}")
    return 0, driver.OperationalError("server closed the connection unexpectedly")
