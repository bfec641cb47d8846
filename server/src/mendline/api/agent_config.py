"""The agents' configuration, for agents that ask (`GET`) and for those who change it (`PUT`).

Agents that send telemetry need not ask: they say their version in the header `mendline-config-version`, and the answer
carries the document when theirs is old. Environments that take part in experiments say who they are in the header
`mendline-chaos`, and are told what they are ordered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mendline.api.bodies import read_body
from mendline.api.json_bodies import json_of
from mendline.errors import UsageError
from mendline.model.agent_config import (
    CHAOS_HEADER,
    DOCUMENT_HEADER,
    MOST_BYTES,
    VERSION_HEADER,
    AgentConfig,
    header_of,
)


@dataclass(frozen=True, slots=True)
class AgentConfigDoor:
    """`project_of` answers whose configuration a request is about; `get` and `put` read and change it; `orders` are
    what who sent a header of a project is to inject, for which the state is looked at where they are not `at_hand`."""

    project_of: Callable[[Request], str]
    get: Callable[[str], AgentConfig]
    put: Callable[[str, Any], AgentConfig]
    orders: Callable[[str, str], Mapping[str, str] | None] = lambda project, header: None
    at_hand: Callable[[str, str], bool] = lambda project, header: True

    async def document(self, request: Request) -> dict[str, Any]:
        """The configuration for who asks."""
        project = self.project_of(request)
        header = request.headers.get(CHAOS_HEADER)
        if header is None:
            orders = None
        elif self.at_hand(project, header):
            orders = self.orders(project, header)
        else:
            orders = await to_thread.run_sync(self.orders, project, header)
        return self.get(project).document(orders)


def build_routes(door: AgentConfigDoor) -> list[Route]:
    """`/api/v1/agent/config`."""

    async def answer(request: Request) -> Response:
        return await change(request) if request.method == "PUT" else await tell(request)

    async def tell(request: Request) -> Response:
        document = await door.document(request)
        if request.headers.get(VERSION_HEADER) == document["version"]:
            return Response(status_code=304)
        return JSONResponse(document)

    async def change(request: Request) -> Response:
        body = await read_body(request, MOST_BYTES)
        try:
            document = json_of(body)
        except UsageError as error:
            raise UsageError(f"{error.message} `GET` this path for a document to start from.") from None
        config = await to_thread.run_sync(door.put, door.project_of(request), document)
        return JSONResponse(config.document())

    return [Route("/api/v1/agent/config", answer, methods=["GET", "PUT"])]


async def config_headers(request: Request, door: AgentConfigDoor) -> dict[str, str]:
    """What an answer to an agent carries: the configuration, when the agent says that its own is another one."""
    version = request.headers.get(VERSION_HEADER)
    if version is None:
        return {}
    document = await door.document(request)
    return {} if document["version"] == version else {DOCUMENT_HEADER: header_of(document)}
