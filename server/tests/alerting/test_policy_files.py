"""Policies are kept as files: what is right is taken once, what is wrong is told with its line."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

import pytest

from mendline.alerting.policies import Policies, supplied, told_to
from mendline.alerting.policy_files import as_yaml, read_folder, read_texts
from mendline.errors import ForbiddenError, NotFoundError, UsageError
from mendline.insight.scope import scope_of
from mendline.model.policy import Policy, Receiver, read_policy, read_receiver, receiver_document
from mendline.query import read_query
from mendline.store.state import open_state

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
TEXT = """\
receivers:
  - {name: chat, type: slack, url: https://hooks.example.com/x}
policies:
  - name: Payments
    query: function:payment error | count() | over 10m | where count()>10
    severity: critical
    every: 30s
    quiet: 2h
    notify: [chat]
    runbook: Call the bank.
"""


@pytest.fixture
def policies(tmp_path):
    with closing(open_state(tmp_path, NOW)) as state:
        yield Policies(state, "default")


def test_file_is_read_and_written_again_as_it_is():
    told = read_texts({"a.yaml": TEXT})
    (policy,) = told.policies
    assert (policy.every_s, policy.quiet_s, policy.notify, policy.severity) == (30, 7200, ("chat",), "critical")
    assert policy.query == "function:payment error | count() | over 10m | where count() > 10".replace(
        "payment error", "payment and error"
    )
    assert read_texts({"b.yaml": as_yaml(told.policies, told.receivers)}) == told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("policies:\n  - name: A\n    qery: error", "a.yaml:2: the policy 'A': A policy has no 'qery'. Did you mean"),
        ("policies:\n  - name: A\n    query: error", "a.yaml:2: the policy 'A': A policy needs a condition"),
        ("policies:\n- name: A\n  query: error | count() | where count() > 1\n  every: 5", "write a duration"),
        ("policies:\n- name: A\n  query: error | count() | where count() > 1\n  every: 1s", "must be 10s to 1d"),
        ("policies:\n- name: A\n  query: errr:x | count() | where count() > 1", "the query: Unknown field 'errr'"),
        ("policies:\n- name: A\n  query: 'error | count() | over 5m every 5m | where count() > 1'", "leave `every`"),
        ("polices: []", "a.yaml:1: 'polices' is not known here"),
        ("policies: 5", "a.yaml:1: policies is to be a list"),
        ("policies:\n\n  - 7", "a.yaml:3: an entry of policies is to begin"),
        ("policies: [", "a.yaml:1: no YAML"),
        ("policies: &a\n - *a", "aliases"),
        ("policies:\n- {name: A, query: 'error|count()|where count()>1', notify: [nobody]}", "no file has a receiver"),
        ("receivers:\n- {name: a, type: slak, url: x}", "Did you mean slack?"),
        ("receivers:\n- {name: a, type: slack, token: xoxb-1, channel: c}", "token is a secret: write a reference"),
        ("receivers:\n- {name: a, type: webhook, url: 'http://example.com'}", "https://HOST/PATH"),
        ("receivers:\n- {name: a, type: email, host: m, from: a@b, to: 'x, y'}", "no address of e-mail"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(text, said):
    with pytest.raises(UsageError) as found:
        read_texts({"a.yaml": text})
    assert said in found.value.message


def test_every_fault_of_every_file_is_told_at_once():
    with pytest.raises(UsageError) as found:
        read_texts({"a.yaml": "policies: 5", "b.yaml": "policies:\n- name: A\n- name: B\n  query: error"})
    assert [line[:8] for line in found.value.message.splitlines()] == ["a.yaml:1", "b.yaml:2", "b.yaml:3"]


def test_applying_twice_changes_nothing_and_what_left_the_files_is_gone(policies, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    with pytest.raises(NotFoundError):
        read_folder(folder)
    (folder / "a.yaml").write_text(TEXT)
    told = read_folder(folder)
    assert policies.apply(told, NOW, plan=True) == [("receivers", "chat", "new"), ("policies", "Payments", "new")]
    assert "Payments" not in {policy.name for policy in policies.all()}
    policies.apply(told, NOW)
    assert {change for *_, change in policies.apply(told, NOW)} == {"unchanged"}
    assert policies.get("Payments").origin == "file"
    assert policies.apply(read_texts({"a.yaml": "policies: []"}), NOW)[0] == ("receivers", "chat", "gone")
    assert {policy.name for policy in policies.all()} == {policy.name for policy in supplied()}


def test_supplied_policies_are_good_queries_and_can_be_switched_off(policies):
    assert len(supplied()) >= 18
    name = supplied()[0].name
    assert not policies.enable(name, False, NOW, "").enabled
    assert [one.enabled for one in policies.all() if one.name == name] == [False]
    policies.delete(name)
    assert policies.get(name).enabled


def test_the_page_can_neither_reach_private_places_nor_read_files(policies):
    base = {"name": "x", "type": "webhook", "url": "https://example.com/"}
    for more in ({"allow_private": True}, {"secret": "file:/etc/passwd"}):
        with pytest.raises(ForbiddenError):
            policies.save_receiver({**base, **more}, NOW, "")
    policies.save_receiver({**base, "secret": "env:HOOK"}, NOW, "")
    policy = {"name": "P", "query": "error | count() | where count() > 1", "notify": ["x"]}
    policies.save(policy, NOW, "", read_query)
    with pytest.raises(UsageError):
        policies.delete_receiver("x")
    with pytest.raises(UsageError):
        policies.save({**policy, "notify": ["y"]}, NOW, "", read_query)


def test_more_is_told_between_first_and_last_message_where_that_is_one_thing_or_wanted():
    kinds = (("pagerduty", {}), ("slack", {"token": "env:T"}), ("slack", {"url": "x"}), ("webhook", {}))
    assert [Receiver("a", kind, options).takes_updates for kind, options in kinds] == [True, True, False, False]
    told = {"name": "a", "type": "webhook", "url": "https://x.example/", "updates": True}
    assert read_receiver(told).takes_updates
    assert receiver_document(read_receiver(told)) == told


def test_an_alert_is_about_the_thing_that_is_called_whatever_is_done_with_it():
    asked = read_query("operations | count() by function, resource, resource.host").plan
    found = scope_of(asked, ("price", "dynamodb prices BatchGetItem", "rates.example"))
    assert (found.functions, found.resources) == (("price",), ("prices", "rates.example"))
    queue = read_query("metrics name:sqs.age | max(value) by queue").plan
    assert scope_of(queue, ("sqs / orders",)).resources == ("orders",)


def test_who_is_told_is_whom_the_policy_names_else_the_defaults_and_of_infos_nobody():
    receivers = (Receiver("a", "slack", {}), Receiver("b", "slack", {}, default=False))
    base = Policy("p", "q")
    assert told_to(base, receivers) == ("a",)
    assert told_to(Policy("p", "q", notify=("b",)), receivers) == ("b",)
    assert told_to(Policy("p", "q", severity="info"), receivers) == ()


@pytest.mark.parametrize(("hours", "minute", "active"), [
    ("", 0, True), ("08:00-18:00", 480, True), ("08:00-18:00", 1080, False), ("22:00-06:00", 30, True),
    ("22:00-06:00", 600, False), ("00:00-24:00", 1439, True),
])  # fmt: skip
def test_active_hours_may_go_over_midnight(hours, minute, active):
    told = {"name": "a", "query": "q", "active": hours}
    assert read_policy(told, "ui").is_active(minute) is active
