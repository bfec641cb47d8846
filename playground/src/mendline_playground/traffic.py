"""The shop's customers: orders with the shape of days and weeks, questions about orders, and new pictures."""

import asyncio
import json
import random
import time
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from mendline_playground import wire
from mendline_playground.model.shape import load_at
from mendline_playground.shop.plan import CURRENCIES, CUSTOMERS_OF_A_TENANT, PRICES, TENANTS, region_of

_IN_FLIGHT_LIMIT = 64
_COMPLAIN_EVERY_S = 30.0
_DECLINED = 0.03
_FIRST_GO_WELL = 5
_FIRST_ALONE_S = 1.5  # longer than messages wait to be taken together: its trace goes through from end to end
_FIRST_ANSWERED_S = 10.0


class Traffic:
    """Sends `rate` orders a second, in the mean of a week, to the shop's HTTP API until it is cancelled.

    `shop_s` is the shop's clock, which gives the hour. `shaped=False` keeps the rate the same at every hour. `faults`
    are those that are on: `traffic` and `payload` of docs/scenarios.md. `accepted` holds the ids answered 202.
    `open` is set once the first order was answered.
    """

    def __init__(
        self,
        *,
        port: int,
        api_id: str,
        rate: float,
        seed: int,
        shop_s: Callable[[], float] = time.time,
        shaped: bool = True,
        complain: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._port = port
        self._host = f"{api_id}.execute-api.localhost"
        self._rate = rate
        self._shop_s = shop_s
        self._shaped = shaped
        self._random = random.Random(seed)  # noqa: S311 - reproducible customers, no secrets
        self._complain = complain
        self._recent: deque[tuple[str, str]] = deque(maxlen=50)
        self._tasks: set[asyncio.Task[None]] = set()
        self._complained_at = 0.0
        self.open = asyncio.Event()
        self.faults: Sequence[Mapping[str, Any]] = ()
        self.answers: Counter[str] = Counter()
        self.accepted: deque[str] = deque(maxlen=20_000)
        self.accepted_in_all = 0

    @property
    def api_host(self) -> str:
        """The name of the API, as the emulator routes by it."""
        return self._host

    async def run(self) -> None:
        """Send requests at the rate, beginning at once; never returns by itself."""
        number = 0
        try:
            while True:
                self._start(self._send_order(self.next_order(number)))
                if self._recent:
                    self._start(self._ask(*self._random.choice(self._recent)))
                number += 1
                if number == 1:
                    await asyncio.wait(self._tasks, timeout=_FIRST_ANSWERED_S)  # by functions that are started for it
                    self.open.set()
                await asyncio.sleep(self._pause_s(number))
        finally:
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _pause_s(self, number: int) -> float:
        if number == 1:
            return _FIRST_ALONE_S
        rate = self._rate * (load_at(self._shop_s()) if self._shaped else 1.0)
        for fault in self.faults:
            if fault["fault"] == "traffic":
                rate *= float(fault["factor"])
        if number < _FIRST_GO_WELL:
            return min(1.0, 1 / rate)  # so that every function is seen soon
        return self._random.expovariate(rate)

    async def post_order(self, order: dict[str, object]) -> wire.Response:
        """Send one order and return the answer."""
        response = await self._request("POST", "/orders", str(order.get("tenant", "")), json.dumps(order).encode())
        if response.status == 202:
            self.accepted.append(json.loads(response.body)["id"])
            self.accepted_in_all += 1
        return response

    async def get_order(self, order_id: str, tenant: str = "") -> wire.Response:
        """Ask for one order."""
        return await self._request("GET", f"/orders/{order_id}", tenant)

    async def _request(self, method: str, path: str, tenant: str, body: bytes = b"") -> wire.Response:
        headers = {"Host": self._host, "Content-Type": "application/json", "User-Agent": "shop-customers/1"}
        if tenant:
            headers["X-Tenant"] = tenant
        return await wire.request(self._port, method, path, headers=headers, body=body)

    def next_order(self, number: int) -> dict[str, object]:
        """An order as customers make them; the first few go well."""
        chance = self._random
        tenant = chance.choices(list(TENANTS), list(TENANTS.values()))[0]
        skus = chance.choices(sorted(PRICES), k=chance.randint(1, 3))
        order: dict[str, Any] = {
            "tenant": tenant,
            "customer": f"{tenant}-{chance.randint(1, CUSTOMERS_OF_A_TENANT):04d}",
            "items": [{"sku": sku, "quantity": chance.randint(1, 4)} for sku in skus],
            "card": "tok_visa",
            "currency": chance.choices(list(CURRENCIES), list(CURRENCIES.values()))[0],
        }
        order["region"] = region_of(order["customer"])
        if number < _FIRST_GO_WELL:
            return order
        trouble = chance.random()
        if trouble < _DECLINED:
            order["card"] = "tok_declined"
        elif trouble < _DECLINED + 0.001:
            order["currency"] = "XXX"
        elif trouble < _DECLINED + 0.004:
            order["items"][0]["sku"] = "unobtainium"
        for fault in self.faults:
            if fault["fault"] == "payload" and chance.random() < float(fault.get("share", 1.0)):
                _change(order, fault)
        return order

    async def _send_order(self, order: dict[str, object]) -> None:
        response = await self.post_order(order)
        self._count("POST", response.status)
        if response.status == 202:
            self._recent.append((json.loads(response.body)["id"], str(order["tenant"])))

    async def _ask(self, order_id: str, tenant: str) -> None:
        self._count("GET", (await self.get_order(order_id, tenant)).status)

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


def _change(order: dict[str, Any], fault: Mapping[str, Any]) -> None:
    if fault.get("customer"):
        order["customer"] = str(fault["customer"])
        order["tenant"] = order["customer"].partition("-")[0]
        order["region"] = region_of(order["customer"])
    if fault.get("currency"):
        order["currency"] = fault["currency"]
    if fault.get("items"):
        order["items"] = [{"sku": order["items"][0]["sku"], "quantity": 1}] * int(fault["items"])
    if fault.get("item"):
        order["items"][0]["sku"] = fault["item"]
