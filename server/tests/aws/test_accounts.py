"""Any number of accounts and regions: roles are assumed, and nothing of one gets mixed up with another."""

from __future__ import annotations

import boto3
import pytest
from aws import shop
from aws.local_aws import REGION
from moto import mock_aws

from mendline.aws.sessions import Sessions
from mendline.aws.sources import Source

ROLE = "arn:aws:iam::222222222222:role/reader"


@pytest.fixture(autouse=True)
def moto():
    with mock_aws():
        yield


def clients_of(region, **keys):
    return lambda service: boto3.client(service, region_name=region, **keys)


def keys_in_the_other_account():
    answer = boto3.client("sts", region_name=REGION).assume_role(RoleArn=ROLE, RoleSessionName="setup")["Credentials"]
    return {
        "aws_access_key_id": answer["AccessKeyId"],
        "aws_secret_access_key": answer["SecretAccessKey"],
        "aws_session_token": answer["SessionToken"],
    }


@pytest.mark.thorough
def test_accounts_and_regions_are_kept_apart(readers_of, inbox, tmp_path):
    shop.function(clients_of(REGION), "here")
    shop.function(clients_of("us-east-1"), "over-there")
    shop.function(clients_of(REGION, **keys_in_the_other_account()), "theirs")
    readers = readers_of(
        Source("own", (REGION, "us-east-1"), logs="off"),
        Source("other", (REGION,), role_arn=ROLE, external_id="shared", logs="off"),
    )
    readers.pass_once()
    assert not [text for text in readers.status() if "fails" in text]
    found = {
        (event.thing, event.resource["cloud.account.id"], event.resource["cloud.region"]) for event in inbox.events()
    }
    assert found == {
        ("here", "123456789012", REGION),
        ("over-there", "123456789012", "us-east-1"),
        ("theirs", "222222222222", REGION),
    }
    folders = {path.parent.relative_to(tmp_path / "aws").as_posix() for path in tmp_path.rglob("configuration.json")}
    assert folders == {f"own/{REGION}", "own/us-east-1", f"other/{REGION}"}
    inbox.clear()
    readers.pass_once()
    assert not inbox.exports


def test_the_external_id_and_a_telling_session_name_are_sent(clock, monkeypatch):
    asked = []
    sessions = Sessions(Source("other", (REGION,), role_arn=ROLE, external_id="shared"), clock)
    make = boto3.Session.client

    def watched(session, service, **more):
        client = make(session, service, **more)
        client.meta.events.register("provide-client-params.sts.AssumeRole", lambda params, **_: asked.append(params))
        return client

    monkeypatch.setattr(boto3.Session, "client", watched)
    assert sessions.account(REGION) == "222222222222"
    sessions.close()
    [params] = asked
    assert params["ExternalId"] == "shared"
    assert params["RoleSessionName"] == "mendline-other"


def test_a_roles_session_is_renewed_before_it_ends(clock):
    sessions = Sessions(Source("other", (REGION,), role_arn=ROLE), clock)
    first = sessions.client("lambda", REGION)
    clock.move(minutes=45)
    assert sessions.client("lambda", REGION) is first
    clock.move(minutes=10)
    assert sessions.client("lambda", REGION) is not first
    sessions.close()


def test_other_credentials_under_the_same_name_are_another_account(readers_of, inbox):
    shop.function(clients_of(REGION), "same")
    shop.function(clients_of(REGION, **keys_in_the_other_account()), "same", MemorySize=1024)
    readers_of(Source("one", (REGION,), logs="off")).pass_once()
    inbox.clear()
    readers_of(Source("one", (REGION,), role_arn=ROLE, logs="off")).pass_once()
    assert not inbox.changes()
    assert [event.resource["cloud.account.id"] for event in inbox.events()] == ["222222222222"]
