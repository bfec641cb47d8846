"""Findings and the ledger as pages: what was lost is named, with its trace, and what could not be computed is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.applications import Starlette
from web.markup import Markup
from web.shop import LAMBDA, MINUTE, order, trace_id

from mendline.insight.findings import Looked, list_findings
from mendline.model.timerange import parse_range
from mendline.web import build_routes

WRITER = {**LAMBDA, "service.name": "writer", "faas.name": "writer"}


@pytest.fixture
def lossy(send_spans):
    """Three orders, each sent on to a queue; the second is never taken."""
    for number in (1, 2, 3):
        root, call = order(number, ago_ns=(40 - number) * MINUTE)
        sent = {
            "mendline.resource.type": "sqs",
            "mendline.resource.name": "orders",
            "mendline.links.out": [f"sqs:m{number}"],
        }
        send_spans(root, {**call, "kind": 4, "attributes": sent}, resource=LAMBDA)
        if number != 2:
            taker = order(100 + number, ago_ns=(40 - number) * MINUTE)[0]
            taker["attributes"] |= {
                "mendline.trigger": "sqs", "mendline.trigger.source": "arn:aws:sqs:eu-central-1:1:orders",
                "mendline.links.in": [f"sqs:m{number}"],
            }  # fmt: skip
            send_spans(taker, resource=WRITER)


def test_a_lost_message_is_a_finding_and_stands_in_the_ledger(client, lossy):
    told = client.get("/ledger.json").json()
    (edge,) = told["ledgers"]
    assert (edge["resource"], edge["function"], edge["sent"], edge["consumed"], edge["lost"]) == (
        "sqs/orders",
        "writer",
        3,
        2,
        1,
    )
    assert [(one["id"], one["trace_id"]) for one in edge["missing"]] == [("sqs:m2", trace_id(2))]
    (finding,) = client.get("/findings.json").json()["findings"]
    assert (finding["key"], finding["finding"]["count"]) == ("messages_lost|writer|sqs/orders", 1)
    assert not client.get("/findings.json").json()["failed"]
    for page in ("/findings", "/ledger"):
        links = Markup(client.get(page).text).links()
        assert any(f"/traces/{trace_id(2)}" in link for link in links), page


def test_findings_are_picked_by_what_and_function(client, lossy):
    assert "1 of 3 messages" in Markup(client.get("/findings?what=messages_lost&function=writer").text).text
    assert "Nothing was found" in Markup(client.get("/findings?function=checkout").text).text
    assert client.get("/findings?what=nonsense").status_code == 400


def test_what_was_found_a_few_minutes_ago_is_told_with_its_age(context, client, lossy, now, monkeypatch):
    found = list_findings(context.store, parse_range(None, None, now), now)
    at = now - timedelta(minutes=3)
    context = replace(context, looked=lambda: Looked(found, at))
    monkeypatch.setattr("mendline.web.pages.findings.list_findings", lambda *_: replace(found, found=()))
    asked = type(client)(Starlette(routes=build_routes(context)))
    assert "3 min ago" in Markup(asked.get("/findings").text).text
    assert len(asked.get("/findings.json").json()["findings"]) == len(found.found)
    for computed in ("again=1", "start=-2h"):
        assert not asked.get(f"/findings.json?{computed}").json()["findings"], computed
    assert client.get("/findings?again=yes").status_code == 400


def test_pages_without_telemetry_say_how_to_have_some(client):
    for page in ("/findings", "/ledger"):
        assert "AWS_LAMBDA_EXEC_WRAPPER" in client.get(page).text
