"""A query of the URL is answered as table and charts; what is wrong, empty or cut says so, each in its way."""

from __future__ import annotations

import csv
import html
import io

import pytest
from otlp_requests import request_of
from web.markup import Markup
from web.shop import LAMBDA, order, records, span_id, trace_id

from mendline.insight.predefined import EXPLORE
from mendline.model.signal import Signal
from mendline.query import read_query
from mendline.query.over_time import over_time


def _page(client, query, status=200):
    answer = client.get(f"/explore?{query}")
    assert answer.status_code == status, answer.text
    return Markup(answer.text)


@pytest.fixture
def shop(holding, send_spans, tell):
    """Five orders, of which two failed, and a record of each level."""

    def fill():
        send_spans(*(span for number in range(1, 6) for span in order(number, fails=number > 3)), resource=LAMBDA)
        tell([records(("placed", 9, {"faas.invocation_id": "request-1"}), ("declined", 17, {}))])

    holding(fill)


# -- where to begin ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("example", EXPLORE, ids=lambda each: each.name)
def test_example_is_a_query_in_its_canonical_text_and_can_be_a_chart_where_it_is_one(example):
    checked = read_query(example.text)
    assert checked.text == example.text
    assert not checked.notices
    assert not example.over_time or over_time(checked.query, 60)


def test_newcomer_with_data_finds_queries_to_click(client, shop):
    page = _page(client, "start=-6h")
    links = page.links()
    assert "/explore?start=-6h&q=error" in links
    assert any("view=time" in link and "count" in link for link in links)
    assert "which rows" in page.text
    twin = client.get("/explore.json").json()
    assert len(twin["examples"]) == len(EXPLORE)


def test_newcomer_without_data_is_told_how_to_send_some(client):
    assert "AWS_LAMBDA_EXEC_WRAPPER" in _page(client, "").text
    assert "AWS_LAMBDA_EXEC_WRAPPER" in _page(client, "q=error").text


# -- answers -------------------------------------------------------------------------------------------------


def test_rows_lead_to_their_trace_function_and_invocation(client, shop):
    page = _page(client, "q=error")
    assert sorted(page.links(class_="row-link")) == [
        f"/traces/{trace_id(number)}?span={span_id(number)}" for number in (4, 5)
    ]
    assert {"/functions/checkout", "/invocations/request-4", "/invocations/request-5"} <= set(page.links())
    assert "OutOfStock" in page.text
    assert "none left of A-17" in page.text
    assert "span_id" not in page.text.partition("</thead>")[0]


def test_numbers_have_their_units_and_lead_to_the_rows_behind_them(client, shop):
    page = _page(client, "q=|count(),p95(duration),ratio(error) by function")
    for part in ("5", "100 ms", "40.0 %"):
        assert part in page.text.replace("\u202f", " ")
    assert "/explore?q=function%3Acheckout" in page.links()


def test_twin_is_the_answer_of_the_api_and_csv_has_all_rows(client, shop):
    twin = client.get("/explore.json?q=error").json()
    assert twin["answer"]["query"] == "error"
    assert len(twin["answer"]["rows"]) == 2
    assert not twin["more"]
    told = list(csv.DictReader(io.StringIO(client.get("/explore.csv?q=|count(),p50(duration) by function").text)))
    assert told == [{"function": "checkout", "count()": "5", "p50(duration) (ms)": "100.0"}]


def test_formula_of_a_stranger_is_a_text_in_csv(client, send_spans):
    send_spans(*order(1), resource={**LAMBDA, "faas.name": "=HYPERLINK(1)", "service.name": "=HYPERLINK(1)"})
    (row,) = csv.DictReader(io.StringIO(client.get("/explore.csv?q=|count() by function").text))
    assert row["function"] == "'=HYPERLINK(1)"


def test_what_is_counted_can_be_seen_over_time(client, shop):
    plain = _page(client, "q=error")
    (over,) = [link for link in plain.links() if "view=time" in link]
    page = Markup(client.get(over).text)
    charts = [attributes for tag, attributes in page.elements if tag == "figure"]
    assert len(charts) == 1
    assert int(charts[0]["data-steps"]) in (60, 61)
    assert "read as error | count() | over 1m every 1m" in page.text
    texts = [attributes["data-values"] for _, attributes in page.elements if "data-values" in attributes]
    assert sum(map(int, texts[0].split("|"))) == 2


