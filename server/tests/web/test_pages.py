"""Pages show what is stored, keep their state in the URL, lead on from one to the next, and have JSON twins."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from otlp_requests import request_of
from web.markup import Markup
from web.shop import LAMBDA, MINUTE, order, span_id, trace_id

from mendline.ingest.otlp_json.decode import to_protobuf
from mendline.insight.functions import list_functions
from mendline.insight.invocations import find_invocation, list_invocations
from mendline.insight.trace_lists import list_traces
from mendline.insight.traces import get_trace
from mendline.insight.verdicts import judge_trace
from mendline.model.function import FunctionId
from mendline.model.jsonable import to_jsonable
from mendline.model.signal import Signal
from mendline.model.timerange import parse_range

CHECKOUT = "/functions/checkout?account=123456789012&region=eu-central-1"
SERVICE = {"service.name": "storefront"}


def _page(client, url, status=200):
    answer = client.get(url)
    assert answer.status_code == status, answer.text
    return Markup(answer.text)


@pytest.fixture
def shop(holding, send_spans):
    """Five orders: the third failed, the fourth is slow, the fifth began cold."""
    how = {3: {"fails": True}, 4: {"duration_ms": 900}, 5: {"cold": True}}
    orders = [span for number in range(1, 6) for span in order(number, **how.get(number, {}))]
    holding(lambda: send_spans(*orders, resource=LAMBDA))


# -- functions -----------------------------------------------------------------------------------------------


def test_function_is_counted_on_the_list(client, shop):
    text = _page(client, "/functions").text
    for part in ("checkout", "1 function", "5 invocations", "1 error", "20.0 %", "900 ms", "64 MB"):
        assert part in text


def test_function_is_compared_with_the_period_before(client, send_spans):
    send_spans(*order(1), *order(2), resource=LAMBDA)
    send_spans(*order(3, ago_ns=90 * MINUTE, duration_ms=50), resource=LAMBDA)
    send_spans(*order(4), resource={**LAMBDA, "faas.name": "late"})
    page = _page(client, "/functions?compare=before")
    told = page.text.split("checkout")[1]
    assert "+100 %" in told
    assert "late new" in page.text
    assert [it["invocations"] for it in client.get("/functions.json?compare=before").json()["before"]] == [1]
    assert "compare=before" in str(_page(client, "/functions").links())


def test_cost_of_a_function_follows_the_published_formula(client, send_spans):
    send_spans(*order(1, duration_ms=1000), resource=LAMBDA)
    (told,) = client.get("/functions.json").json()["functions"]
    assert told["cost_usd"] == pytest.approx(1.0 * 0.25 * 1.66667e-05 + 2e-07)
    assert "$0.00000437" in _page(client, "/functions").text
    send_spans(*order(2), resource={key: value for key, value in LAMBDA.items() if key != "faas.max_memory"})
    free = client.get("/functions.json").json()["functions"]
    assert free[0]["cost_usd"] == pytest.approx(told["cost_usd"])


def test_timeouts_and_health_are_told_and_lead_to_their_invocations(client, send_spans):
    ended, waited = order(1, fails=True), order(3, fails=True)
    ended[0]["attributes"]["error.type"] = "Sandbox.Timedout"
    waited[0]["attributes"]["error.type"] = "urllib3.exceptions.ReadTimeoutError"  # somebody else's time was up
    send_spans(*ended, *waited, *order(2), *order(4), resource=LAMBDA)
    page = _page(client, "/functions?sort=health")
    assert "▲ 50.0 %" in page.text
    assert [it["timeouts"] for it in client.get("/functions.json").json()["functions"]] == [1]
    (link,) = [link for link in page.links() if "timed_out" in link]
    assert "request-1" in client.get(link).text
    assert "request-3" not in client.get(link).text


def test_version_that_follows_another_is_told_as_a_deployment(client, send_spans):
    for number, version, ago in ((1, "7", 50), (2, "8", 20), (3, "8", 10)):
        send_spans(*order(number, ago_ns=ago * MINUTE), resource={**LAMBDA, "faas.version": version})
    (told,) = client.get("/functions.json").json()["deployed"]
    assert told["time"] == client.get("/invocations/request-2~1.json").json()["start"]
    assert re.search(r"\b2\d min ago", _page(client, "/functions").text)


def test_batch_of_ten_thousand_records_keeps_its_links_and_its_page_stays_readable(client, send_spans):
    root, call = order(1)
    ids = [f"sqs:059f36b4-87a3-44ab-83d2-{number:012}" for number in range(10_000)]
    root["attributes"] |= {"mendline.trigger": "sqs", "mendline.links.in": ids}
    root["links"] = [(number.to_bytes(16, "big"), number.to_bytes(8, "big")) for number in range(2, 10_002)]
    send_spans(root, call, resource=LAMBDA)
    url = f"/traces/{root['trace_id'].hex()}"
    page = _page(client, f"{url}?span={root['span_id'].hex()}")
    told = re.sub(r"\s", "", page.text)
    assert "and9980more" in told  # traces that it has messages of
    assert "and9900more" in told  # linked spans
    (span,) = [one for one in client.get(f"{url}.json").json()["spans"] if one["span_id"] == root["span_id"].hex()]
    assert json.loads(span["attributes"]["mendline.links.in"]) == ids
    assert len(span["links"]) == 10_000


def test_place_is_shown_only_when_there_are_several(client, shop, send_spans):
    assert "eu-central-1" not in _page(client, "/functions").text
    send_spans(*order(9), resource={**LAMBDA, "cloud.region": "us-east-1"})
    assert "us-east-1" in _page(client, "/functions").text


def test_functions_are_sorted_as_the_url_says(client, send_spans):
    send_spans(*order(1, fails=True), resource={**LAMBDA, "faas.name": "alpha"})
    send_spans(*order(2, duration_ms=500), resource={**LAMBDA, "faas.name": "beta"})
    expected = {"": "alpha", "name": "alpha", "-name": "beta", "max": "beta", "-max": "alpha", "last": "alpha"}
    for sort, first in expected.items():
        links = _page(client, f"/functions?sort={sort}").links(class_="row-link")
        assert links[0].startswith(f"/functions/{first}?"), sort


def test_sorted_column_turns_round_on_the_next_click(client, shop):
    assert "/functions?sort=-p99" in _page(client, "/functions?sort=p99").links()
    assert "/functions?sort=p99" in _page(client, "/functions?sort=-p99").links()


def test_functions_are_found_by_a_part_of_their_name(client, shop):
    assert _page(client, "/functions?q=CHECK").links(class_="row-link")
    assert "No function in this range" in _page(client, "/functions?q=nobody").text


# -- empty pages ---------------------------------------------------------------------------------------------


def test_newcomer_is_told_what_to_set(client):
    page = _page(client, "/functions")
    assert "AWS_LAMBDA_EXEC_WRAPPER" in _page(client, "/traces").text
    for part in (
        "AWS_LAMBDA_EXEC_WRAPPER=/opt/mendline",
        "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318",
        "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
        "OTEL_SERVICE_NAME=",
        "from mendline_agent import instrument",
        "make demo",
    ):
        assert part in page.text
    region = next(attributes for _, attributes in page.elements if attributes.get("id") == "live-region")
    assert region["data-live"] == "on"


def test_empty_range_links_to_one_that_holds_something(client, send_spans):
    send_spans(*order(1, ago_ns=180 * MINUTE), resource=LAMBDA)
    for path in ("/functions", "/traces", CHECKOUT):
        offered = [link for link in _page(client, path).links() if "start=-6h" in link]
        assert _page(client, offered[-1]).links(class_="row-link"), path


def test_spans_without_invocations_lead_to_the_traces(client, send_spans):
    send_spans({"name": "GET /", "kind": 2, "start": order(1)[0]["start"]}, resource=SERVICE)
    page = _page(client, "/functions")
    assert "none of them is an invocation" in page.text
    assert "/traces" in page.links()


def test_filter_that_leaves_nothing_can_be_taken_away(client, send_spans):
    send_spans(*order(1), resource=LAMBDA)
    assert CHECKOUT.partition("?")[0] in str(_page(client, CHECKOUT + "&errors=1").links())
    assert "No trace in this range fits" in _page(client, "/traces?errors=1").text
    assert "There is no page 7" in _page(client, "/traces?page=7").text


# -- one function --------------------------------------------------------------------------------------------


def test_invocations_lead_to_their_span_in_the_trace(client, shop):
    links = _page(client, CHECKOUT).links(class_="row-link")
    assert links == [f"/traces/{trace_id(number)}?span={span_id(number)}" for number in (1, 2, 3, 4, 5)]


def test_invocation_tells_error_cold_start_and_slowest_operation(client, shop):
    text = _page(client, CHECKOUT).text
    for part in ("OutOfStock", "cold 250 ms", "630 ms", "POST /orders", "request-1"):
        assert part in text


def test_invocations_are_filtered_and_sorted_as_the_url_says(client, shop):
    assert len(_page(client, CHECKOUT + "&errors=1").links(class_="row-link")) == 1
    assert trace_id(4) in _page(client, CHECKOUT + "&sort=duration").links(class_="row-link")[0]


def test_long_lists_have_pages(client, send_spans):
    send_spans(*[span for number in range(1, 102) for span in order(number)], resource=LAMBDA)
    first = _page(client, CHECKOUT)
    assert len(first.links(class_="row-link")) == 100
    (following,) = first.links(rel="next")
    second = _page(client, following)
    assert len(second.links(class_="row-link")) == 1
    assert not second.links(rel="next")


def test_name_alone_is_enough_where_it_is_unique(client, shop, send_spans):
    assert _page(client, "/functions/checkout").links(class_="row-link")
    send_spans(*order(9), resource={**LAMBDA, "cloud.region": "us-east-1"})
    assert "2 functions are called" in _page(client, "/functions/checkout", 400).text


@pytest.mark.thorough
def test_function_of_any_name_has_a_page(client, tell):
    names = ["", "a/b", "x.json", "..", "/", "ü %2F?#&=+", "<b>", "a\x00b"]
    places = [{**LAMBDA, "service.name": name, "faas.name": name} for name in names]
    tell([(Signal.TRACES, request_of(order(number), place)) for number, place in enumerate(places, 1)])
    links = _page(client, "/functions?sort=last").links(class_="row-link")
    for name, link in zip(names, links, strict=True):
        page = _page(client, link)
        assert len(page.links(class_="row-link")) == 1, name
        assert client.get(page.links()[-1]).json()["function"]["id"]["name"] == name


# -- traces --------------------------------------------------------------------------------------------------


def test_traces_show_services_that_are_no_functions(client, send_spans):
    send_spans({"name": "GET /products", "kind": 2, "start": order(1)[0]["start"]}, resource=SERVICE)
    page = _page(client, "/traces")
    assert "GET /products" in page.text
    assert "/traces?service=storefront" in page.links()
    assert "No trace in this range fits" in _page(client, "/traces?service=other").text


def test_trace_shows_tree_error_and_bodies(client, shop):
    page = _page(client, f"/traces/{trace_id(3)}")
    for part in ("dynamodb", "orders PutItem", "OutOfStock", "none left of A-17", "shop.py", '"sku": "A-17"', "409"):
        assert part in page.text
    rows = [attributes for tag, attributes in page.elements if tag == "a" and "data-level" in attributes]
    assert [row["data-level"] for row in rows] == ["1", "2"]


def test_selected_span_is_the_one_in_the_url(client, shop):
    rows = [
        attributes
        for _, attributes in _page(client, f"/traces/{trace_id(1)}?span={(1 + (1 << 32)):016x}").elements
        if "data-level" in attributes
    ]
    assert ["aria-current" in row for row in rows] == [False, True]
    assert "is not among" in _page(client, f"/traces/{trace_id(1)}?span=beef").text


def test_fragment_is_the_detail_and_nothing_else(client, shop):
    whole = client.get(f"/traces/{trace_id(3)}?span={span_id(3)}").text
    fragment = client.get(f"/traces/{trace_id(3)}?span={span_id(3)}&fragment=detail").text
    assert "<html" not in fragment
    assert fragment.strip() in whole


def test_detail_shows_scope_trace_state_and_what_links_carry(client, send_spans):
    links = [(b"o" * 16, b"l" * 8, {"message": "m-17"})]
    send_spans({**order(1)[0], "trace_state": "ot=th:c", "links": links}, resource=LAMBDA)
    text = _page(client, f"/traces/{trace_id(1)}").text
    assert "Trace state ot=th:c" in text
    assert "message m-17" in text
    assert "Scope name test" in text


def test_missing_parent_is_marked(client, send_spans):
    send_spans(order(1)[0], {**order(1)[1], "parent_id": b"missing!"}, resource=LAMBDA)
    assert "parent missing" in _page(client, f"/traces/{trace_id(1)}").text


def test_batches_and_their_senders_link_to_each_other(client, send_spans):
    send_spans(
        order(1)[0], {**order(2)[0], "links": [((1).to_bytes(16, "big"), (1).to_bytes(8, "big"))]}, resource=LAMBDA
    )
    assert f"/traces/{trace_id(2)}" in _page(client, f"/traces/{trace_id(1)}").links()
    assert f"/traces/{trace_id(1)}" in _page(client, f"/traces/{trace_id(2)}").links()


def test_request_id_leads_to_the_trace(client, shop):
    answer = client.get("/invocations/request-3~1")
    assert (answer.status_code, answer.headers["location"]) == (302, f"/traces/{trace_id(3)}?span={span_id(3)}")


# -- twins and errors ----------------------------------------------------------------------------------------


def test_json_twin_is_what_insight_says(client, shop, store, now):
    time_range = parse_range("-2h", None, now)
    function, trace = FunctionId("123456789012", "eu-central-1", "checkout"), get_trace(store, trace_id(3))
    expected = {
        "/functions.json?start=-2h": ("functions", list_functions(store, time_range)),
        CHECKOUT.replace("?", ".json?") + "&start=-2h&errors=1": (
            "invocations",
            list_invocations(store, function, time_range, only_errors=True),
        ),
        "/traces.json?start=-2h&sort=duration": ("traces", list_traces(store, time_range, sort="duration")),
        f"/traces/{trace_id(3)}.json": (
            "",
            {**to_jsonable(trace), "verdict": judge_trace(store, trace), "sender": None, "started": []},
        ),
        "/invocations/request-3~1.json": ("", find_invocation(store, "request-3~1")),
    }
    for url, (key, value) in expected.items():
        said = client.get(url).json()
        assert (said[key] if key else said) == to_jsonable(value), url


def test_every_page_links_to_its_twin(client, shop):
    for path in ("/functions", "/traces", CHECKOUT, f"/traces/{trace_id(3)}"):
        twin = next(link for link in _page(client, path).links() if ".json" in link)
        assert client.get(twin).headers["content-type"] == "application/json"


def test_error_is_a_page_and_its_twin_is_json(client):
    expected = {
        "/functions?start=yesterday": (400, "usage"),
        "/functions?start=now&end=-1h": (400, "usage"),
        "/functions?sort=colour": (400, "usage"),
        "/traces?page=0": (400, "usage"),
        "/traces?page=9999999999": (400, "usage"),
        "/traces/zz": (404, "not_found"),
        "/functions/nobody": (404, "not_found"),
        "/functions/": (404, "not_found"),
        "/invocations/nobody": (404, "not_found"),
        "/nowhere": (404, "not_found"),
    }
    for url, (status, code) in expected.items():
        assert code in _page(client, url, status).text
        path, question, query = url.partition("?")
        answer = client.get(f"{path}.json{question}{query}")
        assert (answer.status_code, answer.json()["code"]) == (status, code), url


def test_form_keeps_what_was_typed_wrong(client):
    page = _page(client, "/functions?start=yesterday&end=now", 400)
    assert ("input", "yesterday") in [(tag, attributes.get("value")) for tag, attributes in page.elements]


def test_range_stays_from_page_to_page(client, shop):
    page = _page(client, "/functions?start=-6h")
    assert {"/functions?start=-6h", "/traces?start=-6h"} <= set(page.links())
    assert all("start=-6h" in link for link in page.links(class_="row-link"))


def test_assets_have_their_type_and_are_revalidated(client):
    for name, kind in {"app.css": "text/css", "live.js": "text/javascript", "icon.svg": "image/svg+xml"}.items():
        answer = client.get(f"/static/{name}")
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["etag"]


def test_trace_can_be_taken_away_as_otlp_and_comes_back_the_same(client, store, send_spans, tell):
    root, call = order(1, fails=True)
    root["attributes"] |= {"n": 7, "share": 0.5, "yes": True, "list": ["a", 1]}
    send_spans(root, call, resource=LAMBDA)
    before = get_trace(store, trace_id(1))
    answer = client.get(f"/traces/{trace_id(1)}/otlp.json")
    assert f"trace-{trace_id(1)}.json" in answer.headers["content-disposition"]
    body = answer.content.replace(trace_id(1).encode(), trace_id(2).encode())
    tell([(Signal.TRACES, to_protobuf(Signal.TRACES, body, most_records=1000))])
    after = get_trace(store, trace_id(2))
    assert replace(after, trace_id=trace_id(1)) == before


def test_trace_says_what_its_time_was_spent_on(client, send_spans):
    send_spans(*order(1), resource=LAMBDA)
    page = _page(client, f"/traces/{trace_id(1)}")
    assert "70.0 % in dynamodb orders PutItem 70.0 ms" in page.text
    assert "30.0 % in the code of checkout 30.0 ms" in page.text
    assert sum(attributes.get("class") == "bar-critical" for tag, attributes in page.elements if tag == "rect") == 3 + 1


def test_trace_is_a_map_too_whose_nodes_lead_to_their_spans(client, send_spans):
    root, call = order(1)
    sends = {
        **call,
        "span_id": b"sends" + bytes(3),
        "kind": 4,
        "attributes": {
            "mendline.resource.type": "sqs",
            "mendline.resource.name": "jobs",
            "mendline.resource.operation": "SendMessage",
        },
    }
    takes = {**order(2)[0], "trace_id": root["trace_id"], "parent_id": sends["span_id"]}
    send_spans(root, call, sends, resource=LAMBDA)
    send_spans(takes, resource={**LAMBDA, "faas.name": "worker", "service.name": "worker"})
    page = _page(client, f"/traces/{trace_id(1)}?view=map")
    for edge in ("entry:apigateway.v2 → function:checkout", "function:checkout → dynamodb:orders",
                 "function:checkout → sqs:jobs", "sqs:jobs → function:worker"):  # fmt: skip
        assert edge in page.text
    assert f"/traces/{trace_id(1)}?span={span_id(2)}" in page.links()
    assert client.get(f"/traces/{trace_id(1)}?view=tree").status_code == 400
