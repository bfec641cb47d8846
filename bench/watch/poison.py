"""A poison message in the running shop, taken out by our action: `.venv/bin/python bench/watch/poison.py`.

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


async def play(web: str, otlp: str, port: int) -> None:
    """The whole of it. Raises TimeoutError."""
    options = Options(otlp_endpoint=otlp, rate=0, retry_speed=10, emulator_port=port)
    async with Playground(options) as playground:
        sqs, url = playground.deployment.client("sqs"), playground.shop.queue_urls["payments"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": ""})

        async def order(number: int, currency: str) -> None:
            told = {"id": f"order-{number}", "tenant": "birch", "customer": "birch-0007", "card": "tok_visa",
                    "items": [{"sku": "tea", "quantity": 1}], "currency": currency}  # fmt: skip
            await playground.traffic.post_order(told)

        for number in range(3):
            await order(number, "XXX" if number == 1 else "EUR")

        def named(*but: str) -> str:
            found = ask(f"{web}/api/v1/findings?start=-15m")["findings"]
            ids = [name for it in found if it["what"] == "poison_record" and it["function"] == "payment"
                   for name in it["ids"] if name not in but]  # fmt: skip
            return ids[0] if ids else ""

        def waiting() -> int:
            names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
            told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
            return sum(map(int, told.values()))

        poison = await until("the record is named by its id", named)
        body = {"queue": "payments", "message_id": poison, "action": "remove"}
        done = await until(f"{poison} was taken out", lambda: ask(f"{web}/api/v1/removals", body))
        await until("the queue is empty", lambda: waiting() == 0)
        back = await asyncio.to_thread(ask, f"{web}/api/v1/removals/{done['number']}/undo", {})
        for number in range(3, 15):  # else nothing but this message would be worked on, and all of it fail
            await order(number, "EUR")
        await until(f"put back as {back['put_back_id']}, it fails again", lambda: named(poison) == back["put_back_id"])


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
