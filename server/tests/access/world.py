"""A small world for tests of access: real state in a directory, a clock that is set by hand, the gate around an app
that answers with the grant it was given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import httpx
from hand_clock import HandClock
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mendline.access import Access, Gate, Scope, SecurityHeaders, SignIn, Tries, grant_of, issue_key
from mendline.app.refusals import refuser
from mendline.ingest.counters import Counters
from mendline.store.state import add_project, open_state, revoke_key
from mendline.web import error_response


def _echo(request: Request) -> Response:
    grant = grant_of(request.scope)
    if grant is None:
        return JSONResponse({"grant": None})
    return JSONResponse({"project": grant.project, "scope": grant.scope, "key_id": grant.key_id})


@dataclass
class World:
    """`loopback` and `required` as in Access, `public` as in Gate; requests come from this machine."""

    data: Path
    loopback: bool = True
    required: bool = False
    allowed_hosts: frozenset[str] = frozenset()
    public: bool = False
    clock: HandClock = field(default_factory=HandClock)

    def __post_init__(self) -> None:
        self.state = open_state(self.data, self.clock.now())
        self.access = Access(self.state, self.clock, loopback=self.loopback, required=self.required)
        self.sign_in = SignIn(self.access, Tries())
        self.counters = Counters()
        echo = Starlette(routes=[Route("/{path:path}", _echo, methods=["GET", "POST", "PUT", "DELETE"])])
        refuse = refuser(self.counters, error_response)
        self.app = SecurityHeaders(Gate(echo, self.access, self.sign_in, refuse, self.allowed_hosts, self.public))

    @property
    def host(self) -> str:
        """A Host header that fits."""
        return "127.0.0.1:8000" if self.loopback else "mendline.example"

    def make_key(self, scope: str, project: str = "default") -> str:
        return self.make_numbered_key(scope, project)[0]

    def make_numbered_key(self, scope: str, project: str = "default") -> tuple[str, int]:
        text, key = issue_key(self.state, project=project, scope=Scope(scope), name="", now=self.clock.now())
        return text, key.id

    def make_project(self, name: str) -> None:
        with self.state.writing() as connection:
            add_project(connection, name, self.clock.now())

    def revoke(self, key_id: int) -> None:
        with self.state.writing() as connection:
            revoke_key(connection, key_id, self.clock.now())

    def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        *,
        scheme: str = "http",
        content: bytes = b"",
    ) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, client=("127.0.0.1", 50000))
            async with httpx.AsyncClient(transport=transport, base_url=f"{scheme}://{self.host}") as client:
                return await client.request(method, path, headers=dict(headers or {}), content=content)

        return anyio.run(send)

    def close(self) -> None:
        self.access.close()
        self.state.close()


def bearer(text: str) -> dict[str, str]:
    return {"authorization": f"Bearer {text}"}
