"""Events that are HTTP requests: API Gateway (REST, HTTP, WebSocket), function URLs, load balancers, VPC Lattice."""

from __future__ import annotations

from .operations import ACTIVE
from .paths import templated, without_keys
from .triggers import Trigger, dig, epoch_ns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_US, _MS = 1_000, 1_000_000
_TEXT = 2048


def from_http(event: dict[str, Any], request: dict[str, Any]) -> Trigger | None:
    """The trigger of an HTTP event, or None when its request context is of another kind."""
    if "methodArn" in event or ("routeArn" in event and event.get("type") == "REQUEST"):
        return Trigger("apigateway.authorizer", _told(text(event.get("methodArn") or event.get("routeArn")))[0])
    if "targetGroupArn" in request and "serviceNetworkArn" in request:
        return _lattice(event, request)
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
    path, route = _told(text(path), route)
    attributes["url.path"] = path or None
    attributes["http.route"] = route or None
    attributes["server.address"] = host or None
    trigger.source = f"{text(method)} {route}"[:_TEXT]
    return trigger


def _told(path: str, route: str = "") -> tuple[str, str]:
    """A path and its template as they may leave the function."""
    redactor, key = ACTIVE.redactor, (path[:_TEXT], route[:_TEXT])
    told: tuple[str, str] | None = redactor.seen.get(key)
    if told is None:
        path, route = [redactor.text(without_keys(redactor, one)) for one in key]
        told = path, route
        redactor.keep(key, told)
    return told


def text(value: Any) -> str:
    """The value if it is a text, else an empty one."""
    return value if type(value) is str else ""


def _version_2(event: dict[str, Any], request: dict[str, Any]) -> Trigger:
    host = request.get("domainName", "")
    is_url = isinstance(host, str) and ".lambda-url." in host
    trigger = Trigger("function_url" if is_url else "apigateway.v2")
    path = event.get("rawPath") or dig(request, "http", "path")
    route_key = event.get("routeKey") or request.get("routeKey") or "$default"
    route = text(route_key).partition(" ")[2] or templated(text(path))
    trigger.sent(epoch_ns(request.get("timeEpoch"), _MS))
    trigger.attributes["user_agent.original"] = dig(request, "http", "userAgent") or None
    return _describe(trigger, dig(request, "http", "method"), path, route, host)


def _version_1(event: dict[str, Any], request: dict[str, Any]) -> Trigger:
    trigger = Trigger("apigateway.v1")
    route = event.get("resource") or request.get("resourcePath") or ""
    trigger.sent(epoch_ns(request.get("requestTimeEpoch"), _MS))
    trigger.attributes["user_agent.original"] = dig(request, "identity", "userAgent") or None
    return _describe(trigger, event.get("httpMethod"), event.get("path"), text(route), request.get("domainName"))


def _load_balancer(event: dict[str, Any]) -> Trigger:
    path = event.get("path")
    return _describe(Trigger("alb"), event.get("httpMethod"), path, templated(text(path)), None)


def _websocket(request: dict[str, Any]) -> Trigger:
    trigger = Trigger("apigateway.websocket", text(request.get("routeKey")))
    trigger.attributes["http.route"] = trigger.source
    trigger.sent(epoch_ns(request.get("requestTimeEpoch"), _MS))
    return trigger


def _lattice(event: dict[str, Any], request: dict[str, Any]) -> Trigger:
    trigger, path = Trigger("vpclattice"), text(event.get("path")).partition("?")[0]
    trigger.sent(epoch_ns(request.get("timeEpoch"), _US))
    return _describe(trigger, event.get("method"), path, templated(path), None)
