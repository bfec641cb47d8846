"""Settings: keys without their secrets, how long what is kept, how the server is doing; for admins."""

from __future__ import annotations

import re
from datetime import UTC, datetime

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


def test_server_without_keys_says_that_everybody_is_admin(client):
    assert "There is no key" in client.get("/settings").text
    assert client.get("/settings?page=2").status_code == 400


def test_settings_are_for_admins():
    for path in ("/settings", "/settings.json", "/settings/receivers/chat/test"):
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
