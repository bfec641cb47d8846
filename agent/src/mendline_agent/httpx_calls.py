"""HTTP through httpx, synchronous and not: one span a call, with the redirects that it follows."""

from __future__ import annotations

from .following import follow
from .http_spans import begin_http, complete_http, told_headers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .operations import Operation


def patch(module: ModuleType) -> None:
    """Follow `httpx.Client.send` and `httpx.AsyncClient.send`."""
    follow(module.Client, "send", _begin, _complete, _tell)
    follow(module.AsyncClient, "send", _begin, _complete, _tell)


def _begin(client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Operation | None:
    request = args[0] if args else kwargs["request"]
    url = request.url
    return begin_http(request.method, url.scheme, url.host, url.port, url.raw_path.decode("ascii", "replace"))


def _tell(operation: Operation, client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The request gets headers for as long as it is sent."""
    headers = (args[0] if args else kwargs["request"]).headers
    added: list[str] = []
    operation.about = headers, added
    for name, value in told_headers(operation, dict(headers)).items():
        if name not in headers:
            headers[name] = value
            added.append(name)
    return args, kwargs


def _complete(operation: Operation, answer: Any, error: BaseException | None) -> None:
    headers, added = operation.about or ({}, ())
    for name in added:
        headers.pop(name, None)
    complete_http(operation, getattr(answer, "status_code", None), error)
