"""What scenarios inject happens in the running shop, and is undone when they end."""

import asyncio
import json
import time
from collections.abc import Callable, Collection
from typing import Any

import pytest
import yaml
from needed import ORDER

from mendline_playground.live import Rotation
from mendline_playground.live.injector import timeline
from mendline_playground.live.tables import Active, tables
from mendline_playground.playground import Playground
from mendline_playground.scenario import OURS, Scenario, ScenarioError, load_folder, load_scenario
from mendline_playground.shop.accounts import read_later
from mendline_playground.shop.plan import FUNCTIONS, SECOND_VERSIONS
from mendline_playground.sources.flow import Flow

HEAD = {"title": "A title", "kind": "none", "modes": ["live"], "truth": {"detected": False}}
WRONG = {"kind": "load", "truth": {"detected": True, "cause": {"function": "checkout", "owner": "load"}}}


@pytest.fixture
def scenario(tmp_path) -> Callable[..., Scenario]:
    """Makes a scenario from the text of each of its injections."""

    def make(*inject: str, name: str = "shown", detected: bool = False) -> Scenario:
        path = tmp_path / f"{name}.yaml"
        head = HEAD | (WRONG if detected else {})
        path.write_text(yaml.safe_dump(head) + "inject:\n" + "".join(f"  - {{{one}}}\n" for one in inject))
        return load_scenario(path)

    return make


@pytest.fixture
async def play(playground, scenario):
    """Starts a scenario of some injections; whatever a test started has ended after it, and left nothing."""

    def start(*inject: str):
        return playground.injector.start(scenario(*inject), during_s=60)

    yield start
    await playground.injector.close()
    assert (json.loads(playground.flags_path.read_text()), playground.third_party.faults) == ({}, [])
    assert (playground.traffic.faults, playground.mappings.flow.limits) == ([], {})


async def until(playground: Playground, good: Callable[[], Any], order: dict[str, Any] = ORDER) -> Any:
    """Place orders until something is true."""
    async with asyncio.timeout(20):
        while not (value := good()):
            await playground.traffic.post_order(order)
    return value


async def status_of(playground: Playground, order_id: str) -> str:
    answer = await playground.traffic.get_order(order_id)
    return json.loads(answer.body)["status"] if answer.status == 200 else "unknown"


async def until_status(playground: Playground, order_id: str, *wanted: str) -> None:
    async with asyncio.timeout(20):
        while await status_of(playground, order_id) not in wanted:
            pass


AT_ORDERS = {
    "a third party is down": ("fault: fail, resource: http/api.payfriend.example", "payment", "answered 503"),
    "AWS refuses": ("fault: fail, resource: dynamodb/orders/PutItem, status: 500", "order-writer", "(Internal"),
    "a function raises": ("fault: raise, function: price, error: KeyError", "price", "KeyError"),
    "a message is poison": ("fault: poison, function: payment, message: bad", "payment", "[ERROR] ValueError: bad"),
    "a caller gives up": (
        "fault: give_up, function: checkout, resource: lambda/price/Invoke, after: 1ms", "checkout", "ReadTimeout"),
    "slow code meets a short timeout": (
        "fault: configure, function: price, timeout: 1s | fault: slow, function: price, add: 1100ms",
        "price",
        "timed out",
    ),
    "memory leaks": ("fault: leak, function: payment, each: 300MB", "payment", "signal: killed"),
    "logs are flooded": ("fault: log, function: price, lines: 40", "price", "rule 36 does not apply"),
    "junk floods a stream": ("fault: flood, function: analytics, per_second: 50", "analytics", "REPORT"),
}  # fmt: skip


@pytest.mark.thorough
@pytest.mark.anyio
@pytest.mark.parametrize(("inject", "function", "says"), AT_ORDERS.values(), ids=AT_ORDERS)
async def test_what_is_injected_is_seen_in_the_logs_of_its_function(playground, play, since, inject, function, says):
    run = play(*inject.split(" | "))
    await until(playground, lambda: since(function, says))
    await playground.injector.stop(run)
    assert not run.problem


@pytest.mark.thorough
@pytest.mark.anyio
async def test_a_deployed_version_fails_alone_and_is_rolled_back(playground, play, since, aws):
    run = play("fault: deploy, function: price, version: '2'", "fault: raise, function: price, only: {version: '2'}")
    await until(playground, lambda: since("price", "[ERROR] ValueError"))
    version = run.versions["2"]
    alias = await aws("lambda", "get_alias", FunctionName="price", Name="live")
    assert alias["FunctionVersion"] == version != "1"
    assert f"Version: {version}" in since("price", "START")[-1]

    await playground.injector.stop(run)
    assert (await aws("lambda", "get_alias", FunctionName="price", Name="live"))["FunctionVersion"] == "1"
    assert (await playground.traffic.post_order(ORDER)).status == 202


