"""The page of an error says what its cases share, and says when nothing is proven."""

from __future__ import annotations

from web.markup import Markup
from web.shop import LAMBDA, order


def _orders(tenant_of):
    for number in range(1, 61):
        spans = order(number, fails=number % 3 == 0)
        spans[0]["attributes"]["tenant"] = tenant_of(number)
        yield from spans


def _page(client):
    (group,) = client.get("/errors.json").json()["errors"]
    return Markup(client.get(f"/errors/{group['fingerprint']}").text).text


def test_attribute_of_the_cases_alone_is_named(client, send_spans):
    send_spans(*_orders(lambda number: "ash" if number % 3 == 0 else "birch"), resource=LAMBDA)
    text = _page(client).partition("What its cases share")[2]
    assert "tenant" in text.partition("Of the newest 20 cases, against 40 other invocations")[0]
    assert "error." not in text.partition("Of the newest")[0]


def test_what_all_have_alike_is_not_named(client, send_spans):
    send_spans(*_orders(lambda number: "ash" if number % 2 else "birch"), resource=LAMBDA)
    assert "tenant" not in _page(client).partition("What its cases share")[2].partition("Occurrences")[0]


def test_few_cases_are_not_compared(client, send_spans):
    send_spans(*order(1, fails=True), *order(2), resource=LAMBDA)
    assert "Fewer than five cases have an invocation" in _page(client)
