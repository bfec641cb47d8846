"""Redis and Valkey through redis-py, synchronous and not: one span a command or a pipeline, without its values."""

from __future__ import annotations

from .calling import begin
from .following import follow
from .spans import CLIENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .following import Asked, Begun
    from .operations import Operation


def patch(module: ModuleType) -> None:
    """Follow `execute_command` of clients and `execute` of pipelines, of one server or of a cluster, awaited or not."""
    of = "RedisCluster ClusterPipeline" if module.__name__.endswith("cluster") else "Redis Pipeline"
    client, pipeline = [getattr(module, name) for name in of.split()]
    follow(client, "execute_command", _command, _complete)
    follow(pipeline, "execute", _pipeline, _complete)


def _command(asked: Asked) -> Begun:
    """The command's name is of one or two words (`CLUSTER INFO`), as Redis writes it."""
    command = asked.args[0] if asked.args else ""
    text = command.decode("ascii", "replace") if type(command) is bytes else command
    return _begin(asked.on, text.upper()[:40] if type(text) is str else "COMMAND")


def _pipeline(asked: Asked) -> Begun:
    pipeline = asked.on
    name = "MULTI" if getattr(pipeline, "is_transaction", False) else "PIPELINE"
    return _begin(getattr(pipeline, "cluster_client", pipeline), name, len(pipeline))


def _begin(client: Any, name: str, size: int | None = None) -> Begun:
    nodes = getattr(client, "nodes_manager", None)
    if nodes is not None:  # those of a cluster: the one that stays the first
        host, _, last = min(nodes.startup_nodes).rpartition(":")
        options, port = {}, int(last)
    else:
        pool = client.connection_pool
        options = pool.connection_kwargs
        host, port = options.get("host") or options.get("path"), options.get("port")
        host = str(host or getattr(pool, "service_name", "localhost"))  # which a sentinel knows by that name
    attributes: dict[str, Any] = {
        "db.system.name": "redis",
        "db.namespace": str(options.get("db") or 0),
        "db.operation.name": name,
        "db.operation.batch.size": size,
        "server.address": host,
        "server.port": port if type(port) is int else None,
    }
    return begin(f"redis {name}", CLIENT, ("redis", host, name), attributes)


def _complete(operation: Operation, answer: Any, error: BaseException | None) -> None:
    """An error that Redis answered goes by its first word (`WRONGTYPE`, `NOAUTH`), as the conventions have it."""
    if error is None or "ResponseError" not in [kind.__name__ for kind in type(error).__mro__]:
        return
    word = str(error).partition(" ")[0]
    if word.isupper() and len(word) <= 30:
        operation.span.attributes["db.response.status_code"] = word