@pytest.mark.thorough
@pytest.mark.anyio
async def test_a_canary_gets_its_share(playground, play, since):
    run = play("fault: deploy, function: price, version: '2', share: 0.5")
    async with asyncio.timeout(20):
        while not run.versions:
            await playground.traffic.post_order(ORDER)
    await until(playground, lambda: since("price", "START") and since("price", f"Version: {run.versions['2']}"))
    await until(playground, lambda: since("price", "Version: 1"))


@pytest.mark.thorough
@pytest.mark.anyio
async def test_the_second_versions_serve_where_the_first_break_and_make_up_for_it_once(playground, play, since, aws):
    async def left() -> int:
        found = await aws("dynamodb", "get_item", TableName="stock", Key={"sku": {"S": "tea"}}, ConsistentRead=True)
        return int(found["Item"]["quantity"]["N"])

    async def put_aside() -> Collection[int]:
        return (await asyncio.to_thread(read_later, playground.deployment, playground.shop)).values()

    before, versions = await left(), playground.injector.versions
    run = play(
        "fault: deny, resource: dynamodb/stock, function: stock", "fault: fail, resource: http/api.payfriend.example"
    )
    await until(playground, lambda: since("stock", "AccessDeniedException"))
    assert (await playground.traffic.post_order(ORDER)).status == 502
    try:
        for name in SECOND_VERSIONS:
            await versions.switch(name, "2")
        assert (await playground.traffic.post_order({**ORDER, "id": "later"})).status == 202
        async with asyncio.timeout(20):
            while not all(await put_aside()):  # a payment of an earlier test may be among them
                pass
        await until_status(playground, "later", "placed")
        assert await left() == before
        await playground.injector.stop(run)
        async with asyncio.timeout(40):
            while any(await put_aside()):
                pass
        await until_status(playground, "later", "paid")
        assert await left() == before - 2
        again = {"id": "2", "call": "reserve", "args": ["later", {"tea": 2, "mug": 1}], "kwargs": {}}
        event = {"Records": [{"messageId": "m", "body": json.dumps(again)}]}
        replayed = await playground.host.invoke("stock:2", json.dumps(event).encode())
        assert (json.loads(replayed.payload), await left()) == ({"batchItemFailures": []}, before - 2)
    finally:
        for name in SECOND_VERSIONS:
            await versions.switch(name, "1")


@pytest.mark.thorough
@pytest.mark.anyio
async def test_a_stopped_consumer_keeps_its_messages_for_later(playground, play, eventually):
    run = play("fault: stop, function: order-writer")
    await eventually(lambda: "order-writer" not in [mapping.function for mapping in playground.mappings.active])
    await playground.traffic.post_order({**ORDER, "id": "waits"})
    assert await status_of(playground, "waits") == "unknown"
    await playground.injector.stop(run)
    await until_status(playground, "waits", "paid")


@pytest.mark.thorough
@pytest.mark.anyio
async def test_swallowed_orders_are_taken_from_the_queue_and_written_nowhere(playground, play, since, aws):
    run = play("fault: swallow, function: order-writer")
    async with asyncio.timeout(20):
        while not json.loads(playground.flags_path.read_text()):
            await asyncio.sleep(0)
    await until(playground, lambda: len(since("order-writer", "REPORT")) > 1)  # the flag is seen within half a second
    await playground.traffic.post_order({**ORDER, "id": "swallowed"})
    before = len(since("order-writer", "REPORT"))
    await until(playground, lambda: len(since("order-writer", "REPORT")) > before + 1)
    assert await status_of(playground, "swallowed") == "unknown"
    await playground.injector.stop(run)


@pytest.mark.thorough
@pytest.mark.anyio
async def test_an_order_that_goes_round_is_written_once_and_paid(playground, play, since):
    run = play("fault: loop, function: order-writer, times: 5, every: 0s")
    await until(playground, lambda: since("order-writer", "REPORT"))
    await playground.traffic.post_order({**ORDER, "id": "round"})
    await until_status(playground, "round", "paid")
    async with asyncio.timeout(20):
        while len(since("order-writer", "REPORT")) < 6:
            await status_of(playground, "round")
    assert await status_of(playground, "round") == "paid"
    await playground.injector.stop(run)


