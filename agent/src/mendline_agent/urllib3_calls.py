"""HTTP through urllib3, versions 1 and 2 (so also through requests): one span a call, its retries counted."""

from __future__ import annotations

from .guard import GUARD
from .http_spans import begin_http, complete_http, told_headers
from .operations import observe, wanted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .operations import Operation

_HEADERS_AT = 3


def patch(module: ModuleType) -> None:
    """Follow `urllib3.connectionpool.HTTPConnectionPool.urlopen`."""
    original = module.HTTPConnectionPool.urlopen
    if getattr(original, "__mendline__", False):
        return

    def urlopen(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not wanted():
            return original(self, *args, **kwargs)
        operation, args, kwargs = _begin(self, args, kwargs)
        if operation is None:
            return original(self, *args, **kwargs)
        return observe(operation, lambda: original(self, *args, **kwargs), _complete)

    urlopen.__mendline__ = True  # type: ignore[attr-defined]
    module.HTTPConnectionPool.urlopen = urlopen


def _begin(
    pool: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Operation | None, tuple[Any, ...], dict[str, Any]]:
    """The operation, and the arguments with the trace in their headers."""
    operation = None
    try:
        method = args[0] if args else kwargs.get("method")
        url = args[1] if len(args) > 1 else kwargs.get("url")
        operation = begin_http(method, pool.scheme, pool.host, pool.port, url)
        if operation is None:
            return None, args, kwargs
        positional = len(args) > _HEADERS_AT
        headers = args[_HEADERS_AT] if positional else kwargs.get("headers")
        told = told_headers(operation, pool.headers if headers is None else headers)
        if positional:
            return operation, (*args[:_HEADERS_AT], told, *args[_HEADERS_AT + 1 :]), kwargs
        return operation, args, {**kwargs, "headers": told}
    except Exception as error:
        GUARD.failed("urllib3 call", error)
        return operation, args, kwargs


def _complete(operation: Operation, answer: Any, error: BaseException | None) -> None:
    complete_http(operation, getattr(answer, "status", None), error)
    history = getattr(getattr(answer, "retries", None), "history", None)
    if history:
        operation.span.attributes["mendline.retries"] = len(history)
