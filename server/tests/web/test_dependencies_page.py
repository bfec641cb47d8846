"""What is called: every resource with its numbers, and a page for each that leads to queries."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from web.markup import Markup
from web.shop import LAMBDA, MINUTE, order

from mendline.insight.dependencies import list_dependencies
from mendline.model.timerange import parse_range


def _call(number, name, **attributes):
    """A call of order `number` to an API, which fails where it has a type of error."""
    root, call = order(number, ago_ns=attributes.pop("ago_ns", 5 * MINUTE))
    told = {"mendline.resource.type": "http", "mendline.resource.name": name, "mendline.resource.operation": "GET /x"}
    failed = 2 if "error.type" in attributes else 0
    return [root, {**call, "status": failed, "attributes": {**told, **attributes}}]


@pytest.fixture
def calls(send_spans):
    send_spans(*order(1, ago_ns=5 * MINUTE), *_call(2, "api.example"), resource=LAMBDA)
    send_spans(*_call(3, "api.example", **{"error.type": "503", "mendline.retries": 2}), resource=LAMBDA)
    send_spans(*_call(4, "api.example", **{"error.type": "429"}), resource=LAMBDA)
    send_spans(
        *_call(5, "old.example", ago_ns=90 * MINUTE), *_call(6, "api.example", ago_ns=91 * MINUTE), resource=LAMBDA
    )


def _page(client, url):
    answer = client.get(url)
    assert answer.status_code == 200, answer.text
    return Markup(answer.text)


def test_resources_are_counted_with_what_failed(store, calls, now):
    api, table = list_dependencies(store, parse_range(None, None, now))
    assert (api.name, api.calls, api.errors, api.throttled) == ("api.example", 3, 2, 1)
    assert sorted(api.error_kinds) == [("provider", 1), ("throttled", 1)]
    assert api.services == ("checkout",)
    assert sum(api.trend) == 3
    assert api.availability == pytest.approx(1 / 3)
    assert (table.type, table.name, table.errors) == ("dynamodb", "orders", 0)
    assert table.p99_ms == pytest.approx(70, rel=0.01)


def test_list_is_sorted_filtered_and_compared_as_the_url_says(client, calls):
    names = _page(client, "/dependencies?sort=name").links(class_="row-link")
    assert ["api.example" in names[0], "orders" in names[1]] == [True, True]
    assert len(_page(client, "/dependencies?type=dynamodb").links(class_="row-link")) == 1
    assert "Nothing of the type redis" in _page(client, "/dependencies?type=redis").text
    assert "api.example http" in _page(client, "/dependencies?compare=before").text
    assert "\u00d73.00" in _page(client, "/dependencies?compare=before").text


def test_page_of_a_resource_tells_operations_callers_and_failures_and_leads_to_queries(client, calls):
    url = "/dependencies/resource?type=http&name=api.example"
    page = _page(client, url)
    for part in ("ok total 1", "failed total 2", "GET /x", "checkout", "503", "429", "retries"):
        assert part in page.text or part in str([it.get("aria-label") for _, it in page.elements])
    for panel in client.get(url.replace("?", ".json?")).json()["panels"]:
        assert client.get(f"/explore.json?q={quote(panel['query'])}").json()["answer"]["rows"], panel


def test_resource_that_was_not_called_says_so(client, calls):
    assert (
        "in the period before it was, 1 time."
        in _page(client, "/dependencies/resource?type=http&name=old.example").text
    )
    assert client.get("/dependencies/resource?name=x").status_code == 400
    assert "Not called" in _page(client, "/dependencies/resource?type=http&name=never").text


def test_service_report_tells_months_and_two_vendors_side_by_side_and_as_csv(client, calls):
    url = "/dependencies/report?type=http&name=api.example"
    page = _page(client, url)
    assert "eight days with 20 calls each are needed to say anything" in page.text
    assert "http old.example" in page.text
    beside = client.get("/dependencies/report.json?type=http&name=api.example&other=http:old.example").json()
    told = [(it["name"], sum(month["calls"] for month in it["months"])) for it in beside["reports"]]
    assert told == [("api.example", 4), ("old.example", 1)]
    assert sum(it["errors"] for it in beside["reports"][0]["days"]) == 2
    assert "which is faster is not proven" in _page(client, f"{url}&other=http:old.example").text
    csv = client.get(f"{url.replace('report?', 'report.csv?')}&other=http:old.example")
    assert csv.headers["content-type"].startswith("text/csv")
    assert {tuple(line.split(",")[1:3]) for line in csv.text.splitlines()[1:]} == {
        (name, period) for name in ("api.example", "old.example") for period in ("month", "day")
    }
    for wrong in ("/dependencies/report", f"{url}&other=x", f"{url}&start=x"):
        assert client.get(wrong).status_code == 400
    assert "Nothing called this" in _page(client, "/dependencies/report?type=http&name=nobody").text
