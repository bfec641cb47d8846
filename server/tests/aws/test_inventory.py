"""Configuration read from a real emulator: everything is seen once, every change is found, restarts invent nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from aws import shop
from aws.local_aws import REGION

from mendline.aws import inventory
from mendline.aws.sources import Source
from mendline.errors import SpoolFullError

SEEN, CHANGED = "mendline.configuration", "mendline.configuration.changed"


def test_everything_is_seen_with_its_configuration(clients, readers, inbox):
    shop.whole_shop(clients)
    readers.pass_once()
    assert not [sentence for sentence in readers.status() if "fails" in sentence or "rejected" in sentence]
    seen = {event.thing: event for event in inbox.events(SEEN)}
    assert sorted(seen) == ["checkout", "clicks", "orders", "orders-dlq", "orders-table"]
    function = seen["checkout"]
    assert function.resource == {
        "cloud.provider": "aws",
        "cloud.platform": "aws_lambda",
        "cloud.account.id": "000000000000",
        "cloud.region": REGION,
        "cloud.resource_id": f"arn:aws:lambda:{REGION}:000000000000:function:checkout",
        "service.name": "checkout",
        "faas.name": "checkout",
        "faas.version": "$LATEST",
    }
    expected = {"memory_mb": 256, "timeout_s": 5, "environment": ["DB_PASSWORD"], "tags": {"team": "pay"}}
    assert expected.items() <= function.body.items()
    assert function.body["role_permissions"] == ["Allow dynamodb:PutItem on *", "Allow sqs:SendMessage on *"]
    assert function.body["event_sources"][0]["batch_size"] == 5
    assert seen["orders"].resource["mendline.resource.type"] == "sqs"
    assert seen["orders"].body["dead_letter_queue"] == seen["orders-dlq"].body["arn"]
    assert seen["orders-dlq"].body["dead_letter_of"] == ["orders"]
    assert seen["clicks"].body["shards"] == 1
    assert seen["orders-table"].body["stream_view"] == "NEW_IMAGE"
    assert {event.attributes["mendline.configuration.reason"] for event in seen.values()} == {"first_seen"}


def test_values_of_variables_are_nowhere(clients, readers, inbox, tmp_path):
    shop.function(clients)
    readers.pass_once()
    kept = [path.read_bytes() for path in tmp_path.rglob("*.json")]
    assert kept
    assert not [text for text in [*kept, *(export.body for export in inbox.exports)] if b"hunter2" in text]


def test_a_pass_without_change_says_nothing(clients, readers, inbox, clock):
    shop.whole_shop(clients)
    readers.pass_once()
    inbox.clear()
    for _ in range(3):
        clock.move(minutes=20)  # so that details are read again too
        readers.pass_once()
    assert not inbox.exports


def _update(**change):
    return lambda clients: clients("lambda").update_function_configuration(FunctionName="checkout", **change)


def _add_layer(clients):
    clients("lambda").publish_layer_version(LayerName="agent", Content={"ZipFile": shop.zipped()})
    _update(Layers=["arn:aws:lambda:eu-central-1:000000000000:layer:agent:1"])(clients)


def _new_code(clients):
    clients("lambda").update_function_code(FunctionName="checkout", ZipFile=shop.zipped("x = 1"))


def _publish(clients):
    version = clients("lambda").publish_version(FunctionName="checkout")["Version"]
    clients("lambda").create_alias(FunctionName="checkout", Name="live", FunctionVersion=version)


def _reserve(clients):
    clients("lambda").put_function_concurrency(FunctionName="checkout", ReservedConcurrentExecutions=3)


def _retry_less(clients):
    clients("lambda").put_function_event_invoke_config(FunctionName="checkout", MaximumRetryAttempts=0)


def _take_permission(clients):
    clients("iam").put_role_policy(
        RoleName="role-of-checkout", PolicyName="own", PolicyDocument=shop.policy("sqs:SendMessage")
    )


def _let_invoke(clients):
    clients("lambda").add_permission(
        FunctionName="checkout", StatementId="sns", Action="lambda:InvokeFunction", Principal="sns.amazonaws.com"
    )


def _connect(clients):
    clients("lambda").create_event_source_mapping(
        FunctionName="checkout", EventSourceArn=shop.queue(clients, "orders"), BatchSize=7, Enabled=False
    )


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("act", "kind", "before", "after"),
    [
        (_update(MemorySize=512), "memory", {"memory_mb": 256}, {"memory_mb": 512}),
        (_update(Timeout=60), "timeout", {"timeout_s": 5}, {"timeout_s": 60}),
        (_update(Runtime="python3.12"), "runtime", {"runtime": "python3.11"}, {"runtime": "python3.12"}),
        (
            _update(Environment={"Variables": {"DB_PASSWORD": "other-other", "NEW": "1"}}),
            "environment",
            {"environment": {"DB_PASSWORD": "a value"}},
            {"environment": {"DB_PASSWORD": "another value", "NEW": "set"}},
        ),
        (
            _add_layer,
            "layers",
            {"layers": []},
            {"layers": ["arn:aws:lambda:eu-central-1:000000000000:layer:agent:1"]},
        ),
        (_new_code, "deployment", None, None),
        (
            _publish,
            "deployment",
            {"aliases": {}, "version": None},
            {"aliases": {"live": {"version": "1", "weights": {}}}, "version": "1"},
        ),
        (_reserve, "concurrency", {"reserved_concurrency": None}, {"reserved_concurrency": 3}),
        (_retry_less, "other", {"async": {}}, None),
        (
            _take_permission,
            "permission",
            {"role_permissions": ["Allow dynamodb:PutItem on *"]},
            {"role_permissions": []},
        ),
        (_let_invoke, "permission", {"invoke_permissions": []}, None),
        (_connect, "event_source", {"event_sources": []}, None),
    ],
)
def test_a_change_of_a_function_is_found_once(clients, readers, inbox, clock, act, kind, before, after):
    shop.function(clients)
    readers.pass_once()
    inbox.clear()
    act(clients)
    clock.move(minutes=20)
    readers.pass_once()
    [(thing, change)] = inbox.changes()
    assert (thing, change[0]) == ("checkout", kind)
    assert before is None or change[1] == before
    assert after is None or change[2] == after
    [again] = [event for event in inbox.events(SEEN) if event.thing == "checkout"]
    assert again.attributes["mendline.configuration.reason"] == "changed"
    inbox.clear()
    readers.pass_once()
    assert not inbox.events()


def test_changes_of_queues_and_streams_are_found(clients, readers, inbox, clock):
    shop.whole_shop(clients)
    readers.pass_once()
    inbox.clear()
    sqs = clients("sqs")
    url = sqs.get_queue_url(QueueName="orders")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "2", "RedrivePolicy": ""})
    clients("kinesis").increase_stream_retention_period(StreamName="clicks", RetentionPeriodHours=48)
    clock.move(minutes=20)
    readers.pass_once()
    found = {(thing, kind): (before, after) for thing, (kind, before, after) in inbox.changes()}
    assert found[("orders", "timeout")] == ({"visibility_timeout_s": 30}, {"visibility_timeout_s": 2})
    assert found[("orders", "other")][1] == {"dead_letter_queue": None, "max_receives": None}
    assert found[("clicks", "other")] == ({"retention_h": 24}, {"retention_h": 48})


def test_a_change_of_a_function_is_dated_by_aws(clients, readers, inbox, clock):
    shop.function(clients)
    readers.pass_once()
    told = clients("lambda").update_function_configuration(FunctionName="checkout", MemorySize=512)["LastModified"]
    clock.move(hours=1)
    readers.pass_once()
    [event] = inbox.events(CHANGED)
    when = datetime.fromisoformat(told).astimezone(UTC)
    assert abs(event.time_ns / 1e9 - when.timestamp()) < 0.002
    assert event.time_ns / 1e9 < clock.now().timestamp() - 3000


def test_a_change_that_aws_does_not_date_is_dated_when_it_is_seen(clients, readers, inbox, clock):
    shop.function(clients)
    clients("lambda").publish_version(FunctionName="checkout")
    readers.pass_once()
    clients("lambda").create_alias(FunctionName="checkout", Name="live", FunctionVersion="1")
    clock.move(hours=1)
    readers.pass_once()
    [event] = inbox.events(CHANGED)
    assert event.change[0] == "deployment"
    assert event.time_ns == int(clock.now().timestamp()) * 10**9


def test_what_is_deleted_is_said_once(clients, readers, inbox):
    shop.function(clients)
    readers.pass_once()
    inbox.clear()
    clients("lambda").delete_function(FunctionName="checkout")
    readers.pass_once()
    readers.pass_once()
    assert inbox.changes() == [("checkout", ("deployment", {"exists": True}, {"exists": False}))]


@pytest.mark.thorough
def test_configuration_is_said_again_once_a_day(clients, readers, inbox, clock):
    shop.function(clients)
    readers.pass_once()
    inbox.clear()
    for _ in range(25):
        clock.move(hours=1)
        readers.pass_once()
    [event] = inbox.events()
    assert event.attributes == {"mendline.configuration.reason": "daily"}


def test_a_restart_neither_invents_nor_loses_changes(clients, endpoint, readers_of, inbox, clock):
    source = Source("shop", (REGION,), endpoint_url=endpoint)
    shop.whole_shop(clients)
    readers_of(source).pass_once()
    inbox.clear()
    clock.move(minutes=30)
    readers_of(source).pass_once()
    assert not inbox.exports
    clients("lambda").update_function_configuration(FunctionName="checkout", MemorySize=1024)
    readers_of(source).pass_once()
    assert inbox.changes() == [("checkout", ("memory", {"memory_mb": 256}, {"memory_mb": 1024}))]


def test_what_could_not_be_handed_over_is_handed_over_after_a_restart(clients, endpoint, readers_of, inbox):
    source = Source("shop", (REGION,), endpoint_url=endpoint)
    shop.function(clients)
    first = readers_of(source)
    first.pass_once()
    inbox.clear()
    clients("lambda").update_function_configuration(FunctionName="checkout", MemorySize=1024)
    inbox.failing = SpoolFullError("The spool is full.")
    first.pass_once()
    assert any("The spool is full" in sentence for sentence in first.status())
    inbox.failing = None
    again = readers_of(source)
    again.pass_once()
    again.pass_once()
    assert inbox.changes() == [("checkout", ("memory", {"memory_mb": 256}, {"memory_mb": 1024}))]


def test_a_damaged_file_of_progress_is_set_aside(clients, endpoint, readers_of, inbox, tmp_path):
    source = Source("shop", (REGION,), endpoint_url=endpoint)
    shop.function(clients)
    readers_of(source).pass_once()
    inbox.clear()
    file = tmp_path / "aws" / "shop" / REGION / "configuration.json"
    file.write_bytes(file.read_bytes()[:-40])
    readers_of(source).pass_once()
    assert [event.thing for event in inbox.events(SEEN)] == ["checkout"]
    assert json.loads(file.read_text())["pending"] == []
    assert file.with_suffix(".damaged").exists()


@pytest.fixture
def ten_a_pass(monkeypatch):
    """Details of ten things are asked for in a pass, not of a hundred."""
    monkeypatch.setattr(inventory, "_MOST_DETAILS", 10)


@pytest.mark.usefixtures("ten_a_pass")
def test_many_functions_are_read_bit_by_bit_and_each_is_seen_whole(clients, readers, inbox):
    role = shop.role(clients)
    for number in range(12):
        shop.function(clients, f"f{number:03}", role)
    readers.pass_once()
    assert len(inbox.events(SEEN)) == 10
    assert readers._jobs[0].due <= 1022  # more is read soon, not only when the pace says
    readers.pass_once()
    assert readers._jobs[0].due >= 300
    seen = inbox.events(SEEN)
    assert len({event.thing for event in seen}) == len(seen) == 12
    assert all("reserved_concurrency" in event.body for event in seen)
    assert not inbox.changes()


@pytest.mark.usefixtures("ten_a_pass")
def test_a_change_whose_details_had_to_wait_is_not_forgotten(clients, readers, inbox):
    role = shop.role(clients)
    names = [f"f{number:03}" for number in range(12)]
    for name in names:
        shop.function(clients, name, role)
    readers.pass_once()
    readers.pass_once()
    inbox.clear()
    for name in names:  # a deployment of everything: new code, and a new version
        clients("lambda").update_function_code(FunctionName=name, ZipFile=shop.zipped("x = 1"))
        clients("lambda").publish_version(FunctionName=name)
    readers.pass_once()
    readers.pass_once()
    versions = [thing for thing, (kind, _, after) in inbox.changes() if "version" in after]
    assert sorted(versions) == names


def test_an_odd_answer_about_one_thing_stops_nothing_else(clients, readers, inbox, monkeypatch):
    shop.whole_shop(clients)
    read = inventory.queue_details

    def odd(calls, thing):
        return {}["Attributes"] if thing.name == "orders" else read(calls, thing)

    monkeypatch.setattr(inventory, "queue_details", odd)
    readers.pass_once()
    assert sorted(event.thing for event in inbox.events()) == ["checkout", "clicks", "orders-dlq", "orders-table"]
    assert any("KeyError" in text for text in readers.status())
