"""Steady, seeded customers of the shop: orders, a few of them troublesome, and questions about orders."""

import asyncio
import json
import random
import time
from collections import Counter, deque
from collections.abc import Callable, Coroutine

from mendline_playground import wire
from mendline_playground.shop.deploy import STOCK

_CUSTOMERS = ("ada", "bela", "chidi", "dana", "emre", "freya", "goran", "hanako")
_IN_FLIGHT_LIMIT = 32
_COMPLAIN_EVERY_S = 30.0


class Traffic:
    """Sends `rate` orders a second to the shop's HTTP API until it is cancelled.

    About 3 % of the cards are declined, 2 % of the orders are poison for the payment function and 1 % name an
    unknown item. Half of the orders are asked about a little later.
    """

    def __init__(
        self,
        *,
        port: int,
        api_id: str,
        rate: float,
        seed: int,
        complain: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._port = port
        self._host = f"{api_id}.execute-api.localhost"
        self._rate = rate
        self._random = random.Random(seed)  # noqa: S311 - reproducible customers, no secrets
        self._complain = complain
        self._recent: deque[str] = deque(maxlen=50)
        self._tasks: set[asyncio.Task[None]] = set()
        self._complained_at = 0.0
        self.answers: Counter[str] = Counter()

    async def run(self) -> None:
        """Send requests at the rate, beginning at once; never returns by itself."""
        number = 0
        began = time.monotonic()
        try:
            while True:
                self._start(self._send_order(self._next_order(number)))
                if self._recent and self._random.random() < 0.5:
                    self._start(self._ask(self._random.choice(self._recent)))
                number += 1
                await asyncio.sleep(max(0.0, began + number / self._rate - time.monotonic()))
        finally:
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def post_order(self, order: dict[str, object]) -> wire.Response:
        """Send one order and return the answer."""
        body = json.dumps(order).encode()
        return await self._request("POST", "/orders", body)

    async def get_order(self, order_id: str) -> wire.Response:
        """Ask for one order."""
        return await self._request("GET", f"/orders/{order_id}")

    async def _request(self, method: str, path: str, body: bytes = b"") -> wire.Response:
        headers = {"Host": self._host, "Content-Type": "application/json", "User-Agent": "shop-customers/1"}
        return await wire.request(self._port, method, path, headers=headers, body=body)

    def _next_order(self, number: int) -> dict[str, object]:
        skus = self._random.sample(sorted(STOCK), self._random.randint(1, 3))
        customer = self._random.choice(_CUSTOMERS)
        order: dict[str, object] = {
            "customer": customer,
            "email": f"{customer}@example.org",
            "items": [{"sku": sku, "quantity": self._random.randint(1, 4)} for sku in skus],
            "card": "tok_visa",
            "currency": "EUR",
        }
        trouble = self._random.random()
        if number < 5:
            return order  # the first ones go well, so that every function is seen soon
        if trouble < 0.03:
            order["card"] = "tok_declined"
        elif trouble < 0.05:
            order["currency"] = "XXX"
        elif trouble < 0.06:
            order["items"] = [{"sku": "unobtainium", "quantity": 1}]
        return order

    async def _send_order(self, order: dict[str, object]) -> None:
        response = await self.post_order(order)
        self._count("POST", response.status)
        if response.status == 202:
            self._recent.append(json.loads(response.body)["id"])

    async def _ask(self, order_id: str) -> None:
        self._count("GET", (await self.get_order(order_id)).status)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        if len(self._tasks) >= _IN_FLIGHT_LIMIT:
            work.close()
            self._count("skipped", 0)
            return
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            self.answers["failed"] += 1
            self._report(f"a request to the shop failed: {error!r}")

    def _count(self, kind: str, status: int) -> None:
        self.answers[f"{kind} {status}" if status else kind] += 1
        if kind == "skipped":
            self._report("the shop is too slow for this rate; a request was left out")

    def _report(self, text: str) -> None:
        now = time.monotonic()
        if now - self._complained_at >= _COMPLAIN_EVERY_S:
            self._complained_at = now
            self._complain(f"{text} (so far: {dict(self.answers)})")
