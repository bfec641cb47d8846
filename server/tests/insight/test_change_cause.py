"""What was planted in the last minutes is named as the cause, with since when; what did not change says so."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from changing import BEGINS, MINUTE, WINDOW, invocations, send
from hand_clock import HandClock
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from web.conftest import Browser

from mendline.api.explain import build_routes
from mendline.errors import MendlineError

BEGAN = (time.time_ns() // MINUTE - 60) * MINUTE
NOW = datetime.fromtimestamp(BEGAN / 1e9, UTC).replace(microsecond=0)
END_NS = BEGAN + 2 * WINDOW * MINUTE


@pytest.fixture
def explain(store):
    def refused(_, error):
        return JSONResponse({"code": error.code, "message": error.message}, error.status)

    clock = HandClock(datetime.fromtimestamp(END_NS / 1e9, UTC))
    app = Starlette(routes=build_routes(store, clock), exception_handlers={MendlineError: refused})
    return lambda **asked: Browser(app).post("/api/v1/explain/change", {"start": f"-{WINDOW}m", **asked})


def _told(explain, **asked):
    answer = explain(**asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _minutes_off(told):
    at = datetime.fromisoformat(told["since"]["at"]).timestamp()
    return (at - BEGAN / 1e9) / 60 - WINDOW - BEGINS


def test_slow_third_party_is_named_with_since_when(explain, send_spans):
    send(send_spans, invocations(BEGAN, lambda _: {"ms": 500}))
    send(send_spans, invocations(BEGAN, lambda _: {"ms": 520}, function="refund"), function="refund")
    told = _told(explain, query="function:checkout")
    assert told["state"] == "changed"
    assert told["differences"][0]["measure"] == "duration"
    assert abs(_minutes_off(told)) <= 1
    best = told["causes"][0]
    assert (best["kind"], best["owner"], best["resource"]) == ("resource_slow", "third_party", "http/bank.example.com")
    assert "takes 500 ms instead of 5" in best["text"]
    assert best["confidence"] == "high"
    assert any("other functions" in one for one in best["evidence"])


def test_new_version_that_fails_is_named(explain, send_spans):
    def change(number):
        fails = number % 3 == 0
        return {"version": "2", **({"fails": True, "type": "KeyError"} if fails else {})}

    send(send_spans, invocations(BEGAN, change))
    told = _told(explain, query="function:checkout")
    assert told["differences"][0]["measure"] == "errors"
    best = told["causes"][0]
    assert (best["kind"], best["owner"], best["version"], best["confidence"]) == ("deployment", "code", "2", "high")
    assert [one["kind"] for one in told["changes"]] == ["version"]


def test_messages_of_another_shape_are_named_and_clocks_are_not(explain, send_spans):
    send(send_spans, invocations(BEGAN, lambda number: {"ms": 700, "items": 40} if number % 4 == 0 else {}))
    told = _told(explain, query="function:checkout")
    inputs = [one for one in told["causes"] if one["kind"] == "input"]
    assert inputs[0]["attribute"] == "request.items (length)"
    assert not [one for one in told["causes"] if one["attribute"] == "request.at"]


def test_tenant_that_is_affected_is_told(explain, send_spans):
    send(send_spans, invocations(BEGAN, lambda number: {"ms": 900} if number % 4 == 1 else {}))
    told = _told(explain, query="function:checkout")
    who = [one for one in told["affected"] if one["attribute"] == "request.tenant"]
    assert (who[0]["value"], who[0]["bad"], who[0]["rest"] < 0.2) == ("t1", 1.0, True)


def test_calls_that_fail_behind_a_fallback_are_named(explain, send_spans):
    send(send_spans, invocations(BEGAN, lambda number: {"refused": "503"} if number % 2 else {}))
    told = _told(explain, query="function:checkout")
    assert (told["state"], told["differences"]) == ("changed", [])
    best = told["causes"][0]
    assert (best["kind"], best["owner"], best["function"]) == ("resource_error", "third_party", "checkout")
    assert best["text"] == "http bank.example.com POST /charge fails in 20% of calls instead of 0%."
    assert best["evidence"][0].startswith("No invocation shows it")


def test_that_nothing_changed_and_that_there_is_too_little_are_told_apart(explain, send_spans):
    assert _told(explain)["state"] == "no_invocations"
    send(send_spans, invocations(BEGAN))
    told = _told(explain, query="function:checkout")
    assert (told["state"], told["causes"], told["since"]) == ("nothing", [], None)
    assert told["text"].startswith("Nothing changed")
    assert _told(explain, query="function:checkout", start="-1m", against="before")["state"] == "too_few"
    assert _told(explain, query="function:checkout", against="usual")["state"] == "no_usual"


@pytest.mark.parametrize(
    "asked",
    [
        {"query": "logs error"},
        {"against": "yesterday"},
        {"against": {"start": "-1h"}},
        {"against": {"start": "-30m", "end": "now"}},
        {"selection": {}},
    ],
)
def test_wrong_question_is_answered_with_a_sentence(explain, asked):
    answer = explain(**asked)
    assert answer.status_code == 400
    assert answer.json()["message"].endswith((".", "?"))
