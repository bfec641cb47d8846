"""Policies are listed, tried on the past, kept, switched and deleted."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from starlette.applications import Starlette
from web.conftest import Browser
from web.markup import Markup
from web.shop import LAMBDA, order

from mendline.web import build_routes

QUERY = "error | count() by function | over 5m | where count() > 0"


@pytest.fixture
def own(client):
    """Policies that a test makes are gone afterwards."""
    yield "Failing checkout"
    client.post("/policies/Failing checkout", action="delete")
    client.post("/policies/Timeouts", action="on")


def test_policy_is_kept_shown_switched_and_deleted(client, own):
    answer = client.post("/policies", name=own, query=QUERY, severity="critical", every="30s", quiet="1h")
    assert (answer.status_code, answer.headers["location"]) == (303, "/policies/Failing%20checkout")
    page = Markup(client.get("/policies/Failing%20checkout").text)
    assert "every 30s, then quiet for 1h" in page.text
    client.post("/policies", name=own, query=QUERY, severity="critical", tags="payments, pci", critical="pay*")
    client.post("/policies", name=own, query=QUERY, severity="critical")
    kept = client.get("/policies/Failing%20checkout.json").json()["policy"]
    assert (kept["tags"], kept["critical"]) == (["payments", "pci"], ["pay*"])
    client.post("/policies/Failing checkout", action="off")
    told = {one["name"]: one for one in client.get("/policies.json").json()["policies"]}
    assert (told[own]["enabled"], told[own]["severity"], told["Timeouts"]["origin"]) == (False, "critical", "supplied")
    client.post("/policies/Timeouts", action="off", next="list")
    assert not client.get("/policies/Timeouts.json").json()["policy"]["enabled"]
    assert client.post("/policies/Failing checkout", action="delete").status_code == 303
    assert client.get("/policies/Failing%20checkout").status_code == 404


def test_policy_that_cannot_be_evaluated_is_told_with_what_is_in_the_way(context):
    hindered = replace(context, failing=lambda: {"Timeouts": "The store <b>does not answer</b>."})
    pages = Browser(Starlette(routes=build_routes(hindered)))
    listed, own = pages.get("/policies").text, pages.get("/policies/Timeouts").text
    for text in (Markup(listed).text, Markup(own).text):
        assert "unknown: The store <b>does not answer</b>." in text
    assert "1 of " in listed
    assert "cannot be evaluated" in listed
    told = {one["name"]: one["problem"] for one in pages.get("/policies.json").json()["policies"]}
    assert (told["Timeouts"], told["Out of memory"]) == ("The store <b>does not answer</b>.", "")


def test_condition_is_tried_on_the_last_week(client, send_spans):
    send_spans(*order(1, fails=True), *order(2), resource=LAMBDA)
    told = client.get(f"/policies.json?q={QUERY.replace('|', '%7C').replace(' ', '%20')}").json()["tried"]
    assert (len(told["fired"]), told["fired"][0]["group"], told["messages_per_week"]) == (1, "checkout", 1.0)
    assert "once in the last 7 days" in told["text"]


@pytest.mark.parametrize("path", ["/policies", "/policies/Timeouts"])
def test_the_form_is_kept_with_all_its_fields_and_tried_as_it_is_filled_in(client, own, path):
    form = client.get(path).text.partition('class="board-form"')[2].partition("</form>")[0]
    names = re.findall(r'<(?:input|select|textarea)[^>]* name="(\w+)"', form)
    assert len(names) > 10
    filled = dict.fromkeys(names, "") | {"name": own, "query": QUERY, "severity": "info", "owner": "Ann"}
    tried = client.post(path, **filled, action="try")
    assert (tried.status_code, 'value="Ann"' in tried.text) == (200, True)
    assert "error | count() by function | over 5m" in tried.text
    assert "in the last 7 days" in Markup(tried.text).text
    assert client.post("/policies", **filled, action="keep").status_code == 303
    assert client.get(f"/policies/{own}.json").json()["policy"]["owner"] == "Ann"
    assert client.post("/policies", **{f"n{at}": "x" for at in range(50)}).status_code == 400


def test_run_books_are_markdown_and_nothing_else(client, own):
    said = (
        "# Call\n- **the bank**\n1. `x <b>`\n```\n<i>\n```\n[a](https://a.example) [b](javascript:x) https://c.example/?d=1&e=2"
        '\n<img src="//x" onerror="y"> ![p](https://p.example "t") [q](https://q.example/"onclick="y)'
    )
    client.post("/policies", name=own, query=QUERY, severity="info", runbook=said)
    page = client.get(f"/policies/{own}").text.partition('<div class="runbook">')[2].partition("</div>")[0]
    assert re.findall(r"<(?!/)[^>]*>", page) == [
        "<h3>", "<ul>", "<li>", "<strong>", "<ol>", "<li>", "<code>", "<pre>", "<code>", "<p>",
        '<a href="https://a.example" rel="noreferrer">',
        '<a href="https://c.example/?d=1&amp;e=2" rel="noreferrer">', "<br />",
        '<a href="https://p.example" rel="noreferrer">',
        '<a href="https://q.example/%22onclick=%22y" rel="noreferrer">',
    ]  # fmt: skip
    assert "&lt;i&gt;" in page
    assert "&lt;img src=" in page


def test_what_is_no_policy_is_told_in_words_and_the_form_stays_filled_in(client):
    for place, name in (("/policies", "x"), ("/policies/Timeouts", "")):
        page = client.post(place, query="error | count() by function", owner="Ann", name=name, action="keep")
        assert page.status_code == 400
        assert page.text.count('action="/policies/Timeouts') == (2 if name == "" else 1)
        assert "A policy needs a condition" in Markup(page.text).text
        assert 'value="Ann"' in page.text
    assert client.get("/policies/x").status_code == 404
    page = client.get("/policies?q=errr%3Ax")
    assert page.status_code == 200
    assert "Unknown field" in page.text


def test_function_is_watched_with_one_switch(client):
    answer = client.post("/policies/learned", function='odd "name"/x')
    assert answer.status_code == 303
    told = client.get(f"{answer.headers['location']}.json").json()["policy"]
    assert (told["name"], told["every"]) == ('Leaves its usual: odd "name" x', "1m")
    assert "usual" in told["query"]
    assert client.post(f"/policies/{told['name']}", action="delete").status_code == 303
    assert client.post("/policies/learned").status_code == 400
