"""The gate around an app: each request is let through with its grant, or answered before anything of it is read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mendline.access import rules
from mendline.access.authorise import Access
from mendline.access.credentials import key_in, session_in
from mendline.access.cross_site import check_same_site
from mendline.access.grant import Grant
from mendline.access.hosts import check_host, is_loopback
from mendline.access.rules import Kind, Rule
from mendline.access.sign_in import SignIn
from mendline.errors import ForbiddenError, MendlineError, UnauthenticatedError, UsageError
from mendline.store.state import DEFAULT_PROJECT
from mendline.store.state import Scope as KeyScope

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_POLICY_VIOLATION = 1008
Refuse = Callable[[Request, MendlineError], Response]


@dataclass(frozen=True, slots=True)
class Gate:
    """ASGI middleware. The grant lies in the scope's state (`grant_of`); bodies pass through untouched.

    `refuse` makes the answer to a request that may not pass; `allowed_hosts` are the names that the Host header may
    have when keys are asked for (none: any). `public` lets everybody read without a key, and takes nothing in.
    """

    app: ASGIApp
    access: Access
    sign_in: SignIn
    refuse: Refuse
    allowed_hosts: Collection[str] = ()
    public: bool = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through, or answer."""
        if scope["type"] == "websocket":  # none is offered; one that will be must first be given a rule
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = _headers(scope)
        try:
            grant = self._examine(scope, headers)
        except MendlineError as error:
            await self._answer(scope, headers, error)(scope, receive, send)
            return
        state = {**scope.get("state", {}), "grant": grant}
        await self.app({**scope, "state": state}, receive, send)

    def _examine(self, scope: Scope, headers: Mapping[str, str]) -> Grant | None:
        is_open = self.access.is_open() and not self.public
        check_host(headers.get("host", ""), is_open=is_open, allowed=self.allowed_hosts)
        rule = rules.rule_for(scope["path"])
        if self.public and rule.kind in (Kind.OWN, Kind.INGEST):
            raise ForbiddenError("This server only shows what it has: no telemetry is taken here.")
        if rule.kind in (Kind.OPEN, Kind.OWN):
            return None
        if rule.kind is not Kind.INGEST:
            check_same_site(scope["method"], headers)
        if rule.kind is Kind.SIGN_IN:
            return None
        if rule.kind is Kind.METRICS and self._is_local(scope):
            return None
        return self._grant(scope, headers, rule)

    def _grant(self, scope: Scope, headers: Mapping[str, str], rule: Rule) -> Grant:
        needed = rule.needed if scope["method"] in _SAFE else rule.changes
        project = _asked_project(scope)
        if rule.kind is not Kind.INGEST and key_in(headers) is None:
            token = session_in(headers, scope.get("scheme", "http"))
            key = self.sign_in.key_of(token) if token else None
            if key is not None:
                return self.access.grant(key, needed, project, signed_in=True)
            if self.public:
                return _public_grant(needed, project)
        return self.access.authorise(headers, needed, project)

    def _is_local(self, scope: Scope) -> bool:
        """Metrics tell no telemetry, and who asks on loopback is on this machine; `--auth required` asks even so."""
        address, _ = scope.get("client") or ("", 0)
        return self.access.loopback and not self.access.required and is_loopback(address)

    def _answer(self, scope: Scope, headers: Mapping[str, str], error: MendlineError) -> Response:
        request = Request(scope)
        if isinstance(error, UnauthenticatedError) and _wants_sign_in(scope, headers):
            return RedirectResponse(
                f"/sign-in?next={quote(_here(scope), safe='/')}", 303, {"cache-control": "no-store"}
            )
        response = self.refuse(request, error)
        if error.status == 401:
            response.headers["www-authenticate"] = "Bearer"
        response.headers["cache-control"] = "no-store"
        return response


def _public_grant(needed: KeyScope, project: str | None) -> Grant:
    if needed is not KeyScope.READ or project not in (None, DEFAULT_PROJECT):
        raise ForbiddenError("This server is open to everybody for reading its one project, and for nothing else.")
    return Grant(DEFAULT_PROJECT, KeyScope.READ, None)


def _wants_sign_in(scope: Scope, headers: Mapping[str, str]) -> bool:
    """Whether a person opens a page: no program that sent a key or asks for JSON."""
    is_page = rules.rule_for(scope["path"]).kind is Kind.PAGE and not scope["path"].endswith(".json")
    return is_page and scope["method"] in ("GET", "HEAD") and key_in(headers) is None


def _here(scope: Scope) -> str:
    path = quote(scope["path"], safe="/~:@!$&'()*+,;=-._")
    query = scope.get("query_string", b"").decode("latin-1")
    return f"{path}?{query}" if query else path


def _asked_project(scope: Scope) -> str | None:
    asked = set(parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True).get("project", ()))
    if len(asked) > 1:
        raise UsageError("project= stands more than once in the address; name one project.")
    return asked.pop() if asked else None


def _headers(scope: Scope) -> dict[str, str]:
    """The headers with names in small letters, the first of each name; cookies, which may come split, all of them."""
    found: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        if name == "cookie" and name in found:
            found[name] += "; " + value
        else:
            found.setdefault(name, value)
    return found
