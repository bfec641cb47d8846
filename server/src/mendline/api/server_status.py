"""What a person should know of the server itself: what it cannot do just now, what it set aside, what AWS refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """Asked for when somebody asks: sentences about problems and about AWS, and the quarantine by project."""

    version: str
    problems: Callable[[], Sequence[str]]
    quarantined: Callable[[], Mapping[str, int]]
    aws: Callable[[], Sequence[str]]


def build_routes(status: ServerStatus) -> list[Route]:
    """`/api/v1/status`."""

    def tell(_: Request) -> Response:
        return JSONResponse(
            {
                "version": status.version,
                "problems": list(status.problems()),
                "quarantined": dict(status.quarantined()),
                "aws": list(status.aws()),
            }
        )

    return [Route("/api/v1/status", tell)]
