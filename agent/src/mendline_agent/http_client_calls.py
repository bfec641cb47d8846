"""HTTP through the standard library's http.client (so also through urllib.request)."""

from __future__ import annotations

from .guard import GUARD
from .http_spans import begin_http, complete_http, told_headers
from .operations import wanted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .operations import Operation

_OPERATION = "_mendline_operation"


def patch(module: ModuleType) -> None:
    """Follow `HTTPConnection.request` to the `getresponse` that answers it."""
    if getattr(module.HTTPConnection.request, "__mendline__", False):
        return
    _patch_request(module.HTTPConnection)
    _patch_getresponse(module.HTTPConnection)


def _patch_request(connection_class: Any) -> None:
    original = connection_class.request

    def request(self: Any, method: str, url: str, body: Any = None, headers: Any = None, **kwargs: Any) -> Any:
        headers = {} if headers is None else headers
        operation = None
        if wanted():
            operation, headers = _begin(self, method, url, headers)
        try:
            return original(self, method, url, body, headers, **kwargs)
        except BaseException as error:
            _end(self, operation, None, error)
            raise

    request.__mendline__ = True  # type: ignore[attr-defined]
    connection_class.request = request


def _patch_getresponse(connection_class: Any) -> None:
    original = connection_class.getresponse

    def getresponse(self: Any, *args: Any, **kwargs: Any) -> Any:
        operation = self.__dict__.get(_OPERATION)
        if operation is None:
            return original(self, *args, **kwargs)
        try:
            answer = original(self, *args, **kwargs)
        except BaseException as error:
            _end(self, operation, None, error)
            raise
        _end(self, operation, answer, None)
        return answer

    connection_class.getresponse = getresponse


def _begin(connection: Any, method: str, url: str, headers: Any) -> tuple[Operation | None, Any]:
    operation = None
    try:
        scheme = "https" if hasattr(connection, "_context") else "http"
        host = getattr(connection, "_tunnel_host", None) or connection.host
        port = getattr(connection, "_tunnel_port", None) or connection.port
        operation = begin_http(method, scheme, host, port, url)
        if operation is None:
            return None, headers
        setattr(connection, _OPERATION, operation)
        return operation, told_headers(operation, headers)
    except Exception as error:
        GUARD.failed("http.client call", error)
        return operation, headers


def _end(connection: Any, operation: Operation | None, answer: Any, error: BaseException | None) -> None:
    if operation is None:
        return
    try:
        connection.__dict__.pop(_OPERATION, None)
        complete_http(operation, getattr(answer, "status", None), error)
        operation.end(error)
    except Exception as own:
        GUARD.failed("http.client outcome", own)
