"""Settings: keys without their secrets, how long what is kept, how the server is doing; for admins."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from alerting.scripted import scripted
from sqlalchemy import delete
from web.markup import Markup
from web.shop import LAMBDA, order

from mendline.access.issue import issue_key
from mendline.access.rules import Kind, rule_for
from mendline.alerting.policies import Policies
from mendline.alerting.policy_files import Told
from mendline.ingest.redact import RULES
from mendline.model.policy import Receiver
from mendline.store import Retention
from mendline.store.state import Scope, revoke_key, tables

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def test_settings_tell_keys_without_their_text_and_how_the_server_is_doing(client, context, state, send_spans):
    send_spans(*order(1), resource=LAMBDA)
    project = context.store.project
    text, key = issue_key(state, project=project, scope=Scope.READ, name="for Ada", now=NOON, make_project=True)
    issue_key(state, project="default", scope=Scope.READ, name="of another project", now=NOON)
    gone, revoked = issue_key(state, project="*", scope=Scope.ADMIN, name="old", now=NOON)
    with state.writing() as connection:
        revoke_key(connection, revoked.id, NOON)
    page, twin = client.get("/settings").text, client.get("/settings.json")
    for part in ("for Ada", key.prefix, "revoked", "traces 7 d, logs 30 d, metrics 14 d", "The disk is full.", "spans"):
        assert part in Markup(page).text
    assert [it["scope"] for it in twin.json()["keys"]] == ["read", "admin"]
    assert twin.json()["quarantined"] == 2
    assert "of another project" not in page
    for secret in (text, gone, key.hash.hex()):
        assert secret not in page + twin.text


def test_rules_of_redaction_are_told_with_how_often_each_replaced_something(client):
    replaced = client.get("/settings.json").json()["redaction"]["replaced"]
    assert replaced == dict.fromkeys(RULES, 0)
    page = Markup(client.get("/settings").text).text
    assert f"0 replaced since the server began, by {len(RULES)} rules" in page
    assert "card numbers, by issuer" in page


def test_shorter_retention_says_what_it_drops_and_drops_it_when_told_again(client, state, store, send_spans, now):
    old = int((now - timedelta(days=20)).timestamp() * 1e9)
    send_spans({"name": "old", "start": old, "end": old + 1})
    before = client.get("/settings.json").json()
    asked = client.post("/settings/retention", traces="3", logs="", metrics="2")
    day = str((now - timedelta(days=20)).date())
    assert f"That drops 1 day at once, {day}" in Markup(asked.text).text
    assert client.get("/settings.json").json()["retention_days"] == before["retention_days"]
    assert store.select("stored_days")
    done = client.post("/settings/retention", traces="3", logs="", metrics="2", sure="yes")
    assert "From now on are kept: traces 3 d, logs 30 d, metrics 2 d" in Markup(done.text).text
    assert day not in {row["day"] for row in store.select("stored_days")}
    assert client.get("/settings.json").json()["retention_chosen"]["traces"] == 3
    send_spans({"name": "late", "start": old, "end": old + 1})  # what is older than is kept is placed at receipt
    assert day not in {row["day"] for row in store.select("stored_days")}
    again = client.post("/settings/retention", traces="", logs="", metrics="")  # nothing is older: not asked
    assert "traces 7 d, logs 30 d, metrics 14 d" in Markup(again.text).text
    store.keep(Retention())


@pytest.mark.parametrize("days", ["0", "91", "-3", "1.5", "٣", "many"])
def test_retention_that_cannot_be_is_refused_and_changes_nothing(client, days):
    refused = client.post("/settings/retention", traces=days, sure="yes")
    assert (refused.status_code, "write a whole number, 1 to 90" in Markup(refused.text).text) == (400, True)
    assert client.get("/settings.json").json()["retention_chosen"] is None


def test_server_without_keys_says_that_everybody_is_admin(client):
    assert "There is no key" in client.get("/settings").text
    assert client.get("/settings?page=2").status_code == 400


def test_settings_are_for_admins():
    for path in ("/settings", "/settings.json", "/settings/receivers/chat/test", "/settings/retention"):
        assert (rule_for(path).kind, rule_for(path).needed) == (Kind.PAGE, Scope.ADMIN)


def test_key_made_on_the_page_is_shown_once_and_revoked_there(client, state):
    made = client.post("/settings/keys", scope="admin", name="Ada", project="*")
    (text,) = re.findall(r"mlk_admin_\w+", made.text.partition('class="secret">')[2].partition("<")[0])
    assert "set-cookie" in made.headers  # who makes the first key stays in
    assert text not in client.get("/settings").text
    key = client.get("/settings.json").json()["keys"][0]
    assert (key["name"], key["role"], key["project"]) == ("Ada", "admin", None)
    kept = client.post(f"/settings/keys/{key['id']}/revoke")
    assert (kept.status_code, "last administrator" in kept.text) == (400, True)
    link = client.post(f"/settings/keys/{key['id']}/link").text
    assert "http://127.0.0.1:8000/sign-in/link?token=" in link
    assert client.post("/settings/projects", name="No Name").status_code == 400
    assert "Project shop is made" in client.post("/settings/projects", name="shop").text
    with state.writing() as connection:
        connection.execute(delete(tables.projects).where(tables.projects.c.name == "shop"))


@pytest.mark.parametrize(("act", "status", "said"), [
    (200, 200, "The receiver 'on call?' took the test message."),
    (500, 502, "The receiver 'on call?' did not take the test message. It answered 500"),
])  # fmt: skip
def test_receiver_is_tested_with_a_message_and_what_came_of_it_is_told(client, state, act, status, said):
    with scripted(act) as hook:
        receiver = Receiver("on call?", "webhook", {"url": hook.url}, allow_private=True, default=False)
        Policies(state, "default").apply(Told((), (receiver,)), NOON)
        text = client.get("/settings").text
        assert hook.url not in text
        assert 'action="/settings/receivers/on%20call%3F/test"' in text
        shown = client.post("/settings/receivers/on%20call%3F/test")
        assert len(hook.got) == 1
    assert shown.status_code == status
    assert said in Markup(shown.text).text
    Policies(state, "default").delete_receiver("on call?")
    assert client.post("/settings/receivers/on%20call%3F/test").status_code == 404
