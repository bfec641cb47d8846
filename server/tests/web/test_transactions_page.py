"""Transactions by what starts them: how they go from end to end, what they reach, and what they lose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from web.markup import Markup
from web.shop import LAMBDA, MINUTE, order, trace_id

from mendline.insight.transactions import readable_range
from mendline.model.timerange import parse_range
from mendline.web.formats import NARROW_SPACE
from mendline.web.pages import transactions

WRITER = {**LAMBDA, "service.name": "writer", "faas.name": "writer"}


def _sent(number, *, taken, fails=False):
    """An order over HTTP whose function sends a message; `taken`: writer takes it up."""
    root, call = order(number, fails=fails, ago_ns=20 * MINUTE)
    root["attributes"] |= {"http.request.method": "POST", "http.route": "/orders"}
    call = {**call, "kind": 4}
    takes = {
        **order(100 + number, ago_ns=20 * MINUTE)[0], "trace_id": root["trace_id"], "parent_id": call["span_id"],
        "start": call["start"] + 500 * 10**6, "kind": 5, "name": "writer",
    }  # fmt: skip
    return [root, call], [takes] if taken else []


@pytest.fixture
def shop(send_spans):
    for number, how in enumerate(({"taken": True}, {"taken": True, "fails": True}, {"taken": False}), 1):
        sender, taker = _sent(number, **how)
        send_spans(*sender, resource=LAMBDA)
        if taker:
            send_spans(*taker, resource=WRITER)


def _page(client, url):
    answer = client.get(url)
    assert answer.status_code == 200, answer.text
    return Markup(answer.text)


def test_transactions_are_counted_by_entry_with_what_failed_what_was_lost_and_what_they_reach(client, shop):
    (told,) = client.get("/transactions.json").json()["transactions"]
    assert {name: told[name] for name in ("entry", "count", "errors", "lost")} == {
        "entry": "POST /orders", "count": 3, "errors": 1, "lost": 1,
    }  # fmt: skip
    assert told["p50_ms"] == pytest.approx(610)
    assert told["functions"] == [["checkout", 1.0], ["writer", pytest.approx(2 / 3)]]
    text = _page(client, "/transactions?compare=before").text
    for part in ("POST /orders new", "33.3 %", "writer 66.7 %"):
        assert part in text


def test_page_of_an_entry_leads_to_traces_that_failed_or_lost_something(client, shop):
    url = "/transactions/entry?entry=POST+%2Forders"
    links = _page(client, url).links(class_="row-link")
    assert [trace_id(number) in str(links) for number in (1, 2, 3)] == [True, True, True]
    failed, lost, *slowest = links
    assert (trace_id(2) in failed, trace_id(3) in lost, len(slowest)) == (True, True, 3)
    for panel in client.get(url.replace("?", ".json?")).json()["panels"]:
        assert client.get(f"/explore.json?q={quote(panel['query'])}").json()["answer"]["rows"], panel


def test_critical_paths_are_summed_up_with_what_mending_a_part_would_save(client, shop):
    url = "/transactions/entry?entry=POST+%2Forders"
    path = client.get(url.replace("?", ".json?")).json()["path"]
    told = {(one["kind"], one["function"]): one for one in path["parts"]}
    assert (path["traces"], path["p99_ms"]) == (3, pytest.approx(610))
    wait = told["queue wait", "writer"]
    assert (wait["presence"], wait["p50_ms"], wait["after"]) == (
        pytest.approx(2 / 3),
        pytest.approx(430),
        pytest.approx(1, abs=0.1),
    )
    assert wait["saves_p99_ms"] == pytest.approx(430)
    assert sum(one["mean_ms"] for one in path["parts"]) == pytest.approx(path["mean_ms"])
    answered = client.get(url.replace("?", ".json?") + "&until=answer").json()["path"]
    assert {(one["kind"], one["function"]) for one in answered["parts"]} == {("code", "checkout"), ("call", "checkout")}
    assert answered["p99_ms"] == pytest.approx(100)
    assert "queue wait before writer" in _page(client, url).text
    assert client.get(url + "&until=dawn").status_code == 400


def test_entry_that_did_not_begin_says_so(client, shop):
    assert "None began in this range" in _page(client, "/transactions/entry?entry=x").text
    assert client.get("/transactions/entry").status_code == 400
    assert "No transaction began" in _page(client, "/transactions?start=2020-01-01&end=2020-01-02").text


def test_range_that_holds_too_much_is_read_in_part_and_says_so(client, store, shop, monkeypatch):
    told = readable_range(store, parse_range("-10h", None, datetime.now(UTC)), most=1)
    assert told.start < datetime.now(UTC) - timedelta(hours=1)
    assert told.seconds == pytest.approx(2 * 3600)
    assert "Of the last" not in _page(client, "/transactions").text
    monkeypatch.setattr(transactions, "readable_range", lambda store, asked: readable_range(store, asked, most=4))
    page = _page(client, "/transactions?start=-2h")
    assert "Of the last 1.60 h of the range alone" in page.text.replace(NARROW_SPACE, " ")
    assert "POST /orders" in page.text
