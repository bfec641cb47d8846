"""The agents' configuration, for agents that ask (`GET`) and for those who change it (`PUT`).

Agents that send telemetry need not ask: they say their version in the header `mendline-config-version`, and the answer
carries the document when theirs is old.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mendline.api.bodies import read_body
from mendline.api.json_bodies import json_of
from mendline.errors import UsageError
from mendline.model.agent_config import DOCUMENT_HEADER, MOST_BYTES, VERSION_HEADER, AgentConfig


@dataclass(frozen=True, slots=True)
class AgentConfigDoor:
    """`project_of` answers whose configuration a request is about; `get` and `put` read and change it."""

    project_of: Callable[[Request], str]
    get: Callable[[str], AgentConfig]
    put: Callable[[str, Any], AgentConfig]


def build_routes(door: AgentConfigDoor) -> list[Route]:
    """`/api/v1/agent/config`."""

    async def answer(request: Request) -> Response:
        return await change(request) if request.method == "PUT" else tell(request)

    def tell(request: Request) -> Response:
        config = door.get(door.project_of(request))
        version = config.document()["version"]
        if request.headers.get(VERSION_HEADER) == version:
            return Response(status_code=304)
        return JSONResponse(config.document())

    async def change(request: Request) -> Response:
        body = await read_body(request, MOST_BYTES)
        try:
            document = json_of(body)
        except UsageError as error:
            raise UsageError(f"{error.message} `GET` this path for a document to start from.") from None
        config = await to_thread.run_sync(door.put, door.project_of(request), document)
        return JSONResponse(config.document())

    return [Route("/api/v1/agent/config", answer, methods=["GET", "PUT"])]


def config_headers(request: Request, door: AgentConfigDoor) -> dict[str, str]:
    """What an answer to an agent carries: the configuration, when the agent says that its own is another one."""
    version = request.headers.get(VERSION_HEADER)
    if version is None:
        return {}
    config = door.get(door.project_of(request))
    return {} if config.document()["version"] == version else {DOCUMENT_HEADER: config.header()}
