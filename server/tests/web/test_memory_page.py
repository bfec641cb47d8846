"""The memory of a function: every size ever run, leaks as findings, and honest words where nothing tells."""

from __future__ import annotations

import pytest
from web.markup import Markup
from web.shop import LAMBDA, MINUTE, order

from mendline.insight.findings import list_findings
from mendline.model.timerange import parse_range

MB = 1024 * 1024


def _run(send_spans, size_mb, used, *, first=1, duration_ms=100, instance="i"):
    spans = []
    for number, used_mb in enumerate(used, first):
        root = order(number, ago_ns=(50 - number // 4) * MINUTE, duration_ms=duration_ms + number % 3)[0]
        root["start"] += number * 10**9
        root["attributes"]["mendline.memory.used_bytes"] = used_mb * MB
        spans.append(root)
    send_spans(*spans, resource={**LAMBDA, "faas.max_memory": size_mb * MB, "faas.instance": instance})


@pytest.fixture
def leaking(send_spans):
    for number in range(3):
        _run(send_spans, 256, [60 + 5 * it for it in range(15)], first=1 + 20 * number, instance=f"i{number}")


def test_a_leak_is_told_with_the_time_until_memory_runs_out(client, store, leaking, now):
    told = client.get("/memory.json?function=checkout").json()["report"]
    assert told["leak"]["each_kb"] == pytest.approx(5 * 1024)
    assert told["leak"]["left"] == (256 - 130) // 5
    assert told["leak"]["left_s"] > 0
    page = Markup(client.get("/memory?function=checkout").text).text
    assert "It leaks" in page
    assert "only one was measured" in page
    found = {it.what: it for it in list_findings(store, parse_range(None, None, now), now).found}
    assert (found["memory_leak"].function, found["memory_leak"].owner) == ("checkout", "code")


def test_two_sizes_are_measured_and_a_third_is_estimated_within_its_error(client, store, send_spans, now):
    _run(send_spans, 512, [60] * 12, duration_ms=300)
    _run(send_spans, 1024, [60] * 12, first=20, duration_ms=160, instance="j")
    told = client.get("/memory.json?function=checkout").json()["report"]
    assert [it["size_mb"] for it in told["sizes"]] == [1024, 512]
    assert all(it["duration_ms"][1] <= it["duration_ms"][0] <= it["duration_ms"][2] for it in told["sizes"])
    assert {it["size_mb"] for it in told["guesses"]} == {256, 1769, 2048}
    assert not told["leak"]
    assert told["not_known"] == []
    found = {it.what: it for it in list_findings(store, parse_range(None, None, now), now).found}
    assert found["memory_hardly_used"].confidence == "low"
    assert "memory_leak" not in found


def test_a_function_of_which_nothing_tells_is_not_found(client):
    assert client.get("/memory?function=nobody").status_code == 404


def test_functions_are_listed_by_how_near_they_are_to_the_end_of_their_memory(client, leaking):
    (one,) = client.get("/memory.json").json()["functions"]
    assert (one["function"]["name"], one["size_mb"], one["used_mb"]) == ("checkout", 256, 130)
    assert "130 MB" in Markup(client.get("/memory").text).text
