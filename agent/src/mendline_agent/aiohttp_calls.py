"""HTTP through aiohttp's client: one span a call, with the redirects that it follows."""

from __future__ import annotations

from .guard import GUARD
from .http_spans import begin_http, complete_http, told_headers
from .operations import observe_async, wanted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .operations import Operation


def patch(module: ModuleType) -> None:
    """Follow `aiohttp.ClientSession._request`, through which all its methods go."""
    original = module.ClientSession._request
    if getattr(original, "__mendline__", False):
        return

    async def _request(self: Any, method: Any, str_or_url: Any, **kwargs: Any) -> Any:
        operation, kwargs = _begin(self, method, str_or_url, kwargs) if wanted() else (None, kwargs)
        if operation is None:
            return await original(self, method, str_or_url, **kwargs)
        return await observe_async(operation, lambda: original(self, method, str_or_url, **kwargs), _complete)

    _request.__mendline__ = True  # type: ignore[attr-defined]
    module.ClientSession._request = _request


def _begin(session: Any, method: Any, target: Any, kwargs: dict[str, Any]) -> tuple[Operation | None, dict[str, Any]]:
    """The operation, and the arguments with the trace in their headers."""
    operation = None
    try:
        url = session._build_url(target)
        operation = begin_http(method, url.scheme, url.host or "", url.port, url.raw_path_qs)
        if operation is None:
            return None, kwargs
        given = kwargs.get("headers") or {}
        if hasattr(given, "keys"):
            own = {name.lower(): "" for name in (*session.headers, *given)}
            new = {name: value for name, value in told_headers(operation, own).items() if name not in own}
            kwargs = {**kwargs, "headers": {**given, **new}}
    except Exception as error:
        GUARD.failed("aiohttp call", error)
    return operation, kwargs


def _complete(operation: Operation, answer: Any, error: BaseException | None) -> None:
    complete_http(operation, getattr(answer, "status", None), error)
