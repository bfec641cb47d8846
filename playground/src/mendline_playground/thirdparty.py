"""The third parties of the shop, and its own domain: latencies, a few failures on any day, and faults.

One server answers for all of them; they are told apart by the name that was called. What comes for the shop's own
domain goes on to its HTTP API, as a custom domain name of API Gateway does.
"""

import asyncio
import json
import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

from mendline_playground import wire
from mendline_playground.shop.plan import FUNCTIONS, MAIL_HOST, USUAL_FAILURES
from mendline_playground.wire import HttpServer, Request, Response

_CALLS = {call.resource.id: call for plan in FUNCTIONS.values() for call in plan.calls if call.resource.type == "http"}
HOST_NAMES = tuple(sorted({call.resource.name for call in _CALLS.values()}))
RATES = {"USD": 1.09, "GBP": 0.86}
_HANGS_S = 30.0
_HOP = ("connection", "content-length", "host")


class ThirdParty:
    """Serves every name of `HOST_NAMES`. `faults` are those that are on: parameters as in docs/scenarios.md."""

    def __init__(self, *, seed: int = 1) -> None:
        self._random = random.Random(seed)  # noqa: S311 - reproducible behaviour, no secrets
        self._server = HttpServer(self._handle)
        self._api: tuple[int, str] | None = None
        self.faults: Sequence[Mapping[str, Any]] = ()
        self.port = 0

    async def start(self) -> int:
        """Listen on a free port and return it."""
        self.port = await self._server.start()
        return self.port

    async def close(self) -> None:
        """Stop listening."""
        await self._server.close()

    def serve_api(self, port: int, host: str) -> None:
        """Hand what comes for the shop's own domain to an API: its port, and its name there."""
        self._api = (port, host)

    def name_table(self) -> str:
        """Where the functions find each name: the value of PLAYGROUND_HOSTS."""
        return ",".join(f"{name}=127.0.0.1:{self.port}" for name in HOST_NAMES)

    async def _handle(self, request: Request) -> Response:
        name = request.headers.get("host", "").partition(":")[0]
        path = request.path.partition("?")[0]
        resource = f"http/{name}/{request.method} {path}"
        if name == MAIL_HOST and self._api is not None:
            pause_s, failure = self._bend(resource, request, 0.0)
            await asyncio.sleep(pause_s)
            return failure or await self._forward(request, *self._api)
        call = _CALLS.get(resource)
        if call is None:
            return _json(404, {"error": {"type": "not_found", "message": f"Nothing at {request.path}."}})
        latency_s = call.median_ms / 1000 * math.exp(call.sigma * self._random.gauss(0, 1))
        latency_s, failure = self._bend(resource, request, latency_s)
        await asyncio.sleep(latency_s)
        if failure is not None:
            return failure
        if self._random.random() < USUAL_FAILURES.get(resource, 0.0):
            return _json(503, {"error": {"type": "unavailable", "message": "Please try again."}})
        return self._answer(path, request)

    def _bend(self, resource: str, request: Request, latency_s: float) -> tuple[float, Response | None]:
        """Latency and failure as the faults have them."""
        failure = None
        for fault in self.faults:
            if not f"{resource}/".startswith(f"{fault['resource']}/") or not _is_meant(fault, request):
                continue
            if self._random.random() >= float(fault.get("share", 1.0)):
                continue
            if fault["fault"] == "slow":
                latency_s = latency_s * float(fault.get("factor", 1.0)) + float(fault.get("add", 0.0))
            else:
                status = int(fault.get("status", 503))
                failure = _json(
                    status or 504, {"error": {"type": "unavailable", "message": "Something is wrong here."}}
                )
                latency_s = float(fault.get("after") or (latency_s if status else _HANGS_S))
        return latency_s, failure

    def _answer(self, path: str, request: Request) -> Response:
        if path in ("/v1/charges", "/v1/risk_checks"):
            return self._charge(path, request)
        if path in ("/v1/messages", "/emails"):  # the latter where the shop has no e-mail API of its own
            return _json(202, {"id": self._id("msg"), "status": "queued"})
        if path == "/latest":
            return _json(200, {"base": "EUR", "rates": RATES})
        return _json(201, {"taken": True})

    def _charge(self, path: str, request: Request) -> Response:
        try:
            order = json.loads(request.body)
            token, amount = str(order["source"]), int(order["amount"])
        except (ValueError, KeyError, TypeError):
            return _json(400, {"error": {"type": "invalid_request", "message": "source and amount are needed."}})
        if token == "tok_declined" and path == "/v1/charges":  # noqa: S105 - a name for a test card
            return _json(402, {"error": {"type": "card_error", "code": "card_declined", "message": "Declined."}})
        return _json(201, {"id": self._id("ch"), "amount": amount, "status": "succeeded"})

    async def _forward(self, request: Request, port: int, host: str) -> Response:
        headers = {name: value for name, value in request.headers.items() if name not in _HOP}
        answer = await wire.request(
            port, request.method, request.path, headers={**headers, "Host": host}, body=request.body
        )
        return Response(answer.status, answer.body, {"Content-Type": answer.headers.get("content-type", "text/plain")})

    def _id(self, kind: str) -> str:
        return f"{kind}_{self._random.getrandbits(64):016x}"


def _is_meant(fault: Mapping[str, Any], request: Request) -> bool:
    tenant = (fault.get("only") or {}).get("tenant")
    return not tenant or request.headers.get("x-tenant") == tenant


def _json(status: int, value: object) -> Response:
    return Response(status, json.dumps(value).encode(), {"Content-Type": "application/json"})
