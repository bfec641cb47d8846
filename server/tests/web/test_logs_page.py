"""Logs: found by words, level and function; what is empty says why; records lead to invocations and traces."""

from __future__ import annotations

import pytest
from web.markup import Markup
from web.shop import LAMBDA, records


@pytest.fixture
def shop(holding, tell):
    told = [
        records(
            ("order placed", 9, {"faas.invocation_id": "r-1"}),
            ("card declined\nTraceback: line 7", 17, {"faas.invocation_id": "r-2", "n": 7}),
            ("stock is low", 13, {}),
        ),
        records(("report ready", 9, {}), resource={**LAMBDA, "service.name": "report", "faas.name": "report"}),
    ]
    holding(lambda: tell(told))


def _page(client, url, status=200):
    answer = client.get(url)
    assert answer.status_code == status, answer.text
    return Markup(answer.text)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["report ready", "stock is low", "card declined", "order placed"]),
        ("?q=DECLINED+card", ["card declined"]),
        ("?severity=warn", ["stock is low", "card declined"]),
        ("?service=report", ["report ready"]),
        ("?request_id=r-1", ["order placed"]),
    ],
)
def test_filters_choose_records_on_the_page_and_in_its_twin(client, shop, query, found):
    text = _page(client, f"/logs{query}").text
    everything = ["report ready", "stock is low", "card declined", "order placed"]
    assert [body for body in everything if body in text] == [body for body in everything if body in found]
    twin = client.get(f"/logs.json{query}").json()
    assert sorted(record["body"].split("\n")[0] for record in twin["logs"]) == sorted(found)
    assert sum(twin["volume"]["records"]) == len(found)


def test_level_is_told_by_shape_and_word_and_the_rest_can_be_opened(client, shop):
    page = _page(client, "/logs")
    assert "▲" in page.text
    assert "◆" in page.text
    assert "Traceback: line 7" in page.text
    assert {"/invocations/r-1", "/invocations/r-2"} <= set(page.links())


def test_what_the_agent_sent_is_told_from_what_the_log_brought(client, tell):
    tell([records(("same line", 9, {}), scope_name=scope) for scope in ("mendline_agent", "mendline.cloudwatch")])
    elements = _page(client, "/logs").elements
    assert len([tag for tag, attributes in elements if "The agent sent" in attributes.get("title", "")]) == 1


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("?q=nobody", "No record in this range fits"),
        ("?page=2", "There is no page 2"),
        ("?start=-2h&end=-1h", "Show it"),
    ],
)
def test_empty_list_says_why(client, shop, query, says):
    assert says in _page(client, f"/logs{query}").text


def test_store_without_any_record_says_how_they_come(client):
    page = _page(client, "/logs")
    assert "No log record has come yet" in page.text
    assert "http://127.0.0.1:4318" in page.text


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("?severity=loud", "severity is 'loud'"),
        ("?q=---", "no word"),
        ("?trace_id=x", "not a trace id"),
        ("?qq=1", "Did you mean 'q'?"),
    ],
)
def test_wrong_filter_is_refused_in_words(client, shop, query, named):
    assert named in _page(client, f"/logs{query}", 400).text.replace("&#39;", "'")
