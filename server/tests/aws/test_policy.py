"""The policy in deploy/: all that the readers call, and no more; and what happens with less."""

from __future__ import annotations

import io
import json
import threading
from pathlib import Path
from typing import Any

import boto3
import pytest
from aws import shop
from aws.local_aws import REGION
from botocore.awsrequest import AWSResponse, HTTPHeaders
from moto import mock_aws
from moto.core import set_initial_no_auth_action_count
from urllib3 import HTTPResponse

from mendline.aws.region import Region
from mendline.aws.roles import Roles
from mendline.aws.sessions import Sessions
from mendline.aws.sources import Pace, Source
from mendline.aws.status import Denied

POLICY = Path(__file__).resolve().parents[3] / "deploy" / "aws" / "reader-policy.json"
SERVICES = ("cloudwatch", "dynamodb", "iam", "kinesis", "lambda", "logs", "sqs", "sts")
REFUSED = b'{"__type": "AccessDeniedException", "Message": "You are not authorized"}'
REFUSED_IN_XML = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
NEEDS_NO_PERMISSION = {"sts:GetCallerIdentity"}


def allowed() -> set[str]:
    found: set[str] = set()
    for statement in json.loads(POLICY.read_text())["Statement"]:
        actions = statement["Action"]
        found.update([actions] if isinstance(actions, str) else actions)
    return found


@pytest.fixture
def region_of(tmp_path, inbox, clock):
    """One region; every operation that it calls is told to `called`, and those in `denied` AWS refuses."""
    opened: list[Sessions] = []

    def make(source: Source, called: set[str], denied: frozenset[str] | set[str] = frozenset()) -> Region:
        sessions = Sessions(source, clock)
        opened.append(sessions)
        for service in SERVICES:

            def note(model: Any, service: str = service, **_: Any) -> None:
                called.add(f"{service}:{model.name}")

            def refuse(request: Any, event_name: str, service: str = service, **_: Any) -> AWSResponse | None:
                action = f"{service}:{event_name.rpartition('.')[2]}"
                if action not in denied:
                    return None
                body = REFUSED_IN_XML if service == "iam" else REFUSED
                raw = HTTPResponse(io.BytesIO(body), status=400, preload_content=False)
                return AWSResponse(request.url, 400, HTTPHeaders(), raw)

            events = sessions.client(service, REGION).meta.events
            events.register("before-call", note)
            events.register("before-send", refuse)
        return Region(
            source,
            REGION,
            Pace(calls_per_second=100_000),
            tmp_path / "aws",
            sessions=sessions,
            stopping=threading.Event(),
            emit=inbox.emit,
            convert=lambda *_: [],
            clock=clock,
            random_hex=lambda number: "ab" * number,
        )

    yield make
    for sessions in opened:
        sessions.close()


def read_all(region: Region) -> None:
    region.read_configuration()
    region.read_metrics()
    region.read_logs()


def own_policy_of_the_role(clients):
    made = clients("iam").create_policy(PolicyName="shared", PolicyDocument=shop.policy("s3:GetObject"))
    clients("iam").attach_role_policy(RoleName="role-of-checkout", PolicyArn=made["Policy"]["Arn"])


def test_the_policy_lists_every_call_and_no_other(clients, endpoint, region_of):
    shop.whole_shop(clients)
    own_policy_of_the_role(clients)
    clients("logs").create_log_group(logGroupName="/aws/lambda/checkout")
    called: set[str] = set()
    read_all(region_of(Source("shop", (REGION,), endpoint_url=endpoint, log_groups=("/aws/*",)), called))
    assert called - NEEDS_NO_PERMISSION == allowed()


@pytest.fixture
def moto_clients():
    with mock_aws():
        yield lambda service: boto3.client(service, region_name=REGION)


def as_user(moto_clients, monkeypatch, document: str) -> None:
    """From now on, the keys in the environment are of a user who may do what the document says."""
    iam = moto_clients("iam")
    iam.create_user(UserName="reader")
    iam.put_user_policy(UserName="reader", PolicyName="reader", PolicyDocument=document)
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])