def test_series_of_the_query_itself_is_a_chart_with_its_groups(client, shop):
    page = _page(client, "q=|count(),p50(duration) by function|over 5m every 5m")
    assert [tag for tag, _ in page.elements].count("figure") == 2
    assert "max 100" in page.text.replace("\u202f", " ")
    twice = [link for link in page.links() if "function%3Acheckout" in link and "start=20" in link]
    assert twice, "steps lead to the rows behind them, with their range"


def test_functions_are_a_table_even_where_a_chart_was_asked_for(client, shop):
    page = _page(client, "q=functions errors > 0&view=time")
    assert "figure" not in [tag for tag, _ in page.elements]
    assert "/functions/checkout?account=123456789012&region=eu-central-1" in page.links(class_="row-link")


def test_plan_and_sql_are_shown_when_asked_for(client, shop):
    page = _page(client, "q=error|count()&explain=1")
    for part in ("SELECT", "start_ns", '"is": "Plan"'):
        assert part in page.text
    assert client.get("/explore.json?q=error&explain=1").json()["run"]["sql"].startswith("SELECT")
    assert "run" not in client.get("/explore.json?q=error").json()


def test_pages_hold_a_hundred_rows(client, send_spans):
    send_spans(*(span for number in range(1, 151) for span in order(number)), resource=LAMBDA)
    for text in ("function:checkout", "function:checkout | limit 120", "| count() by span_id"):
        first = client.get(f"/explore.json?q={text}").json()
        second = client.get(f"/explore.json?q={text}&page=2").json()
        assert (len(first["answer"]["rows"]), first["more"]) == (100, True)
        assert (len(second["answer"]["rows"]), second["more"]) == (20 if "limit" in text else 50, False)
        assert not {tuple(row) for row in first["answer"]["rows"]} & {tuple(row) for row in second["answer"]["rows"]}
        assert "There is no page 3" in _page(client, f"q={text}&page=3").text


# -- what is wrong, empty, cut -------------------------------------------------------------------------------


def test_error_in_a_query_is_shown_at_its_place_with_a_query_that_works(client, shop):
    page = _page(client, "q=error.typ:OutOfStock | count()&start=-6h", 400)
    assert "Unknown field 'error.typ' at 1:1" in html.unescape(page.text)
    assert "^^^^^^^^^" in page.text
    (corrected,) = page.links(class_="corrected")
    assert corrected == "/explore?start=-6h&q=error.type%3AOutOfStock+%7C+count%28%29"
    assert client.get(corrected).status_code == 200
    twin = client.get("/explore.json?q=error.typ:OutOfStock")
    assert (twin.status_code, twin.json()["code"], twin.json()["column"]) == (400, "query_unknown_field", 1)


def test_error_on_a_later_line_shows_that_line(client, shop):
    page = _page(client, "q=error%0A| count() by%20functoin", 400)
    marked = [attributes for tag, attributes in page.elements if tag == "mark"]
    assert len(marked) == 1
    assert "functoin" in page.text
    assert "at 2:14" in page.text


def test_what_cannot_be_answered_says_why(client, shop):
    for query, status, says in (
        ("q=function:nobody", 200, "Nothing in this range fits"),
        ("q=error&start=-3h&end=-2h", 200, "Look there"),
        ("q=|count() by function|over 1h|where count()>100", 200, "The condition holds for nothing"),
        ("q=|count() by function|over 1h|where count()<usual", 200, "Still learning"),
        ("q=|count()|over 1s every 1s&start=-24h", 422, "longer `every` or a shorter range"),
        ("q=error&view=heat", 400, "view is 'heat'"),
        ("q=error&sort=duration", 400, "no filter 'sort'"),
        ("q=error&start=x", 400, "'x' is not a time"),
        ("q=error|since 2h", 200, "names its own range"),
    ):
        assert says in html.unescape(_page(client, query, status).text), query


def test_condition_that_holds_for_nothing_leads_to_the_values(client, shop):
    page = _page(client, "q=|count() by function|over 1h|where count()>100")
    (link,) = [link for link in page.links() if "over+1h" in link and "where" not in link]
    assert "checkout" in Markup(client.get(link).text).text


def test_answer_with_more_groups_than_it_holds_says_so(client, tell):
    functions = [{**LAMBDA, "faas.name": f"f{number}"} for number in range(1, 31)]
    tell([(Signal.TRACES, request_of(order(number), it)) for number, it in enumerate(functions, 1)])
    assert "more groups than an answer holds" in _page(client, "q=|count() by function|over 2s every 2s").text
