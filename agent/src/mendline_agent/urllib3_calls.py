"""HTTP through urllib3, versions 1 and 2 (so also through requests): one span a call, its retries counted."""

from __future__ import annotations

from .following import follow
from .http_spans import begin_http, complete_http, told_headers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .operations import Operation

_HEADERS_AT = 3


def patch(module: ModuleType) -> None:
    """Follow `urllib3.connectionpool.HTTPConnectionPool.urlopen`."""
    follow(module.HTTPConnectionPool, "urlopen", _begin, _complete, _tell)


def _begin(pool: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Operation | None:
    method = args[0] if args else kwargs.get("method")
    url = args[1] if len(args) > 1 else kwargs.get("url")
    return begin_http(method, pool.scheme, pool.host, pool.port, url)


def _tell(operation: Operation, pool: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    positional = len(args) > _HEADERS_AT
    headers = args[_HEADERS_AT] if positional else kwargs.get("headers")
    told = told_headers(operation, pool.headers if headers is None else headers)
    if positional:
        return (*args[:_HEADERS_AT], told, *args[_HEADERS_AT + 1 :]), kwargs
    return args, {**kwargs, "headers": told}


def _complete(operation: Operation, answer: Any, error: BaseException | None) -> None:
    complete_http(operation, getattr(answer, "status", None), error)
    history = getattr(getattr(answer, "retries", None), "history", None)
    if history:
        operation.span.attributes["mendline.retries"] = len(history)
