"""Errors: groups lead to their occurrences, these to traces; what is empty says so."""

from __future__ import annotations

import html

import pytest
from web.markup import Markup
from web.shop import LAMBDA, order


def _page(client, url, status=200):
    answer = client.get(url)
    assert answer.status_code == status, answer.text
    return Markup(answer.text)


@pytest.fixture
def shop(holding, send_spans):
    orders = [span for number in range(1, 4) for span in order(number, fails=number > 1)]
    holding(lambda: send_spans(*orders, resource=LAMBDA))


def test_group_leads_to_its_occurrences_and_these_to_their_traces(client, shop):
    (group,) = [link for link in _page(client, "/errors").links(class_="row-link") if "/errors/" in link]
    page = _page(client, group)
    for text in ("OutOfStock", "none left of A-17", 'File "shop.py"', "newest 2"):
        assert text in html.unescape(page.text)
    assert len(page.links(class_="row-link")) == 2
    assert all(link.startswith("/traces/") for link in page.links(class_="row-link"))
    twin = client.get(f"{group}.json").json()
    assert (twin["error"]["count"], len(twin["samples"])) == (2, 2)


def test_failed_call_leads_to_the_invocation_that_made_it(client, send_spans):
    root, call = order(4)
    call |= {"status": 2, "message": "throttled"}
    send_spans(root, call, resource=LAMBDA)
    (group,) = client.get("/errors.json").json()["errors"]
    page = _page(client, f"/errors/{group['fingerprint']}")
    assert [link for link in page.links() if "/invocations/request-4" in link]


def test_list_says_of_each_how_worried_to_be(client, shop):
    page = _page(client, "/errors")
    assert "Too soon to say 66.7" in page.text
    (told,) = client.get("/errors.json").json()["worries"].values()
    assert (told["kind"], told["before"]) == ("too soon to say", 0)
    assert told["low"] < told["rate"] < told["high"]


def test_function_chooses_errors(client, shop):
    assert "OutOfStock" in _page(client, "/errors?service=checkout").text
    assert "Nothing of report failed" in _page(client, "/errors?service=report").text


@pytest.mark.parametrize(
    ("url", "status", "says"),
    [
        ("/errors?start=-3h&end=-2h", 200, "Nothing failed in this range"),
        ("/errors?page=2", 200, "There is no page 2"),
        ("/errors/0123456789abcdef", 404, "No error with the fingerprint"),
        ("/errors?servce=x", 400, "no filter"),
    ],
)
def test_what_is_not_there_is_said(client, shop, url, status, says):
    assert says in _page(client, url, status).text
