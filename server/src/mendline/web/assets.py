"""Style sheets, scripts and the icon, as files of this package."""

from __future__ import annotations

from pathlib import Path

from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_FOLDER = Path(__file__).parent / "static"


class _Revalidated(StaticFiles):
    """Browsers ask each time whether a file changed (ETag), so that an upgrade never mixes old and new modules."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or 304."""
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "no-cache"
        return response


def assets() -> Mount:
    """The route `/static`."""
    return Mount("/static", _Revalidated(directory=_FOLDER), name="static")
