"""What a person should know of the server itself: what it cannot do just now, what it set aside, what AWS refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mendline.model.jsonable import to_jsonable
from mendline.model.table_size import TableSize


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """Asked for when somebody asks: sentences about problems and about AWS; by project, the quarantine and tables."""

    version: str
    problems: Callable[[], Sequence[str]]
    quarantined: Callable[[], Mapping[str, int]]
    aws: Callable[[], Sequence[str]]
    sizes: Callable[[], Mapping[str, Sequence[TableSize]]]


def build_routes(status: ServerStatus) -> list[Route]:
    """`/api/v1/status`."""

    def tell(_: Request) -> Response:
        return JSONResponse(
            {
                "version": status.version,
                "problems": list(status.problems()),
                "quarantined": dict(status.quarantined()),
                "aws": list(status.aws()),
                "tables": to_jsonable(status.sizes()),
            }
        )

    return [Route("/api/v1/status", tell)]
