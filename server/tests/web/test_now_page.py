"""The first page tells what is unlike before, what changed, and how much there is; each number leads to its query."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from web.markup import Markup
from web.shop import LAMBDA, MINUTE, configuration, order

from mendline.insight.notable import notable_functions
from mendline.model.error_group import was_missing
from mendline.model.function import FunctionId, FunctionSummary

USUAL = FunctionSummary(
    id=FunctionId("1", "eu-west-1", "f"), invocations=1000, errors=5, timeouts=0, cold_starts=3, p50_ms=20.0,
    p99_ms=90.0, max_ms=200.0, timeout_ms=1000, memory_size_bytes=128 << 20, memory_used_bytes=60 << 20, cost_usd=None,
    version="1",    last_invoked=datetime(2026, 5, 1, tzinfo=UTC), trend=(),
)  # fmt: skip


@pytest.mark.parametrize(
    ("now", "before", "kinds"),
    [
        ({}, {}, []),
        ({"errors": 40}, {}, ["errors"]),
        ({"errors": 12}, {}, []),
        ({"invocations": 2, "errors": 2}, {}, ["invocations"]),
        ({"timeouts": 1}, {}, ["timeouts"]),
        ({"max_ms": 950.0}, {}, ["near_timeout"]),
        ({"memory_used_bytes": 127 << 20}, {}, ["near_memory"]),
        ({"p50_ms": 40.0}, {}, []),
        ({"p50_ms": 40.0, "p99_ms": 120.0}, {}, ["slower"]),
        ({"p99_ms": 200.0}, {}, ["slower"]),
        ({"p99_ms": 200.0, "invocations": 19}, {"invocations": 19}, []),
        ({"invocations": 1600}, {}, ["invocations"]),
        ({"invocations": 1400}, {}, []),
    ],
)
def test_what_stands_out_about_a_function(now, before, kinds):
    assert [it.kind for it in notable_functions([replace(USUAL, **now)], [replace(USUAL, **before)])] == kinds


def test_function_that_is_invoked_no_more_stands_out_and_one_without_a_before_does_not():
    assert [it.kind for it in notable_functions([], [USUAL])] == ["gone"]
    assert notable_functions([USUAL], []) == ()


def _page(client, url="/"):
    answer = client.get(url)
    assert answer.status_code == 200, answer.text
    return Markup(answer.text)


def test_newcomer_is_told_what_to_set_on_the_first_page(client):
    assert "AWS_LAMBDA_EXEC_WRAPPER" in _page(client).text


def test_numbers_lead_to_queries_that_add_up_to_them(client, send_spans):
    send_spans(*order(1, fails=True), *order(2, cold=True), *order(3), resource=LAMBDA)
    numbers = {it["name"]: it["value"] for it in client.get("/now.json").json()["numbers"]}
    assert {name: numbers[name] for name in ("Invocations", "Errors", "Cold starts", "Throttles")} == {
        "Invocations": 3, "Errors": 1, "Cold starts": 1, "Throttles": None,
    }  # fmt: skip
    page = _page(client)
    asked = [url for url in page.links() if url.startswith("/explore") and "by+function" in url]
    counts = [client.get(url.replace("/explore", "/explore.json")).json()["answer"]["rows"][0][1] for url in asked[:2]]
    assert counts == [3, 1]
    assert parse_qs(urlsplit(asked[1]).query)["q"] == ["error | count() by function"]


def test_changes_new_errors_and_new_resources_are_told(client, send_spans, tell, context, now):
    send_spans(*order(1, ago_ns=50 * 60 * MINUTE), resource=LAMBDA)
    call = order(2)[1]
    call["attributes"]["mendline.resource.name"] = "invoices"
    send_spans(*order(3, fails=True), call, resource=LAMBDA)
    tell([configuration("", kind="timeout", before='{"timeout_s":3}', after='{"timeout_s":30}')])
    text = _page(client).text
    for part in ("checkout timeout 3 s → 30 s", "OutOfStock none left of A-17 1 time in checkout",
                 "dynamodb invoices called 1 time by checkout"):  # fmt: skip
        assert part in text
    (error,) = client.get("/now.json").json()["new_errors"]
    context.error_marks.set(error["fingerprint"], {"state": "expected", "reason": "sold out"}, now, "")
    assert client.get("/now.json").json()["new_errors"] == []
    context.error_marks.set(error["fingerprint"], {"state": "resolved"}, now - timedelta(hours=2), "")
    assert "Errors that came back" in _page(client).text


@pytest.mark.parametrize(
    ("hours_known", "hours_ago", "count", "missing"),
    [(50, 1, 1, True), (50, 23, 1, False), (50, 23, 24, True), (24, 23.9, 200, False), (24, 24, 1, False)],
)
def test_error_is_new_where_it_would_have_been_seen_before(hours_known, hours_ago, count, missing):
    end = datetime(2026, 5, 2, tzinfo=UTC)
    first = end - timedelta(hours=hours_ago)
    assert was_missing(first, count, end - timedelta(hours=hours_known), end) is missing


def test_error_of_which_history_has_not_come_yet_is_not_new(client, send_spans):
    send_spans(*order(1, fails=True, ago_ns=40 * MINUTE), *order(2, fails=True), resource=LAMBDA)
    assert client.get("/now.json").json()["new_errors"] == []
    assert set(client.get("/errors.json").json()["states"].values()) == {"ongoing"}
    assert "1 seen for the first time" in _page(client).text


def test_range_without_anything_leads_to_one_with_something(client, send_spans):
    send_spans(*order(1, ago_ns=180 * MINUTE), resource=LAMBDA)
    (link,) = {link for link in _page(client).links() if link.startswith("/?") and "-6h" in link}
    assert "Invocations 1" in _page(client, link).text


def test_spans_that_are_no_invocations_lead_to_their_traces(client, send_spans):
    send_spans(*order(1)[1:], resource={"service.name": "storefront"})
    page = _page(client)
    assert "none of them is an invocation" in page.text
    assert "See the traces" in page.text
