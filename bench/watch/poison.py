"""A poison message in the running shop, taken out by our action, and a record that a stream is made to pass:
`.venv/bin/python bench/watch/poison.py`.

The shop's queue has no dead-letter queue, so that the message comes again for ever. It is named by its id among the
findings, taken out through the API, and the queue drains; put back, it fails again under its new id. Exit status 1
where one of these does not come to be within two minutes.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "ingest"))
from served import serving

from mendline_playground.playground import Options, Playground

WAIT_S = 120.0
SOURCE = '[[source]]\nname = "shop"\nregions = ["us-east-1"]\nendpoint_url = "http://127.0.0.1:{port}"\nlogs = "off"\n'


def ask(url: str, body: dict[str, Any] | None = None) -> Any:
    """The JSON of an answer; None where the server says no (a message is being worked on)."""
    sent = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, sent, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError:
        return None


async def until(words: str, condition: Callable[[], Any]) -> Any:
    """What it answers once it is true. Raises TimeoutError."""
    begun = time.monotonic()
    while not (found := await asyncio.to_thread(condition)):
        if time.monotonic() - begun > WAIT_S:
            raise TimeoutError(words)
        await asyncio.sleep(1)
    print(f"{words} (after {time.monotonic() - begun:.0f} s)", flush=True)
    return found


class Play:
    """The shop, and the server that watches it."""

    def __init__(self, web: str, playground: Playground) -> None:
        self.web, self.playground, self.placed = web, playground, 0

    async def orders(self, many: int, currency: str = "EUR") -> None:
        """Place some."""
        for _ in range(many):
            self.placed += 1
            told = {"id": f"order-{self.placed}", "tenant": "birch", "customer": "birch-0007", "card": "tok_visa",
                    "items": [{"sku": "tea", "quantity": 1}], "currency": currency}  # fmt: skip
            await self.playground.traffic.post_order(told)

    def named(self, function: str, *but: str) -> str:
        """The id of a record that fails at every try of a function; '' of none."""
        found = ask(f"{self.web}/api/v1/findings?start=-15m")["findings"]
        mine = [it for it in found if it["what"] == "poison_record" and it["function"] == function]
        return next((name for it in mine for name in it["ids"] if name not in but), "")

    async def queue(self) -> None:
        """A message of the queue of payments."""
        sqs, url = self.playground.deployment.client("sqs"), self.playground.shop.queue_urls["payments"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": ""})
        await self.orders(2)
        await self.orders(1, "XXX")

        def waiting() -> int:
            names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
            told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
            return sum(map(int, told.values()))

        poison = await until("the message is named by its id", lambda: self.named("payment"))
        body = {"queue": "payments", "message_id": poison, "action": "remove"}
        done = await until(f"{poison} was taken out", lambda: ask(f"{self.web}/api/v1/removals", body))
        await until("the queue is empty", lambda: waiting() == 0)
        back = await asyncio.to_thread(ask, f"{self.web}/api/v1/removals/{done['number']}/undo", {})
        again = back["put_back_id"]
        await self.orders(60)  # else nothing but this message would be worked on, and all of it fail
        await until(f"put back as {again}, it fails again", lambda: self.named("payment", poison) == again)

    async def stream(self) -> None:
        """A record of the stream of events, which blocks what comes after it."""
        kinesis = self.playground.deployment.client("kinesis")
        kinesis.put_record(StreamName="shop-events", PartitionKey="birch", Data=b"no JSON")
        poison = await until("the record is named by its id", lambda: self.named("analytics"))
        await self.orders(5)
        before = self.good()
        body = {"queue": "kinesis/shop-events", "function": "analytics", "message_id": poison, "action": "bisect"}
        done = await until(f"the stream may pass {poison}", lambda: ask(f"{self.web}/api/v1/removals", body))
        await until("the stream moves", lambda: self.good() > before)
        back = await asyncio.to_thread(ask, f"{self.web}/api/v1/removals/{done['number']}/undo", {})
        print(f"the mapping is as it was: {back['before']}")

    def good(self) -> int:
        """How many executions of analytics went well."""
        told = ask(f"{self.web}/api/v1/query?q=function:analytics+not+error+|+count()&start=-15m".replace("|", "%7C"))
        return int(told["rows"][0][0]) if told["rows"] else 0


async def play(web: str, otlp: str, port: int) -> None:
    """The whole of it. Raises TimeoutError."""
    options = Options(otlp_endpoint=otlp, rate=0, retry_speed=10, emulator_port=port)
    async with Playground(options) as playground:
        one = Play(web, playground)
        await one.stream()
        await one.queue()


def main() -> int:
    """Play it and say how it went."""
    os.environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    port = random.randrange(20_000, 30_000)  # none that others are given meanwhile
    with serving({"aws-sources": SOURCE.format(port=port)}) as server:
        try:
            asyncio.run(play(server.web, server.otlp, port))
        except TimeoutError as error:
            print(f"Not within {WAIT_S:.0f} s: {error}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
