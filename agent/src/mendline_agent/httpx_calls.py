"""HTTP through httpx, synchronous and not: one span a call, with the redirects that it follows."""

from __future__ import annotations

from .guard import GUARD
from .http_spans import begin_http, complete_http, told_headers
from .operations import observe, observe_async, wanted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .operations import Operation


def patch(module: ModuleType) -> None:
    """Follow `httpx.Client.send` and `httpx.AsyncClient.send`."""
    _patch_sync(module.Client)
    _patch_async(module.AsyncClient)


def _patch_sync(client: Any) -> None:
    original = client.send
    if getattr(original, "__mendline__", False):
        return

    def send(self: Any, request: Any, **kwargs: Any) -> Any:
        operation, added = _begin(request) if wanted() else (None, [])
        if operation is None:
            return original(self, request, **kwargs)
        try:
            return observe(operation, lambda: original(self, request, **kwargs), _complete)
        finally:
            _restore(request, added)

    send.__mendline__ = True  # type: ignore[attr-defined]
    client.send = send


def _patch_async(client: Any) -> None:
    original = client.send
    if getattr(original, "__mendline__", False):
        return

    async def send(self: Any, request: Any, **kwargs: Any) -> Any:
        operation, added = _begin(request) if wanted() else (None, [])
        if operation is None:
            return await original(self, request, **kwargs)
        try:
            return await observe_async(operation, lambda: original(self, request, **kwargs), _complete)
        finally:
            _restore(request, added)

    send.__mendline__ = True  # type: ignore[attr-defined]
    client.send = send


def _begin(request: Any) -> tuple[Operation | None, list[str]]:
    """The operation, and the headers that were added to the request for as long as it is sent."""
    operation = None
    added: list[str] = []
    try:
        url = request.url
        operation = begin_http(request.method, url.scheme, url.host, url.port, url.raw_path.decode("ascii", "replace"))
        if operation is not None:
            told = told_headers(operation, dict(request.headers))
            for name, value in told.items():
                if name not in request.headers:
                    request.headers[name] = value
                    added.append(name)
    except Exception as error:
        GUARD.failed("httpx call", error)
    return operation, added


def _restore(request: Any, added: list[str]) -> None:
    try:
        for name in added:
            del request.headers[name]
    except Exception as error:
        GUARD.failed("httpx call", error)


def _complete(operation: Operation, answer: Any, error: BaseException | None) -> None:
    complete_http(operation, getattr(answer, "status_code", None), error)
