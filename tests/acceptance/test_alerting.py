"""Alerting in real time: spans go in over HTTP, and a receiver on loopback is told what fails, and hears that it is
over."""

from __future__ import annotations

import json
import time

import httpx
from alerting.scripted import scripted
from forking import run_mendline
from otlp_requests import LAMBDA, request_of
from waiting import eventually

POLICIES = """
receivers:
  - {name: hook, type: webhook, url: "%s", allow_private: true}
policies:
  - {name: Payments fail, query: "function:payment error | count() by function | over 5m | where count() > 2"}
"""


def _failed(number):
    """An invocation of payment that failed just now."""
    told = {"exception.type": "CardError", "exception.message": "The bank said no.", "exception.stacktrace": "at 7"}
    return {
        "trace_id": (number + 1).to_bytes(16, "big"), "span_id": (number + 1).to_bytes(8, "big"), "name": "payment",
        "kind": 2, "start": time.time_ns() - 10**9, "duration": 10**8, "status": 2, "message": "The bank said no.",
        "events": [("exception", told)], "attributes": {"faas.invocation_id": f"request-{number}"},
    }  # fmt: skip


def test_people_are_told_once_with_the_cause_and_when_it_is_over(server, tmp_path):
    with scripted(200) as hook:
        (tmp_path / "policies.yaml").write_text(POLICIES % hook.url)
        resource = {**LAMBDA, "service.name": "payment", "faas.name": "payment"}
        body = request_of([_failed(number) for number in range(3)], resource)
        assert server.post(body).status_code == 200
        applied = run_mendline("policies", "apply", str(tmp_path), "--data", str(server.data))
        assert applied.returncode == 0, applied.stderr
        eventually(lambda: hook.got, seconds=60)
        first = json.loads(hook.got[0][2])
        assert first["type"] == "incident.first"
        assert first["data"]["functions"] == ["payment"]
        assert first["data"]["example"]["error"] == "CardError: The bank said no."
        page = f"{server.web}/api/v1/incidents/{first['data']['id']}"
        done = httpx.post(page, json={"action": "resolve", "text": "called the bank"}, timeout=30).json()
        assert done["state"] == "resolved"
        eventually(lambda: len(hook.got) > 1, seconds=60)
        over = json.loads(hook.got[1][2])
        assert (over["type"], over["data"]["id"]) == ("incident.over", first["data"]["id"])
        assert "called the bank" in httpx.get(f"{page}/runbook", timeout=30).text
