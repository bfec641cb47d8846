"""Lists: wrong filters are refused in words, pages stay what they were, columns show what is there."""

from __future__ import annotations

import html
import time

import pytest
from halves import S, report
from web.markup import Markup
from web.shop import LAMBDA, order, span_id, trace_id

FUNCTION = "/functions/checkout?account=123456789012&region=eu-central-1"


def _page(client, url, status=200):
    answer = client.get(url)
    assert answer.status_code == status, answer.text
    return Markup(answer.text)


@pytest.fixture
def shop(holding, send_spans):
    orders = [span for number in range(1, 4) for span in order(number, fails=number == 3)]
    holding(lambda: send_spans(*orders, resource=LAMBDA))


@pytest.mark.parametrize("path", ["/functions?", "/traces?", FUNCTION + "&"])
@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("errors=2", "errors is '2'"),
        ("live=yes", "live is 'yes'"),
        ("min_ms=abc", "no filter 'min_ms'"),
        ("errros=1", "Did you mean 'errors'?"),
        ("start=-1h&start=-2h", "'start' is there more than once"),
        ("page=0", "'0' is not a page number"),
        ("sort=colour", "cannot be sorted by 'colour'"),
    ],
)
def test_filter_that_is_not_applied_is_refused_on_the_page_and_in_its_twin(client, shop, path, query, named):
    assert named in _page(client, path + query, 400).text
    twin = client.get(path.replace("?", ".json?", 1) + query)
    assert (twin.status_code, twin.json()["code"]) == (400, "usage")
    assert named in twin.json()["message"]


def test_error_page_keeps_its_frame(client, shop):
    page = _page(client, "/traces?errors=2", 400)
    for part in ("open access", "telemetry in at", "Mendline 1.2.3"):
        assert part in page.text
    assert {"/functions", "/traces"} <= set(page.links())


def test_links_to_other_pages_hold_the_range_as_moments(client, send_spans):
    send_spans(*(span for number in range(1, 102) for span in order(number)), resource=LAMBDA)
    (following,) = [link for link in _page(client, "/traces?start=-6h").links() if "page=2" in link]
    assert "end=20" in following
    assert "start=20" in following
    assert len(_page(client, following).links(class_="row-link")) == 1
    (before,) = [link for link in _page(client, following).links() if "page" not in link and "end=20" in link and
                 link.startswith("/traces?") and "errors" not in link and "sort" not in link][-1:]  # fmt: skip
    assert len(_page(client, before).links(class_="row-link")) == 100


def test_failures_in_a_list_say_what_happened(client, shop):
    page = _page(client, FUNCTION + "&errors=1")
    assert "none left of A-17" in page.text


def test_columns_without_anything_in_them_are_left_away(client, send_spans):
    send_spans({"kind": 2, "name": "checkout", "start": order(1)[0]["start"]}, resource=LAMBDA)
    text = _page(client, FUNCTION).text
    for name in ("Memory", "Trigger", "Slowest operation", "Cold start</th>", "Error</th>"):
        assert f">{name}" not in text.replace("Cold starts", "")


def test_unknown_function_is_named_with_what_was_asked_for(client, shop):
    assert "account" not in _page(client, "/functions/nobody", 404).text.partition("said")[2].partition("</p>")[0]
    told = html.unescape(_page(client, "/functions/nobody?account=1&region=", 404).text)
    assert "(account '1')" in told


def test_request_id_alone_leads_to_its_newest_attempt(client, send_spans):
    for number in (1, 2):
        root, call = order(number)
        root["attributes"]["faas.invocation_id"] = "same"
        root["start"] += number * 10 * 10**9
        send_spans(root, call, resource=LAMBDA)
    answer = client.get("/invocations/same")
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(f"/traces/{trace_id(2)}?span={span_id(2)}")
    assert client.get("/invocations/same.json").json()["id"] == "same~2"


def test_invocation_that_only_the_platform_tells_of_has_a_page(client, tell):
    start = time.time_ns() - 60 * S
    failed = {"mendline.status": "error", "error.type": "Runtime.OutOfMemory"}
    tell([report(start, duration=800.0, **failed)])
    (link,) = _page(client, "/functions/checkout").links(class_="row-link")
    page = _page(client, link)
    for told in ("Only the platform tells", "Runtime.OutOfMemory", "142 ms", "77 MB", "report"):
        assert told in page.text
    told = client.get("/invocations/r1~1.json").json()
    assert (told["error_kind"], told["trace_id"], told["billed_ms"]) == ("oom", "", 142)


def test_one_invocation_names_its_slowest_operation(client, shop):
    told = client.get("/invocations/request-1~1.json").json()
    assert (told["slowest"], told["slowest_ms"]) == ("dynamodb orders PutItem", 70)
    assert told["calls"] == [["dynamodb orders", 70]]


def test_failed_invocation_without_a_response_says_that_it_raised(client, send_spans):
    root, call = order(1, fails=True)
    del root["attributes"]["mendline.response"]
    send_spans(root, call, resource=LAMBDA)
    assert "none: it raised" in _page(client, f"/traces/{trace_id(1)}?span={span_id(1)}").text


def test_second_span_with_the_same_id_can_be_selected(client, send_spans):
    root, call = order(1)
    again = {**call, "start": call["start"] + 20 * 10**6, "name": "DynamoDB.GetItem",
             "attributes": {**call["attributes"], "mendline.resource.operation": "GetItem"}}  # fmt: skip
    send_spans(root, call, again, resource=LAMBDA)
    key = call["span_id"].hex() + ".2"
    page = _page(client, f"/traces/{trace_id(1)}?span={key}")
    assert "not among the spans" not in page.text
    current = [attributes for _, attributes in page.elements if attributes.get("aria-current") == "true"]
    assert [attributes["data-span"] for attributes in current if "data-span" in attributes] == [key]
