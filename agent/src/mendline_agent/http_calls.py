"""HTTP through urllib3 (so also requests), http.client (so also urllib), httpx and aiohttp: one span a call, with the
retries and redirects within it, and the trace passed on in its headers."""

from __future__ import annotations

from .calling import begin
from .following import follow
from .operations import ACTIVE, name_resource
from .paths import templated, without_keys
from .redaction import REDACTED
from .spans import CLIENT, Given, traceparent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .following import Asked, Begun
    from .operations import Operation
    from .redaction import Redactor

_MAX_URL = 2048
_HEADERS_AT = 3
_LONGEST_KEPT = 256
_SECRET_PARAMETERS = frozenset(("sig", "code", "key", "state"))


def patch(module: ModuleType) -> None:
    """Follow the one method of each client through which all calls go; of http.client two, the second ends it."""
    if module.__name__ == "urllib3.connectionpool":
        follow(module.HTTPConnectionPool, "urlopen", _urllib3, _answered, _tell)
    elif module.__name__ == "httpx._client":
        follow(module.Client, "send", _httpx, _answered_httpx, _tell_httpx)
        follow(module.AsyncClient, "send", _httpx, _answered_httpx, _tell_httpx)
    elif module.__name__ == "aiohttp.client":
        follow(module.ClientSession, "_request", _aiohttp, _answered, _tell_aiohttp)
    else:
        follow(module.HTTPConnection, "request", _requested, _sent, _tell)
        follow(module.HTTPConnection, "getresponse", _awaited, _answered)


def _begin(method: Any, scheme: str, host: str, port: int | None, target: Any) -> Begun:
    """`target` is a path with its query, or (through a proxy) a whole URL."""
    target, redactor = str(target) if isinstance(target, str) else "/", ACTIVE.redactor
    key = (str(method), scheme, host, port, target)
    call = redactor.seen.get(key)
    if call is None:
        call = _described(redactor, *key)
        if len(target) <= _LONGEST_KEPT:
            redactor.keep(key, call)
    given, url = call
    operation = begin(given.name, CLIENT, given.of, given)
    if operation is not None:
        operation.span.attributes["url.full"] = url
    return operation


def _described(
    redactor: Redactor, method: str, scheme: str, host: str, port: int | None, target: str
) -> tuple[Given, str]:
    """What is told of a call before its answer: what calls by one template have in common, and the URL."""
    scheme = scheme or "http"
    if "://" in target:
        scheme, _, rest = target.partition("://")
        authority, slash, path = rest.partition("/")
        host, target = authority.rpartition("@")[2], slash + path
    method = method.upper()
    path = templated(target or "/")
    key = method, path, host, port or (443 if scheme == "https" else 80)
    given = redactor.seen.get(key)
    if given is None:
        _, slash, rest = redactor.text(f"{host}{path}").partition("/")  # some keys are known by whom they are for
        name = f"{method} {slash}{rest}"
        attributes = {"http.request.method": method, "server.address": host, "server.port": key[3]}
        resource = ("http", host, name)
        name_resource(attributes, resource)
        given = Given(name, resource, attributes)
        redactor.keep(key, given)
    return given, redacted_url(redactor, scheme, host, port, target)


def redacted_url(redactor: Redactor, scheme: str, host: str, port: int | None, target: str) -> str:
    """The URL without credentials, the values of secret query parameters, and what looks like a key in its path."""
    standard = 443 if scheme == "https" else 80
    place = f"{host}:{port}" if port and port != standard and ":" not in host else host
    path, mark, query = target[:_MAX_URL].partition("?")
    if query:
        query = "&".join([_parameter(redactor, pair) for pair in query.split("&")])
    told = f"{without_keys(redactor, path)}{mark}{query}"
    return redactor.whole(f"{scheme}://{place}{told}", [told])[:_MAX_URL]


def _parameter(redactor: Redactor, pair: str) -> str:
    name, equals, _ = pair.partition("=")
    if equals and (name.lower() in _SECRET_PARAMETERS or redactor.is_secret(name)):
        return f"{name}={REDACTED}"
    return pair