@pytest.mark.thorough
@pytest.mark.anyio
async def test_chilled_functions_begin_anew_each_time(playground, play, since):
    play("fault: cold, function: stock")
    await until(playground, lambda: len(since("stock", "Init Duration")) >= 2)


@pytest.mark.thorough
@pytest.mark.anyio
async def test_a_slow_third_party_is_slow_for_one_tenant_only(playground, play, eventually):
    run = play("fault: slow, resource: http/api.payfriend.example, add: 400ms, only: {tenant: birch}")
    await eventually(lambda: playground.third_party.faults)

    async def took_s(tenant: str) -> float:
        began = time.monotonic()
        await playground.traffic.post_order({**ORDER, "tenant": tenant, "id": f"slow-{tenant}"})
        await until_status(playground, f"slow-{tenant}", "paid")
        return time.monotonic() - began

    assert await took_s("birch") > 0.8  # a risk check and a charge
    assert run.ended_s is None


REVERSIBLE = {
    "deny": (
        "fault: deny, resource: dynamodb/orders/PutItem, function: order-writer",
        ("iam", "get_role_policy", {"RoleName": "shop-order-writer", "PolicyName": "shop"}),
        lambda told: "PutItem" in json.dumps(told["PolicyDocument"]),
    ),
    "redrive": (
        "fault: configure, queue: payments, redrive: none",
        ("sqs", "get_queue_attributes", {"QueueUrl": "payments", "AttributeNames": ["All"]}),
        lambda told: "RedrivePolicy" in told["Attributes"],
    ),
    "subscription": (
        "fault: stop, function: notify",
        ("sns", "list_subscriptions", {}),
        lambda told: any("notify" in one["Endpoint"] for one in told["Subscriptions"]),
    ),
    "memory": (
        "fault: configure, function: report, memory: 192MB",
        ("lambda", "get_function_configuration", {"FunctionName": "report"}),
        lambda told: told["MemorySize"] == FUNCTIONS["report"].memory_mb,
    ),
    "change": (
        "fault: change, function: report",
        ("lambda", "get_function_configuration", {"FunctionName": "report"}),
        lambda told: "LOG_FORMAT" not in told["Environment"]["Variables"],
    ),
}  # fmt: skip


@pytest.mark.thorough
@pytest.mark.anyio
@pytest.mark.parametrize(("inject", "read", "is_usual"), REVERSIBLE.values(), ids=REVERSIBLE)
async def test_what_a_scenario_changes_in_aws_is_there_again_afterwards(playground, play, aws, inject, read, is_usual):
    service, operation, parameters = read
    if "QueueUrl" in parameters:
        parameters = {**parameters, "QueueUrl": playground.shop.queue_urls[parameters["QueueUrl"]]}
    assert is_usual(await aws(service, operation, **parameters))
    run = play(inject)
    async with asyncio.timeout(20):
        while is_usual(await aws(service, operation, **parameters)):
            assert not run.problem
    await playground.injector.stop(run)
    assert is_usual(await aws(service, operation, **parameters))


@pytest.mark.anyio
async def test_a_run_ends_by_itself_and_a_scenario_is_played_once_at_a_time(playground, play, scenario):
    shown = scenario("fault: traffic, factor: 3", name="again")
    run = playground.injector.start(shown, during_s=0.2)
    with pytest.raises(ValueError, match="it is being played"):
        playground.injector.start(shown)
    await asyncio.wait_for(run.ended.wait(), 10)
    assert run.ended_s >= run.ends_s
    assert (playground.traffic.faults, playground.injector.running) == ([], [])


@pytest.mark.anyio
async def test_what_cannot_be_played_says_why_and_ends(playground, play, monkeypatch):
    monkeypatch.setitem(playground.shop.queue_urls, "payments", "http://localhost/000000000000/absent")
    run = play("fault: configure, queue: payments, redrive: none")
    await asyncio.wait_for(run.ended.wait(), 10)
    assert "NonExistentQueue" in run.problem


@pytest.mark.anyio
async def test_the_rotation_starts_one_after_the_other_and_never_beside_another(playground, play, scenario):
    moment = 1000.0
    ours = [
        scenario("fault: traffic, factor: 3", name=name, detected=name != "calm") for name in ("one", "two", "calm")
    ]
    rotation = Rotation(playground.injector, ours, 480, first_after_s=90, now=lambda: moment)
    rotation.look()
    assert (rotation.next_s, playground.injector.running) == (1090, [])
    seen = []
    for _ in range(4):
        moment = rotation.next_s
        rotation.look()
        (run,) = playground.injector.running
        moment = rotation.next_s
        rotation.look()
        assert (playground.injector.running, run.by) == ([run], "rotation")
        seen.append(run.scenario.name)
        await playground.injector.stop(run)
    assert sorted(seen[:2]) == sorted(seen[2:]) == ["one", "two"], "each once a round, and no quiet control"


