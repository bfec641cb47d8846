"""The third parties of the shop: payments, mail and exchange rates, with latency, failures and slow spells."""

import asyncio
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from mendline_playground.wire import HttpServer, Request, Response

HOST_NAMES = ("api.payfriend.example", "api.postbox.example", "rates.example")


@dataclass(frozen=True, slots=True)
class Manners:
    """How one third party behaves: log-normal latency around the median, failures, and slow spells.

    In a spell, which lasts `spell_s` out of every `spell_every_s`, latency is multiplied by `spell_factor`.
    """

    median_ms: float
    sigma: float = 0.35
    failure_rate: float = 0.0
    spell_every_s: float = 0.0
    spell_s: float = 0.0
    spell_factor: float = 1.0

    def latency_s(self, random_: random.Random, elapsed_s: float) -> float:
        """The latency of one answer."""
        latency_ms = self.median_ms * random_.lognormvariate(0.0, self.sigma)
        if self.spell_every_s and elapsed_s % self.spell_every_s > self.spell_every_s - self.spell_s:
            latency_ms *= self.spell_factor
        return latency_ms / 1000


CHARGE = Manners(45.0, 0.4, failure_rate=0.03, spell_every_s=90.0, spell_s=12.0, spell_factor=8.0)
MAIL = Manners(30.0, 0.5, failure_rate=0.02)
RATES = Manners(12.0, 0.3)


class ThirdParty:
    """One server that answers for all third parties, told apart by path."""

    def __init__(self, *, seed: int = 1) -> None:
        self._random = random.Random(seed)  # noqa: S311 - reproducible behaviour, no secrets
        self._server = HttpServer(self._handle)
        self._began = time.monotonic()
        self.port = 0

    async def start(self) -> int:
        """Listen on a free port and return it."""
        self.port = await self._server.start()
        return self.port

    async def close(self) -> None:
        """Stop listening."""
        await self._server.close()

    def name_table(self) -> str:
        """Where the functions find each third party's name: the value of PLAYGROUND_HOSTS."""
        return ",".join(f"{name}=127.0.0.1:{self.port}" for name in HOST_NAMES)

    async def _handle(self, request: Request) -> Response:
        match request.method, request.path.split("?")[0]:
            case "POST", "/v1/charges":
                return await self._answer(CHARGE, lambda: self._charge(request))
            case "POST", "/v1/messages":
                return await self._answer(MAIL, lambda: _json(202, {"id": self._id("msg"), "status": "queued"}))
            case "GET", "/latest":
                return await self._answer(RATES, lambda: _json(200, {"base": "EUR", "rates": {"USD": 1.09}}))
        return _json(404, {"error": {"type": "not_found", "message": f"Nothing at {request.path}."}})

    async def _answer(self, manners: Manners, make: Callable[[], Response]) -> Response:
        await asyncio.sleep(manners.latency_s(self._random, time.monotonic() - self._began))
        if self._random.random() < manners.failure_rate:
            return _json(503, {"error": {"type": "unavailable", "message": "Please try again."}})
        return make()

    def _charge(self, request: Request) -> Response:
        try:
            order = json.loads(request.body)
            token, amount = str(order["source"]), int(order["amount"])
        except (ValueError, KeyError, TypeError):
            return _json(400, {"error": {"type": "invalid_request", "message": "source and amount are needed."}})
        if token == "tok_declined":  # noqa: S105 - a name for a test card
            return _json(402, {"error": {"type": "card_error", "code": "card_declined", "message": "Declined."}})
        return _json(201, {"id": self._id("ch"), "amount": amount, "status": "succeeded"})

    def _id(self, kind: str) -> str:
        return f"{kind}_{self._random.getrandbits(64):016x}"


def _json(status: int, value: object) -> Response:
    return Response(status, json.dumps(value).encode(), {"Content-Type": "application/json"})