def _told(operation: Operation, headers: Any) -> Any:
    """A copy of the headers with the trace in it; the same object when they carry one already or are unknown to us."""
    if headers is None:
        headers = {}
    if not hasattr(headers, "copy") or not hasattr(headers, "keys"):
        return headers
    names = {name.lower() for name in headers if isinstance(name, str)}
    if "traceparent" in names:
        return headers
    told = headers.copy()
    told["traceparent"] = traceparent(operation.span.context, operation.span.span_id)
    if operation.span.context.trace_state and "tracestate" not in names:
        told["tracestate"] = operation.span.context.trace_state
    xray = operation.record.xray
    if xray and "x-amzn-trace-id" not in names and "\r" not in xray and "\n" not in xray:
        told["X-Amzn-Trace-Id"] = xray
    return told


def _answered(operation: Operation, answer: Any, error: BaseException | None) -> None:
    """The status of the answer, if there is one; 4xx and 5xx are errors of a client span."""
    status = getattr(answer, "status_code", None) or getattr(answer, "status", None)
    if error is not None or type(status) is not int:
        return
    operation.span.attributes["http.response.status_code"] = status
    if status >= 400:
        operation.span.fail(str(status), f"HTTP {status}")
    retries = getattr(getattr(answer, "retries", None), "history", None)
    if retries:
        operation.span.attributes["mendline.retries"] = len(retries)


def _urllib3(asked: Asked) -> Begun:
    pool = asked.on
    return _begin(asked.get(0, "method"), pool.scheme, pool.host, pool.port, asked.get(1, "url"))


def _tell(operation: Operation, asked: Asked) -> None:
    """Of urllib3 and http.client: the same place, the same name."""
    headers, args = asked.get(_HEADERS_AT, "headers"), asked.args
    told = _told(operation, getattr(asked.on, "headers", None) if headers is None else headers)
    if len(args) > _HEADERS_AT:
        asked.args = (*args[:_HEADERS_AT], told, *args[_HEADERS_AT + 1 :])
    else:
        asked.kwargs = {**asked.kwargs, "headers": told}


def _requested(asked: Asked) -> Begun:
    connection = asked.on
    scheme = "https" if hasattr(connection, "_context") else "http"
    host = getattr(connection, "_tunnel_host", None) or connection.host
    port = getattr(connection, "_tunnel_port", None) or connection.port
    return _begin(asked.get(0, "method"), scheme, host, port, asked.get(1, "url"))


def _sent(operation: Operation, answer: Any, error: BaseException | None) -> None:
    if error is None:
        operation.lasts = True
        operation.asked.on.__dict__["_mendline"] = operation


def _awaited(asked: Asked) -> Begun:
    operation: Begun = asked.on.__dict__.pop("_mendline", None)
    if operation is not None:
        operation.lasts = False
        asked.setup = operation.asked.setup
    return operation


def _httpx(asked: Asked) -> Begun:
    request = asked.get(0, "request")
    url = request.url
    return _begin(request.method, url.scheme, url.host, url.port, url.raw_path.decode("ascii", "replace"))


def _tell_httpx(operation: Operation, asked: Asked) -> None:
    """The request gets headers for as long as it is sent."""
    headers, added = asked.kept = asked.get(0, "request").headers, []
    own = dict(headers)
    for name, value in _told(operation, own).items():
        if name not in own:
            headers[name] = value
            added.append(name)


def _answered_httpx(operation: Operation, answer: Any, error: BaseException | None) -> None:
    headers, added = operation.asked.kept or ({}, ())
    for name in added:
        headers.pop(name, None)
    _answered(operation, answer, error)


def _aiohttp(asked: Asked) -> Begun:
    url = asked.on._build_url(asked.args[1])
    return _begin(asked.args[0], url.scheme, url.host or "", url.port, url.raw_path_qs)


def _tell_aiohttp(operation: Operation, asked: Asked) -> None:
    given = asked.kwargs.get("headers") or {}
    if hasattr(given, "keys"):
        own = {name.lower(): "" for name in (*asked.on.headers, *given)}
        new = {name: value for name, value in _told(operation, own).items() if name not in own}
        asked.kwargs = {**asked.kwargs, "headers": {**given, **new}}
