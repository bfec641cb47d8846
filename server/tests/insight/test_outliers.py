"""What is planted in stored invocations is found again by a selection of the slow ones, with where their time went."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest
from outlying import COUNT, SLOW, all_invocations
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from web.conftest import Browser

from mendline.api.explain import build_routes
from mendline.clock import SystemClock
from mendline.errors import MendlineError
from mendline.insight.outlier_rows import sampled
from mendline.store.plans.outliers import FIELDS


@pytest.fixture
def explain(store, send_spans):
    send_spans(*all_invocations(time.time_ns() - 600 * 10**9))

    def refused(_, error):
        return JSONResponse({"code": error.code, "message": error.message}, error.status)

    app = Starlette(routes=build_routes(store, SystemClock()), exception_handlers={MendlineError: refused})
    return lambda **asked: Browser(app).post("/api/v1/explain", {"start": "-1h", **asked})


def test_slow_invocations_are_explained_by_what_was_planted(explain):
    answer = explain(query="function:checkout", selection={"min_duration_ms": 500})
    assert answer.status_code == 200
    told = answer.json()
    assert (told["selected"], told["others"], told["nothing_explains"]) == (len(SLOW), COUNT - len(SLOW), False)
    best, *_ = told["findings"]
    same = {one["attribute"] for one in (best["predicate"], *best["also"])}
    assert "request.items (length)" in same
    assert best["coverage"] == 1
    assert best["lift"] is None
    assert best["p_value"] < 1e-20
    assert best["effect"]["p99_without_ms"] == pytest.approx(60)
    paths = [one for one in told["findings"] if one["kind"] == "path"]
    assert [one["path"] for one in paths] == ["http bank.example POST /charge"]
    assert paths[0]["effect"]["difference_ms"] == pytest.approx(880)
    assert "takes 900 ms instead of 20 ms" in paths[0]["text"]
    shown = told["examples"]
    assert [one["selected"] for one in shown] == [True] * 3 + [False] * 3
    assert json.loads(shown[0]["request"])["items"][19] == {"sku": "A-19"}


def test_what_a_message_says_is_no_cause_because_it_failed_at_every_try(explain, send_spans):
    told = {"mendline.request": '{"sku": "B"}', "mendline.links.in": ["sqs:poor"]}
    tries = [
        {"trace_id": bytes([9, number] * 8), "span_id": bytes([9, number] * 4), "kind": 2, "name": "checkout",
         "start": time.time_ns() - (400 + number) * 10**9, "duration": 5 * 10**9,
         "attributes": {**told, "faas.invocation_id": f"try{number}"}}
        for number in range(30)
    ]  # fmt: skip
    send_spans(*tries)
    told = explain(query="function:checkout", selection={"min_duration_ms": 4000}).json()
    assert (told["selected"], told["looked_at"]["selected"], told["nothing_explains"]) == (30, 30, True)


def test_calls_that_were_not_looked_at_are_counted_by_their_summary_or_told(explain, send_spans, monkeypatch):
    monkeypatch.setattr("mendline.store.plans.outliers.MOST_CALLS", 1)
    told = explain(query="function:checkout", selection={"min_duration_ms": 500}).json()
    assert told["calls_cut"] == COUNT
    row = {"start_ns": 0, "duration_ns": 100 * 10**6, "init_ms": 0, "attributes": {}, "calls": [(0, 1, "sqs", "q", "")]}
    row |= {"selected": 1, "id": "r", "function": "f", "trace": "0", "span": "0", "resource": {}, "calls_count": 500}
    row |= dict.fromkeys(FIELDS, "")
    assert sampled({**row, "memory_size_bytes": "0", "timeout_ms": "0"}).cut
    row["attributes"] = {"mendline.operations": json.dumps([["dynamodb", "t", "GetItem", 500, 0, 80.0, 1.0]])}
    whole = sampled({**row, "memory_size_bytes": "0", "timeout_ms": "0"})
    assert (whole.cut, whole.attributes["calls dynamodb t GetItem"]) == (False, 500)
    assert {path: one.ms for path, one in whole.spent.items()} == {"dynamodb t GetItem": 80, "own code": 20}


def test_sample_of_stretches_is_told_and_left_where_what_is_selected_comes_at_few_times(explain, monkeypatch):
    asked = {"query": "function:checkout", "selection": {"min_duration_ms": 500}}
    monkeypatch.setattr("mendline.insight.outliers.MOST_WHOLE", COUNT // 2)
    monkeypatch.setattr("mendline.insight.outliers._ENOUGH", 1)
    monkeypatch.setattr("mendline.store.plans.stretches._FEWEST", 3600)  # of a second each
    monkeypatch.setattr("mendline.insight.outliers._UNEVEN", 9.0)
    told = explain(**asked).json()
    assert (told["selected"], told["others"], told["looked_at"]["part"]) == (len(SLOW), COUNT - len(SLOW), 0.5)
    assert 0 < told["looked_at"]["others"] < told["others"]
    monkeypatch.setattr("mendline.insight.outliers._UNEVEN", -1.0)
    told = explain(**asked).json()
    assert told["looked_at"] == {"selected": len(SLOW), "others": COUNT - len(SLOW), "part": 1.0}


def test_neither_ids_nor_what_follows_from_the_duration_explains_anything(explain):
    told = explain(selection={"min_duration_ms": 500}).json()
    named = {one["predicate"]["attribute"] for one in (*told["findings"], *told["hints"]) if one["predicate"]}
    named |= {also["attribute"] for one in told["findings"] for also in one.get("also", ())}
    assert not named & {"user.id", "mendline.remaining_ms", "faas.invocation_id", "duration"}


def test_selection_by_time_alone_of_what_is_alike_is_not_explained(explain):
    told = explain(query="cold_start", selection={"max_duration_ms": 100}).json()
    assert (told["selected"], told["others"], told["nothing_explains"], told["findings"]) == (6, 0, True, [])


def test_when_aws_took_an_event_explains_nothing_of_what_was_then(explain):
    half = datetime.fromtimestamp(time.time() - 585, UTC).isoformat()
    told = explain(selection={"start": half}).json()
    assert 0 < told["others"] < COUNT
    assert not [one for one in told["findings"] if "SentTimestamp" in one["text"]]


def test_bounds_of_other_measures_are_selections_as_well(explain):
    assert explain(selection={"min_wait_ms": 4000, "max_duration_ms": 946}).json()["selected"] == len(SLOW)


def test_empty_selection_says_so(explain):
    told = explain(selection={"min_duration_ms": 10_000}).json()
    assert (told["selected"], told["others"], told["examples"], told["nothing_explains"]) == (0, COUNT, [], True)


@pytest.mark.parametrize(
    "asked",
    [
        {"query": "logs error"},
        {"query": 3},
        {"selection": []},
        {"selection": {"least": 3}},
        {"selection": {"min_duration_ms": "long"}},
        {"selection": {"min_duration_ms": -1}},
        {"selection": {"min_duration_ms": True}},
        {"selection": {"min_duration_ms": 5, "max_duration_ms": 4}},
        {"selection": {"min_wait_ms": 5, "max_wait_ms": 4}},
        {"selection": {"start": "yesterday-ish"}},
        {"sort": "x"},
        {"query": "durationn > 5"},
    ],
)
def test_wrong_question_is_answered_with_a_sentence(explain, asked):
    answer = explain(**asked)
    assert answer.status_code == 400
    assert answer.json()["code"]
    assert answer.json()["message"].endswith((".", "?"))
