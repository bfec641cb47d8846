"""The agents' configuration: asked for, changed, and carried by answers to agents that have an old one."""

from __future__ import annotations

import base64
import json

import httpx
import pytest
from otlp_requests import request_of

PATH = "/api/v1/agent/config"


def _sent(server, version, path="/v1/traces"):
    headers = {"content-type": "application/x-protobuf", "mendline-config-version": version}
    return httpx.post(server.otlp + path, content=b"", headers=headers).headers.get("mendline-config")


def test_agent_with_an_old_version_gets_the_document_with_its_answer(server):
    version = server.get_json(PATH)["version"]
    assert _sent(server, version) is None
    carried = json.loads(base64.b64decode(_sent(server, "old")))
    assert carried == server.get_json(PATH)
    assert server.post(b"").headers.get("mendline-config") is None


def test_agent_that_asks_with_the_present_version_gets_nothing_new(server):
    version = server.get_json(PATH)["version"]
    for port in (server.otlp, server.web):
        assert httpx.get(port + PATH, headers={"mendline-config-version": version}).status_code == 304
        assert httpx.get(port + PATH, headers={"mendline-config-version": "old"}).json()["version"] == version


@pytest.mark.thorough
def test_changed_configuration_is_told_at_once_and_survives_a_restart(start_server):
    server = start_server()
    before = server.get_json(PATH)["version"]
    changed = httpx.put(server.web + PATH, json={"sampling": {"ratio": 0.25}}).json()
    assert changed["sampling"] == {"ratio": 0.25}
    assert json.loads(base64.b64decode(_sent(server, before, "/v1/logs"))) == changed
    form = {"keys": " iban , customer_number,iban"}
    assert (
        "Values of iban, customer_number are replaced" in httpx.post(f"{server.web}/settings/redaction", data=form).text
    )
    changed = server.get_json(PATH)
    assert changed["redaction"] == {"keys": ["iban", "customer_number"]}  # agents have them, and so has ingest
    server.post(request_of([{"attributes": {"payer.iban": "DE00", "amount": "7"}}]))
    assert server.get_json("/settings.json")["redaction"]["replaced"]["custom"] == 1
    refused = httpx.post(f"{server.web}/settings/redaction", data={"keys": "a-b"})
    assert (refused.status_code, server.get_json(PATH)) == (400, changed)
    assert server.stop() == 0
    assert start_server().get_json(PATH) == changed


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"no json", 400), (b"[" * 4000, 400), (b'{"sampling": {"ratio": 7}}', 400), (b" " * 5000, 413)],
)
def test_wrong_configuration_is_refused_in_words_and_changes_nothing(server, body, status):
    before = server.get_json(PATH)
    answer = httpx.put(server.web + PATH, content=body)
    assert answer.status_code == status
    assert answer.json()["message"].endswith(".")
    assert server.get_json(PATH) == before
