"""What functions cost and what of it was for nothing: to the dated prices, on the page, in its twin, as a finding."""

from __future__ import annotations

import json

import pytest
from web.markup import Markup
from web.shop import LAMBDA, configuration, order

from mendline.insight.findings import list_findings
from mendline.model.timerange import parse_range

MEMORY_GB = 0.25


@pytest.fixture
def spending(send_spans, tell):
    """30 executions of 100 ms, ten of which fail; on arm64, with 1 GB of storage."""
    roots = [order(number, fails=number % 3 == 0)[0] for number in range(1, 31)]
    for number, root in enumerate(roots, 1):
        root["attributes"] |= {"mendline.cpu_ms": 25.0, "tenant": "alder" if number % 2 else "birch"}
    send_spans(*roots, resource=LAMBDA)
    tell([configuration(json.dumps({"architecture": "arm64", "memory_mb": 256, "ephemeral_storage_mb": 1536}))])


def test_costs_are_billed_time_by_dated_prices_and_waste_is_told(client, spending):
    told = client.get("/costs.json?tag=tenant").json()
    (one,) = told["functions"]
    charge = one["cost"]["charge"]
    assert charge["compute_usd"] == pytest.approx(30 * 0.1 * MEMORY_GB * 1.33334e-05)
    assert charge["requests_usd"] == pytest.approx(30 * 2e-07)
    assert charge["storage_usd"] == pytest.approx(30 * 0.1 * 1.0 * 3.09e-08)
    assert one["wasted_usd"] == pytest.approx((charge["compute_usd"] + charge["requests_usd"]) / 3)
    assert one["waiting_usd"] == pytest.approx(charge["compute_usd"] * 0.75)
    assert not any(panel.get("failure") for panel in told["panels"])
    page = Markup(client.get("/costs?tag=tenant").text)
    assert "arm64" in page.text
    assert "alder" in page.text
    assert "alder" not in client.get("/costs").text


def test_waste_is_a_finding_from_a_quarter_on(store, spending, now):
    found = list_findings(store, parse_range(None, None, now), now)
    (one,) = [it for it in found.found if it.what == "money_wasted"]
    assert (one.function, one.count, one.counted, one.kind) == ("checkout", 10, "executions", "code_error")
    assert one.cost_usd
    assert one.since


def test_what_costs_little_for_nothing_is_no_finding(store, send_spans, now):
    send_spans(*(order(number, fails=number == 3)[0] for number in range(1, 31)), resource=LAMBDA)
    found = list_findings(store, parse_range(None, None, now), now)
    assert "money_wasted" not in {it.what for it in found.found}
