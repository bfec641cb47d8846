"""What tests of pages share: the real routes on a real store, at a moment that stands still."""

from __future__ import annotations

import anyio
import httpx
import pytest
from hand_clock import HandClock
from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from mendline.errors import MendlineError, NotFoundError
from mendline.web import WebContext, build_routes, error_response


class Browser:
    """A browser without script: GETs pages of an app in this process."""

    def __init__(self, app: Starlette) -> None:
        self._transport = httpx.ASGITransport(app)

    def get(self, url: str, *, follow: bool = False) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url="http://127.0.0.1:8000") as client:
                return await client.get(url, follow_redirects=follow)

        return anyio.run(ask)


@pytest.fixture
def client(store, now):
    context = WebContext(store, HandClock(now), "1.2.3", "http://127.0.0.1:4318", True)
    handlers = {
        MendlineError: lambda request, error: error_response(request, error, context),
        HTTPException: lambda request, error: error_response(request, NotFoundError("There is nothing here."), context),
    }
    app = Starlette(routes=build_routes(context), exception_handlers=handlers)
    return Browser(app)
