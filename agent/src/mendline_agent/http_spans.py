"""HTTP calls as spans, whichever library makes them: names, addresses, headers, outcome."""

from __future__ import annotations

from .operations import begin
from .paths import templated
from .propagation import traceparent
from .redaction import REDACTED, Redactor
from .spans import CLIENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .operations import Operation

_MAX_URL = 2048
_redactor = Redactor()
_SECRET_PARAMETERS = frozenset(("sig", "code", "key", "state"))


def begin_http(method: Any, scheme: str, host: str, port: int | None, target: Any) -> Operation | None:
    """Begin an HTTP operation; `target` is a path with its query, or (through a proxy) a whole URL."""
    target = target if isinstance(target, str) else "/"
    scheme = scheme or "http"
    if "://" in target:
        scheme, _, rest = target.partition("://")
        authority, slash, path = rest.partition("/")
        host, target = authority.rpartition("@")[2], slash + path
    method = str(method).upper()
    path = templated(target or "/")
    attributes: dict[str, Any] = {
        "http.request.method": method,
        "url.full": redacted_url(scheme, host, port, target),
        "server.address": host,
        "server.port": port or (443 if scheme == "https" else 80),
    }
    return begin(f"{method} {path}", CLIENT, ("http", host, f"{method} {path}"), attributes)


def redacted_url(scheme: str, host: str, port: int | None, target: str) -> str:
    """The URL without credentials and without the values of secret query parameters."""
    standard = 443 if scheme == "https" else 80
    place = f"{host}:{port}" if port and port != standard and ":" not in host else host
    path, mark, query = target[:_MAX_URL].partition("?")
    if query:
        query = "&".join([_parameter(pair) for pair in query.split("&")])
    return _redactor.text(f"{scheme}://{place}{path}{mark}{query}")[:_MAX_URL]


def _parameter(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    if equals and (name.lower() in _SECRET_PARAMETERS or _redactor.is_secret(name)):
        return f"{name}={REDACTED}"
    return pair


def told_headers(operation: Operation, headers: Any) -> Any:
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


def complete_http(operation: Operation, status: Any, error: BaseException | None) -> None:
    """The status of the answer, if there is one; 4xx and 5xx are errors of a client span."""
    if error is not None or type(status) is not int:
        return
    operation.span.attributes["http.response.status_code"] = status
    if status >= 400:
        operation.span.fail(str(status), f"HTTP {status}")
