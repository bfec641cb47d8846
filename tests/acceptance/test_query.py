"""Queries as users ask them: over HTTP and on the command line, of a real server."""

from __future__ import annotations

import csv
import io
import json
import uuid

import httpx
import pytest
from forking import run_mendline
from otlp_requests import request_of
from waiting import eventually

FUNCTION = {"service.name": "asked", "faas.name": "asked", "cloud.platform": "aws_lambda"}


@pytest.fixture(scope="module")
def asked(server):
    spans = [
        {"trace_id": uuid.uuid4().bytes, "span_id": uuid.uuid4().bytes[:8], "kind": 2, "duration": 10**7 * number,
         "status": 2 if number > 8 else 0, "attributes": {"faas.invocation_id": f"asked-{number}"}}
        for number in range(1, 11)
    ]  # fmt: skip
    assert server.post(request_of(spans, FUNCTION)).status_code == 200
    eventually(lambda: server.get_json("/api/v1/query?q=function:asked|count()")["rows"] == [[10]])
    return server


def _run(server, *arguments):
    return run_mendline("query", *arguments, "--server", server.web)


def test_query_is_answered_as_a_table_with_units(asked):
    url = f"{asked.web}/api/v1/query"
    text = "function:asked | count(), p50(duration) by function"
    found = httpx.get(url, params={"q": text, "start": "-1h"}).json()
    assert [(column["name"], column["unit"]) for column in found["columns"]] == [
        ("function", ""), ("count()", ""), ("p50(duration)", "ms"),
    ]  # fmt: skip
    assert found["rows"] == [["asked", 10, 55.0]]
    assert found["query"] == text
    posted = httpx.post(url, json={"q": text}).json()
    assert posted["rows"] == found["rows"]


def test_wrong_query_says_where_and_what_would_work(asked):
    answer = httpx.get(f"{asked.web}/api/v1/query", params={"q": "error.typ:Timeout | count()"})
    told = answer.json()
    assert (answer.status_code, told["code"], told["line"], told["column"]) == (400, "query_unknown_field", 1, 1)
    assert told["suggestion"] == "error.type"
    assert httpx.get(f"{asked.web}/api/v1/query", params={"q": told["corrected"]}).status_code == 200


@pytest.mark.parametrize(
    ("parameters", "code"),
    [({"q": "error", "strat": "-1h"}, "usage"), ({"q": "error", "start": "x"}, "usage"), ({"limit": "0"}, "usage")],
)
def test_wrong_parameter_is_refused_in_words(asked, parameters, code):
    answer = httpx.get(f"{asked.web}/api/v1/query", params=parameters)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_command_line_shows_a_table_json_csv_and_the_plan(asked):
    text = "function:asked | count(), max(duration) by function"
    shown = _run(asked, text)
    assert shown.returncode == 0, shown.stderr
    assert "max(duration)" in shown.stdout.splitlines()[0]
    assert "100 ms" in shown.stdout
    assert json.loads(_run(asked, text, "--json").stdout)["rows"] == [["asked", 10, 100.0]]
    table = list(csv.reader(io.StringIO(_run(asked, f"{text}, cold_start", "--csv").stdout)))
    assert table == [["function", "cold_start", "count()", "max(duration) (ms)"], ["asked", "false", "10", "100.0"]]
    assert "SELECT" in _run(asked, text, "--explain").stdout
    cut = _run(asked, "function:asked", "--limit", "1", "--csv")
    assert len(cut.stdout.splitlines()) == 2
    assert "--limit" in cut.stderr
    none = _run(asked, "function:asked", "--since", "2026-01-02", "--until", "2026-01-03").stdout
    assert none.startswith("No row from 2026-01-02T00:00:00")


def test_series_is_drawn(asked):
    shown = _run(asked, "function:asked | count() by function | over 5m every 5m", "--since", "30m").stdout
    assert "█" in shown
    assert "asked count()" in shown


def test_wrong_query_has_a_caret_and_exit_status_1(asked):
    told = _run(asked, "durtion > 1s")
    assert told.returncode == 1
    assert "^^^^^^^" in told.stderr
    assert "Try:  duration > 1s" in told.stderr


def test_server_that_is_not_there_is_exit_status_2():
    told = run_mendline("query", "error", "--server", "http://127.0.0.1:1")
    assert told.returncode == 2
    assert "--server" in told.stderr
