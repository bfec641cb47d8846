"""The page of a function: how it went over time, what it calls, what changed; every panel leads to its query."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import quote

import pytest
from web.markup import Markup
from web.shop import LAMBDA, MINUTE, configuration, order

from mendline.model.timerange import TimeRange
from mendline.web.panels import Patience, Shown, chart_panels
from mendline.web.rendering import _TEMPLATES

CHECKOUT = "/functions/checkout?account=123456789012&region=eu-central-1"


def _page(client, url):
    answer = client.get(url)
    assert answer.status_code == 200, answer.text
    return Markup(answer.text)


def test_charts_and_tables_of_a_function_lead_to_queries_that_answer_the_same(client, send_spans):
    send_spans(*order(1, fails=True), *order(2, cold=True), resource=LAMBDA)
    page = _page(client, CHECKOUT)
    charts = [attributes for tag, attributes in page.elements if attributes.get("class") == "plot"]
    (invocations, duration, *_) = [chart["aria-label"] for chart in charts]
    assert "ok total 1" in invocations
    assert "failed total 1" in invocations
    assert "p99 max" in duration
    assert "dynamodb orders PutItem" in page.text
    for panel in client.get(CHECKOUT.replace("?", ".json?")).json()["panels"]:
        answer = client.get(f"/explore.json?q={quote(panel['query'])}")
        assert answer.json()["answer"]["rows"], panel


def test_deployments_are_marked_on_the_charts_and_told_with_their_version(client, send_spans, tell):
    send_spans(*order(1, ago_ns=40 * MINUTE), resource={**LAMBDA, "faas.version": "7"})
    assert "Alias" not in _page(client, CHECKOUT).text
    newer = order(2, ago_ns=5 * MINUTE)
    newer[0]["attributes"]["cloud.resource_id"] = "arn:aws:lambda:eu-central-1:123456789012:function:checkout:live"
    send_spans(*newer, resource={**LAMBDA, "faas.version": "8"})
    tell([configuration("", kind="memory", before='{"memory_mb":128}', after='{"memory_mb":256}', ago_ns=6 * MINUTE)])
    page = _page(client, CHECKOUT)
    assert "mark" in {attributes.get("class") for tag, attributes in page.elements if tag == "path"}
    assert "deployed version 8, first invoked then" in page.text
    assert "memory 128 MB → 256 MB" in page.text
    assert "8 live 1" in page.text
    changes = client.get(CHECKOUT.replace("?", ".json?")).json()["changes"]
    assert [(it["kind"], it["version"]) for it in changes] == [("version", "8"), ("memory", "")]


def test_deployment_that_aws_told_of_is_told_once_though_its_version_is_seen_too(client, send_spans, tell):
    send_spans(*order(1, ago_ns=40 * MINUTE), resource={**LAMBDA, "faas.version": "7"})
    send_spans(*order(2, ago_ns=5 * MINUTE), resource={**LAMBDA, "faas.version": "8"})
    tell([configuration("", kind="deployment", ago_ns=6 * MINUTE)])
    changes = client.get(CHECKOUT.replace("?", ".json?")).json()["changes"]
    assert [(it["kind"], it["version"]) for it in changes] == [("deployment", "8")]


def test_configuration_is_shown_as_aws_told_it_last(client, send_spans, tell):
    send_spans(*order(1), resource=LAMBDA)
    assert "AWS is not read for this function" in _page(client, CHECKOUT).text
    for size, ago in ((128, 9), (512, 3)):
        tell([configuration(json.dumps({"memory_mb": size, "layers": ["a"]}), ago_ns=ago * MINUTE)])
    assert client.get(CHECKOUT.replace("?", ".json?")).json()["configuration"]["facts"]["memory_mb"] == 512
    assert "memory_mb 512" in _page(client, CHECKOUT).text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("error.typ:x | count()", "Could not be computed"),
        ("error | max(duration)", "Noth"),
        ("metrics name:x | sum(value), max(value)", "Noth"),
    ],
)
def test_panel_tells_what_it_could_not_compute_from_what_is_not_there(context, text, told):
    now = context.clock.now()
    (panel,) = chart_panels(
        context,
        TimeRange(now - timedelta(hours=1), now),
        text,
        [Shown("x", {0: "x"}, told=1 if "sum" in text else None)],
        {},
    )
    assert panel.chart is None
    assert told in _TEMPLATES.get_template("panels.html").module.said(panel)


def test_panels_of_a_page_that_took_too_long_say_so_and_are_not_asked(context):
    now = context.clock.now()
    span = TimeRange(now - timedelta(hours=1), now)
    patience = Patience(context.clock, 5.0)
    assert patience.panel("x", "error") is None
    context.clock.move(seconds=6)
    (panel,) = chart_panels(context, span, "error.typ:x | count()", [Shown("x", {0: "x"})], {}, patience)
    assert panel.failure.startswith("The others took too long")
    assert panel.text == "error.typ:x | count()"


def test_cold_starts_are_told_by_what_had_happened_before(client, send_spans, tell):
    told = (  # minutes ago, ms, cold, version, never ended
        (50, 100, True, "1", False),
        (49, 100, False, "1", False),
        (40, 20_000, True, "1", False),
        (39.9, 100, True, "1", False),
        (38, 100, True, "2", False),
        (37, 100, False, "2", True),
        (36, 100, True, "2", False),
        (35, 100, True, "2", False),
    )
    for number, (ago, duration_ms, cold, version, unfinished) in enumerate(told, 1):
        root = order(number, duration_ms=duration_ms, ago_ns=round(ago * MINUTE), cold=cold)[0]
        root["attributes"]["mendline.unfinished"] = unfinished
        if number == 1:
            root["attributes"]["mendline.imports"] = '{"count":2,"total_ms":1000,"top":[["pandas",900,950]]}'
        send_spans(root, resource={**LAMBDA, "faas.version": version})
    tell([configuration("{}", kind="environment", before="{}", after="{}", ago_ns=round(35.5 * MINUTE))])
    data = client.get(CHECKOUT.replace("?", ".json?")).json()
    found = {it["cause"]: it["times"] for it in data["cold_starts"]}
    assert found == dict.fromkeys(("first", "idle", "at_once", "version", "crash", "configuration"), 1)
    assert [(it["module"], it["own_ms"]) for it in data["imports"]] == [("pandas", 900.0)]
    assert "more at once: another invocation was under way 1" in _page(client, CHECKOUT).text