def test_the_policy_is_enough_for_iam(moto_clients, region_of, monkeypatch, inbox, clock):
    shop.whole_shop(moto_clients)
    own_policy_of_the_role(moto_clients)
    moto_clients("logs").create_log_group(logGroupName="/aws/lambda/checkout")
    # moto calls actions of CloudWatch by the name in signatures
    as_user(moto_clients, monkeypatch, POLICY.read_text().replace("cloudwatch:", "monitoring:"))
    source = Source("shop", (REGION,), log_groups=("/aws/*",))

    @set_initial_no_auth_action_count(0)
    def guarded() -> tuple[Region, dict[str, Any]]:
        region = region_of(source, set())
        read_all(region)
        return region, Roles(region._calls).facts("arn:aws:iam::123456789012:role/role-of-checkout")

    region, role = guarded()
    # moto takes the signatures of Lambda's paths for wrong and answers 403 to all of them
    assert not [denied for denied in region.status.denied() if not denied.action.startswith("lambda:")]
    assert sorted(event.thing for event in inbox.events()) == ["clicks", "orders", "orders-dlq", "orders-table"]
    assert "Allow s3:GetObject on *" in role["role_permissions"]


def test_without_permissions_iam_refuses_and_everything_refused_is_said(moto_clients, region_of, monkeypatch, inbox):
    shop.whole_shop(moto_clients)
    as_user(moto_clients, monkeypatch, shop.policy("kinesis:*"))

    @set_initial_no_auth_action_count(0)
    def guarded() -> Region:
        region = region_of(Source("shop", (REGION,), log_groups=("/aws/*",)), set())
        read_all(region)
        return region

    refused = {denied.action for denied in guarded().status.denied()}
    expected = {"sqs:ListQueues", "dynamodb:ListTables", "cloudwatch:GetMetricData", "logs:DescribeLogGroups"}
    assert refused - {"lambda:ListFunctions"} == expected
    assert [event.thing for event in inbox.events()] == ["clicks"]


def test_what_is_not_allowed_is_said_and_stops_nothing_else(clients, endpoint, region_of, inbox, clock):
    shop.whole_shop(clients)
    denied = {"lambda:ListTags", "lambda:GetPolicy", "sqs:ListQueues", "iam:ListRolePolicies"}
    region = region_of(Source("shop", (REGION,), endpoint_url=endpoint), set(), denied)
    read_all(region)
    assert set(region.status.denied()) == {
        Denied("lambda:ListTags", "checkout"),
        Denied("lambda:GetPolicy", "checkout"),
        Denied("sqs:ListQueues", ""),
        Denied("iam:ListRolePolicies", "role-of-checkout"),
    }
    assert any("lambda:ListTags on checkout is not allowed" in text for text in region.status.sentences())
    seen = {event.thing: event.body for event in inbox.events()}
    assert sorted(seen) == ["checkout", "clicks", "orders-table"]
    assert seen["checkout"]["reserved_concurrency"] is None
    assert not {"tags", "invoke_permissions", "role_permissions"} & seen["checkout"].keys()
    # allowed at last: no change is invented, the configuration is said again with more in it
    denied.clear()
    inbox.clear()
    clock.move(hours=1)
    read_all(region)
    assert region.status.denied() == ()
    assert not inbox.changes()
    [again] = [event for event in inbox.events() if event.thing == "checkout"]
    assert again.attributes == {"mendline.configuration.reason": "more_known"}
    assert again.body["tags"] == {"team": "pay"}


def test_a_list_that_is_refused_removes_nothing(clients, endpoint, region_of, inbox):
    shop.whole_shop(clients)
    denied: set[str] = set()
    region = region_of(Source("shop", (REGION,), endpoint_url=endpoint), set(), denied)
    read_all(region)
    inbox.clear()
    denied |= {"sqs:ListQueues", "lambda:ListFunctions", "lambda:ListEventSourceMappings"}
    read_all(region)
    assert not inbox.changes()
