"""HTTP through aiohttp's client: one span a call, with the redirects that it follows."""

from __future__ import annotations

from .following import follow
from .http_spans import begin_http, complete_http, told_headers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .operations import Operation


def patch(module: ModuleType) -> None:
    """Follow `aiohttp.ClientSession._request`, through which all its methods go."""
    follow(module.ClientSession, "_request", _begin, _complete, _tell)


def _begin(session: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Operation | None:
    url = session._build_url(args[1])
    return begin_http(args[0], url.scheme, url.host or "", url.port, url.raw_path_qs)


def _tell(operation: Operation, session: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    given = kwargs.get("headers") or {}
    if not hasattr(given, "keys"):
        return args, kwargs
    own = {name.lower(): "" for name in (*session.headers, *given)}
    new = {name: value for name, value in told_headers(operation, own).items() if name not in own}
    return args, {**kwargs, "headers": {**given, **new}}


def _complete(operation: Operation, answer: Any, error: BaseException | None) -> None:
    complete_http(operation, getattr(answer, "status", None), error)
