"""`serve --test-clock`: time stands still until the API moves it, for all that asks what time it is."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from running import Server
from waiting import eventually

PATH = "/api/v1/test/clock"


@pytest.fixture(scope="module")
def held(tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("held") / "data", "--test-clock")
    running.said = running.notice()
    yield running
    running.close()


def _move(server, moment):
    told = {"now": moment if isinstance(moment, str) else moment.isoformat()}
    return httpx.post(server.web + PATH, json=told, timeout=60)


def _now(server):
    return datetime.fromisoformat(server.get_json(PATH)["now"])


def _span(at, name):
    nanoseconds = str(int(at.timestamp() * 1e9))
    span = {
        "traceId": "5b" * 16,
        "spanId": name * 8,
        "name": "charge",
        "kind": 2,
        "attributes": [_text("marked", name)],
    }
    resource = {"attributes": [_text("service.name", "held"), _text("cloud.platform", "aws_lambda")]}
    scope = {"spans": [span | {"startTimeUnixNano": nanoseconds, "endTimeUnixNano": nanoseconds}]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]}


def _text(key, value):
    return {"key": key, "value": {"stringValue": value}}


def _asked(server, query):
    return httpx.get(server.web + "/api/v1/query", params={"q": query}).json()


def test_the_clock_stands_and_is_moved_by_whoever_asks(held):
    began = _now(held)
    assert abs(datetime.now(UTC) - began) < timedelta(minutes=5)
    assert held.said.endswith(f"POST {held.web}{PATH}")
    assert _move(held, began + timedelta(hours=1)).json() == {"now": (began + timedelta(hours=1)).isoformat()}
    assert _now(held) == began + timedelta(hours=1)


def test_the_clock_never_goes_back(held):
    stood = _now(held)
    refused = _move(held, stood - timedelta(seconds=1))
    assert (refused.status_code, refused.json()["code"]) == (400, "usage")
    assert _now(held) == stood


def test_ranges_receipt_and_what_was_seen_lately_follow_the_clock(held):
    moment = _now(held) + timedelta(days=9)
    _move(held, moment)
    for name, at in (("ab", moment - timedelta(minutes=5)), ("cd", moment + timedelta(hours=2))):
        sent = httpx.post(held.otlp + "/v1/traces", json=_span(at, name), headers={"content-type": "application/json"})
        assert sent.status_code == 200
    # What is further ahead than ten minutes is placed at its receipt, by the same clock; both are in the last hour.
    _move(held, moment + timedelta(minutes=1))
    counted = 'exists(attr("marked")) | count()'
    eventually(lambda: _asked(held, counted)["rows"] == [[2]])
    _move(held, moment + timedelta(hours=3))
    assert _asked(held, counted)["rows"] in ([], [[0]])
    assert "rows" in _asked(held, "exists(marked) | count()"), "an attribute of this day is known by its plain name"
    _move(held, moment + timedelta(days=2))
    assert _asked(held, "exists(marked) | count()")["code"] == "query_unknown_field"


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"now": 5}', '{"now": "soon"}', '{"now": "now", "later": 1}', "{"])
def test_what_is_no_moment_is_refused(held, body):
    refused = httpx.post(held.web + PATH, content=body)
    assert (refused.status_code, refused.json()["code"]) == (400, "usage")


def test_no_other_site_moves_it(held):
    refused = httpx.post(held.web + PATH, json={"now": "now"}, headers={"sec-fetch-site": "cross-site"})
    assert refused.status_code == 403


def test_a_server_without_the_flag_has_no_such_clock(server):
    assert server.get_json(PATH) is None
    assert _move(server, "now").status_code == 404


def test_beyond_loopback_it_is_refused(tmp_path):
    command = [sys.executable, "-m", "mendline", "serve", "--test-clock", "--host", "0.0.0.0", "--data", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert "--test-clock is for this machine alone" in ended.stderr
