"""The playground's page: what is wrong, the orders, scenarios to start and stop, and only by the page itself."""

import asyncio
import html
import json
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from mendline_playground import wire
from mendline_playground.cli import main
from mendline_playground.page import Page
from mendline_playground.scenario import OURS, load_folder

pytestmark = pytest.mark.anyio

ORDER = {"tenant": "birch", "customer": "birch-1", "items": [{"sku": "tea", "quantity": 1}], "card": "tok_visa"}


@pytest.fixture
async def page(playground) -> AsyncIterator[Callable[..., Any]]:
    """Asks the page: `page("GET", "/")`, `page("POST", "/start", scenario="…")` as its own forms do."""
    shown = Page(playground, load_folder(OURS), server="http://127.0.0.1:1")
    port = int((await shown.start()).rpartition(":")[2])

    async def ask(method: str, path: str, origin: str = f"http://127.0.0.1:{port}", host: str = "", **form: str):
        body = "&".join(f"{name}={value}" for name, value in form.items()).encode()
        headers = {"Origin": origin} if origin else {}
        return await wire.request(port, method, path, headers=headers | ({"Host": host} if host else {}), body=body)

    yield ask
    await playground.injector.close()
    await shown.close()


def text(answer: wire.Response) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", answer.body.decode()))


async def test_a_scenario_is_started_shown_and_stopped_by_hand(playground, page):
    assert "Nothing is wrong in the shop" in text(await page("GET", "/"))
    started = await page("POST", "/start", scenario="mail-provider-errors")
    assert (started.status, started.headers["location"]) == (303, "/")
    front = text(await page("GET", "/"))
    assert "Wrong now" in front
    assert "The mail provider refuses a third of the messages" in front
    assert "owner" not in front, "the truth is on another page"
    (run,) = playground.injector.running
    assert (await page("POST", "/start", scenario="mail-provider-errors")).status == 409
    assert (await page("POST", "/stop", run=str(run.number))).status == 303
    assert run.ended_s is not None
    assert "Lately" in text(await page("GET", "/"))


async def test_the_truth_is_told_to_whom_asks(page):
    told = text(await page("GET", "/scenarios/card-api-slow-one-tenant"))
    for word in ("resource_slow", "http/api.payfriend.example", "third_party", "birch", "1500ms", "only tenant birch"):
        assert word in told
    assert b'"third_party"' in (await page("GET", "/scenarios/card-api-slow-one-tenant.json")).body
    assert "false alarm" in text(await page("GET", "/scenarios/harmless-deployment"))


async def test_every_scenario_has_a_page_and_what_cannot_be_live_says_why(page):
    front = text(await page("GET", "/"))
    for scenario in load_folder(OURS):
        shown = await page("GET", f"/scenarios/{scenario.name}")
        assert (shown.status, scenario.title in text(shown)) == (200, True)
        assert scenario.title in front
    assert "The fault skew can only be played in model mode." in front


async def test_orders_add_up_on_the_page(playground, page):
    async def orders() -> dict[str, Any]:
        told = json.loads((await page("GET", "/index.json")).body)["orders"]
        assert told["is_exact"]
        return told

    before = await orders()  # other tests have lost some, which stay in flight
    assert (await playground.traffic.post_order(ORDER)).status == 202
    async with asyncio.timeout(30):
        while (now := await orders())["paid"] <= before["paid"]:
            pass
    assert now["placed"] > before["placed"]
    assert "It adds up." in text(await page("GET", "/"))


async def test_the_command_switches_the_version_that_serves(playground, capsys):
    shown = Page(playground, [])
    address = await shown.start()

    async def switch(*arguments: str, page: str = address) -> tuple[int, str]:
        status = await asyncio.to_thread(main, ["switch", *arguments, "--page", page])
        told = capsys.readouterr()
        return status, told.out + told.err

    assert await switch("stock", "2") == (0, "stock: version 2 serves\n")
    assert (await switch())[1].startswith("stock: version 2 serves; 0 calls were put aside\npayment: version 1 serves;")
    assert await switch("stock", "1") == (0, "stock: version 1 serves\n")
    for wrong in (("price", "2"), ("stock",), ("stock", "3")):
        assert (await switch(*wrong))[0] == 2
    await shown.close()
    assert (await switch())[0] == (await switch(page="nonsense"))[0] == 2


@pytest.mark.parametrize("origin", ["", "null", "http://evil.example", "http://127.0.0.1:1", "https://127.0.0.1"])
@pytest.mark.parametrize("path", ["/start", "/stop", "/switch"])
async def test_only_the_page_itself_changes_anything(playground, page, origin, path):
    answer = await page("POST", path, origin=origin, scenario="log-flood", run="1")
    assert (answer.status, playground.injector.running) == (403, [])


async def test_another_name_for_this_machine_is_refused(page):
    assert (await page("GET", "/", host="evil.example:80")).status == 403
    assert (await page("GET", "/", host="localhost:8002")).status == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/absent", 404),
        ("GET", "/scenarios/absent", 404),
        ("GET", "/scenarios/../../etc", 404),
        ("PUT", "/start", 405),
        ("POST", "/absent", 404),
        ("POST", "/start", 404),
        ("POST", "/stop", 404),
        ("POST", "/switch", 404),
        ("HEAD", "/", 200),
        ("GET", "/style.css", 200),
    ],
)
async def test_every_answer_is_plain_and_lets_nothing_in(page, method, path, status):
    answer = await page(method, path)
    assert answer.status == status
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert (answer.headers["x-content-type-options"], answer.headers["cache-control"]) == ("nosniff", "no-store")
    assert not re.search(rb"<script|<style|\sstyle=|\son\w+=|(src|href)=.https?://(?!127)", answer.body)


async def test_a_taken_port_is_replaced_by_a_free_one(playground):
    first, second = Page(playground, []), Page(playground, [])
    port = int((await first.start()).rpartition(":")[2])
    assert (await second.start(port)).rpartition(":")[2] not in ("0", str(port))
    for one in (first, second):
        await one.close()
