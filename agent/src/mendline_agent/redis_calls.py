"""Redis and Valkey through redis-py, synchronous and not: one span a command or a pipeline, without its values."""

from __future__ import annotations

from .guard import GUARD
from .operations import begin, observe, observe_async, wanted
from .spans import CLIENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .operations import Operation


def patch(module: ModuleType) -> None:
    """Follow `Redis.execute_command` and `Pipeline.execute`, of `redis.client` or `redis.asyncio.client`."""
    put = _put_async if module.__name__.startswith("redis.asyncio") else _put
    put(module.Redis, "execute_command", _command)
    put(module.Pipeline, "execute", _pipeline)


def _put(client: Any, method: str, begin_with: Any) -> None:
    original = getattr(client, method)
    if getattr(original, "__mendline__", False):
        return

    def followed(self: Any, *args: Any, **kwargs: Any) -> Any:
        operation = begin_with(self, args) if wanted() else None
        if operation is None:
            return original(self, *args, **kwargs)
        return observe(operation, lambda: original(self, *args, **kwargs), _complete)

    _replace(client, method, followed)


def _put_async(client: Any, method: str, begin_with: Any) -> None:
    original = getattr(client, method)
    if getattr(original, "__mendline__", False):
        return

    async def followed(self: Any, *args: Any, **kwargs: Any) -> Any:
        operation = begin_with(self, args) if wanted() else None
        if operation is None:
            return await original(self, *args, **kwargs)
        return await observe_async(operation, lambda: original(self, *args, **kwargs), _complete)

    _replace(client, method, followed)


def _replace(client: Any, method: str, followed: Any) -> None:
    followed.__mendline__ = True
    followed.__name__ = method
    setattr(client, method, followed)


def _command(client: Any, args: tuple[Any, ...]) -> Operation | None:
    try:
        return _begin(client, _word(args[0] if args else ""))
    except Exception as error:
        GUARD.failed("redis call", error)
        return None


def _pipeline(pipeline: Any, args: tuple[Any, ...]) -> Operation | None:
    try:
        size = len(pipeline.command_stack)
        operation = _begin(pipeline, "MULTI" if getattr(pipeline, "is_transaction", False) else "PIPELINE")
        if operation is not None:
            operation.span.attributes["db.operation.batch.size"] = size
        return operation
    except Exception as error:
        GUARD.failed("redis call", error)
        return None


def _word(command: Any) -> str:
    """The command's name, of one or two words (`CLUSTER INFO`), as Redis writes it."""
    text = command.decode("ascii", "replace") if type(command) is bytes else command
    return text.upper()[:40] if type(text) is str else "COMMAND"


def _begin(client: Any, name: str) -> Operation | None:
    options = client.connection_pool.connection_kwargs
    host, port = options.get("host") or options.get("path") or "localhost", options.get("port")
    operation = begin(f"redis {name}", CLIENT, ("redis", str(host), name))
    if operation is not None:
        attributes = operation.span.attributes
        attributes["db.system.name"] = "redis"
        attributes["db.namespace"] = str(options.get("db") or 0)
        attributes["db.operation.name"] = name
        attributes["server.address"] = str(host)
        attributes["server.port"] = port if type(port) is int else None
    return operation


def _complete(operation: Operation, answer: Any, error: BaseException | None) -> None:
    """An error that Redis answered goes by its first word (`WRONGTYPE`, `NOAUTH`), as the conventions have it."""
    if error is None or "ResponseError" not in [kind.__name__ for kind in type(error).__mro__]:
        return
    word = str(error).partition(" ")[0]
    if word.isupper() and len(word) <= 30:
        operation.span.attributes["db.response.status_code"] = word
