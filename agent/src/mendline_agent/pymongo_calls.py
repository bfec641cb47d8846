"""MongoDB through PyMongo, synchronous and not: its commands and connections by the events that it publishes."""

from __future__ import annotations

from _contextvars import ContextVar
from json import dumps

from .calling import begin, wanted
from .following import follow
from .guard import GUARD
from .operations import ACTIVE
from .spans import CLIENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .following import Asked, Begun
    from .operations import Operation

_MOST_OPEN = 1000
_MOST_FIELDS = 16
_MOST_TEXT = 2048
_SELECTED_NS = 1_000_000  # a server that is known is selected in less, and nothing is told of it
_UNTOLD = frozenset(("saslstart", "saslcontinue", "authenticate", "getnonce", "hello", "ismaster", "endsessions"))
_TOLD = ("filter", "pipeline", "query", "update", "updates", "deletes", "sort", "projection", "key", "hint")

_open: dict[Any, Operation] = {}
_opened: ContextVar[float | None] = ContextVar("mendline_mongodb_opened", default=None)


def patch(module: ModuleType) -> None:
    """Listen to all clients that are made from now on; follow the choice of a server, which waits for connections."""
    if module.__name__ != "pymongo.monitoring":
        for name in ("select_server", "_select_servers_loop"):  # PyMongo 3 asks for the second alone, too
            follow(module.Topology, name, _select, _selected)
    elif not hasattr(module, "__mendline__"):
        module.__mendline__ = True  # type: ignore[attr-defined]
        bases = module.CommandListener, module.ConnectionPoolListener
        names = [name for base in bases for name in vars(base) if name[0] != "_"]
        listener = type("MendlineListener", bases, {name: _heard(_EVENTS.get(name)) for name in names})
        module.register(listener())


def _heard(listen: Any) -> Any:
    def heard(self: Any, event: Any) -> None:
        try:
            if listen is not None:
                listen(event)
        except Exception as error:
            GUARD.failed("MongoDB event", error)

    return heard


def _begin(address: Any, database: Any, name: str, target: str, more: dict[str, Any]) -> Begun:
    host, port = address or (None, None)
    attributes = {
        "db.system.name": "mongodb",
        "db.namespace": database,
        "db.operation.name": name,
        "server.address": host,
        "server.port": port,
        **more,
    }
    return begin(f"{name} {target}", CLIENT, ("mongodb", target, name), attributes)


def _started(event: Any) -> None:
    name, command, connect_s = event.command_name, event.command, _opened.get()
    _opened.set(None)
    if name.lower() in _UNTOLD or len(_open) >= _MOST_OPEN or not wanted():
        return
    first, documents = command.get(name), command.get("documents", ())
    collection = first if isinstance(first, str) else command.get("collection")
    target = collection or event.database_name
    shapes = {field: _shape(command[field]) for field in _TOLD if field in command}
    more = {
        "db.collection.name": collection,
        "db.operation.batch.size": len(documents) if len(documents) > 1 else None,
        "db.query.summary": f"{name} {target}"[:255],
        "db.query.text": dumps({name: target, **shapes})[:_MOST_TEXT],
        "mendline.connection": "reused" if connect_s is None else "new",
        "mendline.connect_ms": round(connect_s * 1000, 3) if connect_s else None,
    }
    operation = _begin(event.connection_id, event.database_name, name, target, more)
    if operation is not None:
        _open[event.request_id] = operation
        if ACTIVE.chaos is not None:
            ACTIVE.chaos.touch_sockets(operation)


def _shape(value: Any, depth: int = 5) -> Any:
    """The fields of a document or list without their values."""
    if depth and isinstance(value, (list, tuple)):
        shapes = [_shape(item, depth - 1) for item in value[:_MOST_FIELDS]]
        return shapes if shapes != ["?"] * len(shapes) else ["?"]
    if not depth or not hasattr(value, "items"):
        return "?"
    return {str(field)[:100]: _shape(value[field], depth - 1) for field in list(value)[:_MOST_FIELDS]}


def _ended(event: Any) -> None:
    """A command has been answered, or failed; an answer may tell of documents that could not be written."""
    operation = _open.pop(event.request_id, None)
    if operation is None:
        return
    if ACTIVE.chaos is not None:
        ACTIVE.chaos.leave_sockets()
    attributes, reply = operation.span.attributes, getattr(event, "reply", None) or {}
    cursor = reply.get("cursor")
    if cursor:
        attributes["db.response.returned_rows"] = len(cursor.get("firstBatch", cursor.get("nextBatch", ())))
    elif "n" in reply:
        attributes["mendline.db.affected_rows"] = reply.get("nModified", reply["n"])
    written = [*reply.get("writeErrors", ()), reply.get("writeConcernError")]
    failure = getattr(event, "failure", None) or written[0]
    if failure:
        code, said = failure.get("code"), str(failure.get("errmsg"))
        attributes["db.response.status_code"] = None if code is None else str(code)
        kind = failure.get("codeName") or failure.get("errtype") or code
        operation.span.fail(str(kind), said.partition("{")[0].partition(" dup key")[0])  # where what was sent begins
    operation.end()


_EVENTS: dict[str, Any] = {
    "started": _started,
    "succeeded": _ended,
    "failed": _ended,
    "connection_ready": lambda event: _opened.set(getattr(event, "duration", None) or 0.0),
}


def _select(asked: Asked) -> Begun:
    address = next(iter(asked.on._settings.seeds), None)
    return _begin(address, None, "CONNECT", str(address[0] if address else None), {"mendline.connection": "new"})


def _selected(operation: Operation, answer: Any, error: BaseException | None) -> None:
    operation.told = error is not None or operation.span.elapsed_ns() > _SELECTED_NS