@pytest.mark.parametrize(
    ("inject", "because"),
    [
        ("fault: skew, function: price, by: 90s", "only be played in model mode"),
        ("fault: slow, resource: dynamodb/orders, add: 1s, only: {tenant: birch}", "leave only away"),
        ("fault: slow, resource: http/search.example, add: 1s, only: {item: tea}", "only.tenant"),
        ("fault: raise, function: email", "Node.js"),
        ("fault: raise, function: price, most: 1", "leave most away"),
        ("fault: raise, function: checkout, only: {route: GET}", "leave only.route away"),
        ("fault: retry, function: payment, resource: dynamodb/orders, times: 3", "only payment can do that"),
        ("fault: swallow, function: payment", "only order-writer and analytics"),
        ("fault: deploy, function: checkout, version: '2', share: 0.1", "leave share away"),
        ("fault: lose, function: notify", "no poller"),
        ("fault: throttle, resource: http/search.example", "only AWS can throttle"),
        ("fault: fail, resource: dynamodb/orders, status: 0", "give a status"),
        ("fault: deny, resource: dynamodb/orders, function: payment, ramp: 5m", "leave ramp away"),
    ],
)
def test_what_the_shop_cannot_have_is_refused_when_the_file_is_read(scenario, inject, because):
    with pytest.raises(ScenarioError) as refused:
        scenario(inject)
    assert because in str(refused.value)


def test_most_of_ours_can_be_played_live():
    live = [one for one in load_folder(OURS) if "live" in one.modes]
    assert len(live) >= 30
    assert all(timeline(one)[0][1] == 0 for one in live), "something is on at once"


def test_injections_keep_their_distances_and_what_is_past_is_left_out(scenario):
    shown = scenario(
        "fault: traffic, factor: 2, at: -1d, for: 2h",
        "fault: traffic, factor: 3, at: 10m",
        "fault: traffic, factor: 4, at: 12m",
    )
    assert [(one.number("factor"), wait_s) for one, wait_s in timeline(shown)] == [(3, 0), (4, 120)]


def test_what_grows_grows_in_its_factor_and_what_waits_for_a_version_waits(scenario):
    slow, raised = scenario(
        "fault: slow, resource: http/search.example, factor: 3, add: 100ms, ramp: 5m",
        "fault: raise, function: price, only: {version: '2'}",
    ).injections
    told = tables([Active(slow, 0.5), Active(raised)])
    assert (told.third_parties[0]["factor"], told.third_parties[0]["add"], told.flags) == (2, 0.05, {})
    told = tables([Active(raised, 1.0, {"2": "7"})])
    assert told.flags["price"][0]["only"] == {"version": "7"}


def test_a_limited_flow_pauses_and_a_leaking_one_loses_its_share():
    flow = Flow()
    assert (flow.pause_s("payment", 3), flow.keep("payment", [1, 2])) == (0, [1, 2])
    flow.limits, flow.losses = {"payment": 0.5}, {"analytics": 0.25}
    assert (flow.pause_s("payment", 3), flow.pause_s("analytics", 3)) == (6, 0)
    assert 700 < len(flow.keep("analytics", range(1000))) < 800


@pytest.mark.thorough
@pytest.mark.anyio
async def test_messages_that_vanish_are_gone_and_never_processed(playground, play, since, eventually):
    run = play("fault: lose, function: payment")
    await eventually(lambda: playground.mappings.flow.losses)
    await playground.traffic.post_order({**ORDER, "id": "vanishes"})
    await until_status(playground, "vanishes", "placed")
    queue_url = playground.shop.queue_urls["payments"]
    async with asyncio.timeout(20):
        while await _depth(playground, queue_url):
            pass
    await playground.injector.stop(run)
    assert await status_of(playground, "vanishes") == "placed"
    assert not since("payment", "vanishes")


async def _depth(playground: Playground, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    client = playground.deployment.client("sqs")
    told = await asyncio.to_thread(client.get_queue_attributes, QueueUrl=url, AttributeNames=names)
    return sum(int(told["Attributes"][name]) for name in names)
