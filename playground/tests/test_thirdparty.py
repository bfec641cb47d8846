"""The third parties answer at the latencies of the plan, misbehave at their rates, and bend to faults."""

import json
import time
from statistics import median

import pytest

from mendline_playground import wire
from mendline_playground.thirdparty import HOST_NAMES, ThirdParty
from mendline_playground.wire import HttpServer, Request, Response

pytestmark = pytest.mark.anyio


@pytest.fixture
async def party():
    running = ThirdParty(seed=1)
    await running.start()
    yield running
    await running.close()


async def ask(party, name, path, body=None, method="POST", tenant="birch"):
    headers = {"Host": name, "X-Tenant": tenant}
    return await wire.request(party.port, method, path, headers=headers, body=json.dumps(body or {}).encode())


CHARGES = [
    ({"source": "tok_visa", "amount": 5}, 201),
    ({"source": "tok_declined", "amount": 5}, 402),
    ({"amount": 5}, 400),
    ("nonsense", 400),
]


@pytest.mark.parametrize(("charge", "status"), CHARGES)
async def test_charge_is_answered_according_to_its_card(party, charge, status):
    answers = [(await ask(party, "api.payfriend.example", "/v1/charges", charge)).status for _ in range(3)]
    assert status in answers
    assert set(answers) <= {status, 503}


ANSWERS = [
    ("api.payfriend.example", "POST", "/v1/risk_checks", 201),
    ("api.postbox.example", "POST", "/v1/messages", 202),
    ("rates.example", "GET", "/latest", 200),
    ("search.example", "POST", "/bulk", 201),
    ("mail.shop.example", "POST", "/emails", 202),
    ("rates.example", "GET", "/nothing", 404),
    ("elsewhere.example", "GET", "/latest", 404),
]


@pytest.mark.parametrize(("name", "method", "path", "status"), ANSWERS)
async def test_each_name_has_its_own_answers(party, name, method, path, status):
    body = {"source": "tok_visa", "amount": 1}
    assert status in [(await ask(party, name, path, body, method)).status for _ in range(3)]


async def test_latency_has_the_median_of_the_plan(party):
    took = []
    for _ in range(15):
        began = time.perf_counter()
        await ask(party, "search.example", "/bulk")
        took.append(time.perf_counter() - began)
    assert median(took) > 0.012


@pytest.mark.parametrize(
    ("fault", "statuses"),
    [
        ({"fault": "fail", "resource": "http/api.payfriend.example", "status": 500}, {"birch": 500, "cedar": 500}),
        ({"fault": "fail", "resource": "http/api.payfriend.example/POST /v1/charges"}, {"birch": 201, "cedar": 201}),
        ({"fault": "fail", "resource": "http/api.payfriend.example", "only": {"tenant": "birch"}},
         {"birch": 503, "cedar": 201}),
        ({"fault": "fail", "resource": "http/api.payfriend.example", "share": 0.0}, {"birch": 201, "cedar": 201}),
        ({"fault": "fail", "resource": "http/rates.example"}, {"birch": 201, "cedar": 201}),
    ],
)  # fmt: skip
async def test_a_fault_meets_those_calls_that_are_meant(party, fault, statuses):
    party.faults = [fault]
    charge = {"source": "tok_visa", "amount": 1}
    found = {
        tenant: (await ask(party, "api.payfriend.example", "/v1/risk_checks", charge, tenant=tenant)).status
        for tenant in statuses
    }
    assert found == statuses


async def test_a_slow_third_party_takes_longer(party):
    party.faults = [{"fault": "slow", "resource": "http/rates.example", "add": 0.3}]
    began = time.perf_counter()
    await ask(party, "rates.example", "/latest", method="GET")
    assert time.perf_counter() - began > 0.3


async def test_what_comes_for_the_shops_own_domain_goes_on_to_its_api(party):
    asked: list[Request] = []

    async def api(request: Request) -> Response:
        asked.append(request)
        return Response(202, b"{}")

    server = HttpServer(api)
    party.serve_api(await server.start(), "abc.execute-api.localhost")
    answer = await ask(party, "mail.shop.example", "/emails", {"to": "a"})
    await server.close()
    assert answer.status == 202
    assert (asked[0].headers["host"], asked[0].headers["x-tenant"]) == ("abc.execute-api.localhost", "birch")
    assert json.loads(asked[0].body) == {"to": "a"}


async def test_every_name_is_in_the_table_for_functions(party):
    table = dict(entry.split("=") for entry in party.name_table().split(","))
    assert set(table) == set(HOST_NAMES)
    assert set(table.values()) == {f"127.0.0.1:{party.port}"}
