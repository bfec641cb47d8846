"""`mendline explain` prints what a person would see on the heat map, of a real server."""

from __future__ import annotations

import json
import time

import pytest
from forking import run_mendline
from otlp_requests import request_of
from outlying import COUNT, SLOW, all_invocations
from waiting import eventually

FUNCTION = {"service.name": "checkout", "faas.name": "checkout", "cloud.platform": "aws_lambda"}


@pytest.fixture(scope="module")
def shop(server):
    spans = all_invocations(time.time_ns() - 600 * 10**9)
    assert server.post(request_of(spans, FUNCTION)).status_code == 200
    eventually(lambda: server.get_json("/api/v1/query?q=|count()")["rows"] == [[COUNT]])
    return server


def _explain(server, *arguments):
    return run_mendline("explain", *arguments, "--server", server.web)


def test_slow_invocations_are_explained_in_words(shop):
    told = _explain(shop, "function:checkout", "--least-ms", "500")
    assert (told.returncode, told.stderr) == (0, "")
    assert f"{len(SLOW)} selected against {COUNT - len(SLOW)} others" in told.stdout
    assert "request.items" in told.stdout
    assert "http bank.example POST /charge takes 900 ms instead of 20 ms" in told.stdout
    assert "p99 falls from 945 ms to 60 ms" in told.stdout


def test_trace_stands_for_invocations_that_took_as_long(shop):
    slow = json.loads(_explain(shop, "--least-ms", "500", "--json").stdout)["examples"][0]
    told = json.loads(_explain(shop, "--trace", slow["trace_id"], "--json").stdout)
    assert (told["query"], told["selected"]) == ("function:checkout", len(SLOW))
    shown = _explain(shop, slow["trace_id"]).stdout
    assert "Where the time went: 945 ms" in shown
    assert "call from checkout: http bank.example POST /charge" in shown


def test_function_without_a_bound_is_compared_with_what_is_usual(shop):
    told = _explain(shop, "checkout", "--since", "30m")
    assert (told.returncode, "nothing to compare with" in told.stdout) == (2, True)
    assert "nothing to compare with" in _explain(shop, "checkout", "10m").stdout
    told = _explain(shop, "function:nobody")
    assert (told.returncode, told.stdout) == (2, "Nothing was invoked, now or before.\n")


def test_nothing_is_told_as_bad_news(shop):
    told = _explain(shop, "not duration > 500ms", "--most-ms", "500")
    assert (told.returncode, "Nothing explains them" in told.stdout) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--least-ms", "long"], "--least-ms is 'long'; it must be a number."),
        (["--least-ms", "-1"], "min_duration_ms is -1"),
        (["durationn > 5", "--least-ms", "5"], "Did you mean"),
        (["logs error", "--least-ms", "5"], "looks at invocations"),
        (["x", "--trace", "00"], "leave the query and the bounds away"),
        (["--trace", "ab" * 16], "No span of trace"),
        (["function:checkout", "error"], "a query of several words in quotes"),
        (["checkout", "2099-01-01"], "yet to come"),
        (["ab" * 16, "5m"], "leave --since, --until or TIME away"),
    ],
)
def test_wrong_question_is_refused_in_words(shop, arguments, said):
    told = _explain(shop, *arguments)
    assert (told.returncode, said in told.stderr, told.stdout) == (2, True, "")
