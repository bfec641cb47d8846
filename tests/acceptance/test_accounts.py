"""Accounting is exact: what was placed was paid, refused or poisoned, and the server's traces say the same, by id."""

from __future__ import annotations

import asyncio

import pytest
from waiting import eventually

from mendline_playground.emulator import ministack_python
from mendline_playground.emulator.server import MinistackError
from mendline_playground.playground import Options, Playground
from mendline_playground.shop.accounts import read_accounts

KINDS = ["good"] * 8 + ["declined"] * 2 + ["poison"] * 2


def _order(number: int, kind: str) -> dict[str, object]:
    return {
        "id": f"order-{number}",
        "tenant": "birch",
        "customer": "birch-0007",
        "items": [{"sku": "tea", "quantity": 1}],
        "card": "tok_declined" if kind == "declined" else "tok_visa",
        "currency": "XXX" if kind == "poison" else "EUR",
    }


async def _run(otlp: str):
    """Place the orders one after the other, wait until none is in flight, and answer the shop's accounts."""
    async with Playground(Options(otlp_endpoint=otlp, rate=0, retry_speed=5)) as playground:
        for number, kind in enumerate(KINDS):
            assert (await playground.traffic.post_order(_order(number, kind))).status == 202
        async with asyncio.timeout(100):
            while True:
                arguments = (playground.deployment, playground.shop, list(playground.traffic.accepted))
                accounts = await asyncio.to_thread(read_accounts, *arguments)
                if not accounts.in_flight:
                    return accounts


@pytest.mark.thorough
@pytest.mark.timeout(240)
def test_orders_placed_are_paid_refused_or_poisoned_and_the_traces_say_the_same(start_server):
    try:
        ministack_python()
    except MinistackError as error:
        pytest.skip(str(error))
    server = start_server()
    accounts = asyncio.run(_run(server.otlp))
    by_kind = {kind: {f"order-{n}" for n, other in enumerate(KINDS) if other == kind} for kind in set(KINDS)}
    assert accounts.placed == accounts.paid | accounts.refused | accounts.poisoned
    assert (accounts.refused, accounts.poisoned) == (by_kind["declined"], by_kind["poison"])
    assert accounts.paid == by_kind["good"]
    eventually(lambda: _told(server) == (accounts.placed, accounts.paid, accounts.refused, accounts.poisoned), 30)


def _told(server):
    """Orders placed, paid, refused and poisoned, from the traces that the server has."""
    placed, paid, refused, tried = set(), set(), set(), set()
    for summary in server.get_json("/traces.json?start=-15m")["traces"]:
        spans = server.get_json(f"/api/v1/traces/{summary['trace_id']}")["spans"]
        orders = {span["span_id"]: span["attributes"].get("order.id") for span in spans}
        for span in spans:
            status = span["attributes"].get("http.response.status_code")
            if span["function"] == "checkout" and orders[span["span_id"]] and status == "202":
                placed.add(orders[span["span_id"]])
            if span["function"] == "payment" and orders[span["span_id"]]:
                tried.add(orders[span["span_id"]])
            if span["operation"] == "POST /v1/charges":
                {"201": paid, "402": refused}.get(status, set()).add(orders[span["parent_id"]])
    return placed, paid, refused, tried - paid - refused
