"""Events that are HTTP requests: API Gateway (REST, HTTP, WebSocket), function URLs, load balancers."""

from __future__ import annotations

from .paths import templated
from .triggers import Trigger, dig, epoch_ns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MS = 1_000_000


def from_http(event: dict[str, Any], request: dict[str, Any]) -> Trigger | None:
    """The trigger of an HTTP event, or None when its request context is of another kind."""
    if "elb" in request:
        return _load_balancer(event)
    if isinstance(request.get("http"), dict):
        return _version_2(event, request)
    if "connectionId" in request and "routeKey" in request:
        return _websocket(request)
    if "httpMethod" in event and ("resourcePath" in request or "resource" in event):
        return _version_1(event, request)
    return None


def _describe(trigger: Trigger, method: Any, path: Any, route: str, host: Any) -> Trigger:
    attributes = trigger.attributes
    attributes["http.request.method"] = method or None
    attributes["url.path"] = path or None
    attributes["http.route"] = route or None
    attributes["server.address"] = host or None
    trigger.source = f"{method} {route}"
    return trigger


def _version_2(event: dict[str, Any], request: dict[str, Any]) -> Trigger:
    host = request.get("domainName", "")
    is_url = isinstance(host, str) and ".lambda-url." in host
    trigger = Trigger("function_url" if is_url else "apigateway.v2")
    path = event.get("rawPath") or dig(request, "http", "path")
    route_key = event.get("routeKey") or request.get("routeKey") or "$default"
    route = str(route_key).partition(" ")[2] or templated(str(path))
    trigger.sent(epoch_ns(request.get("timeEpoch"), _MS))
    trigger.attributes["user_agent.original"] = dig(request, "http", "userAgent") or None
    return _describe(trigger, dig(request, "http", "method"), path, route, host)


def _version_1(event: dict[str, Any], request: dict[str, Any]) -> Trigger:
    trigger = Trigger("apigateway.v1")
    route = event.get("resource") or request.get("resourcePath") or ""
    trigger.sent(epoch_ns(request.get("requestTimeEpoch"), _MS))
    trigger.attributes["user_agent.original"] = dig(request, "identity", "userAgent") or None
    return _describe(trigger, event.get("httpMethod"), event.get("path"), str(route), request.get("domainName"))


def _load_balancer(event: dict[str, Any]) -> Trigger:
    path = event.get("path")
    return _describe(Trigger("alb"), event.get("httpMethod"), path, templated(str(path)), None)


def _websocket(request: dict[str, Any]) -> Trigger:
    trigger = Trigger("apigateway.websocket", str(request.get("routeKey")))
    trigger.attributes["http.route"] = trigger.source
    trigger.sent(epoch_ns(request.get("requestTimeEpoch"), _MS))
    return trigger
