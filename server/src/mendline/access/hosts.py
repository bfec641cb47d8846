"""The guard of a server without keys: it answers only to names of this machine (DNS rebinding would use another)."""

from __future__ import annotations

import ipaddress

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from mendline.errors import HostRefusedError


def is_loopback(host: str) -> bool:
    """Whether a host name or address, without port, can only mean this machine."""
    host = host.strip().rstrip(".").removeprefix("[").removesuffix("]").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _without_port(header: str) -> str:
    if header.startswith("["):
        return header.partition("]")[0] + "]"
    return header.partition(":")[0]


class LoopbackHostOnly:
    """ASGI middleware that refuses requests whose Host header is not a loopback name."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or refuse with 421."""
        if scope["type"] == "http":
            host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
            if not is_loopback(_without_port(host)):
                error = HostRefusedError(
                    f"The Host header is '{host[:100]}', but without keys this server answers only to names of this"
                    " machine. Open it as http://127.0.0.1 or http://localhost."
                )
                await JSONResponse({"code": error.code, "message": error.message}, error.status)(scope, receive, send)
                return
        await self._app(scope, receive, send)
