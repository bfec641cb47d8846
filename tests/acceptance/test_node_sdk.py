"""What the Node.js OpenTelemetry SDK sends, in protobuf and in JSON, arrives whole: a client that nobody here wrote."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from waiting import eventually

CLIENT = Path(__file__).parent / "node"
pytestmark = pytest.mark.skipif(
    not (shutil.which("node") and (CLIENT / "node_modules").is_dir()),
    reason="needs node, and the SDK that `make test` installs where there is npm",
)


@pytest.fixture(scope="module")
def sent(server):
    """The trace ids by format, after everything was sent."""
    client = subprocess.run(
        ["node", str(CLIENT / "send.mjs"), server.otlp], capture_output=True, text=True, timeout=60, check=False
    )
    assert client.returncode == 0, client.stderr
    return json.loads(client.stdout)


@pytest.mark.parametrize("encoding", ["protobuf", "json"])
def test_span_is_kept_whole(server, sent, encoding):
    trace = eventually(lambda: server.get_json(f"/api/v1/traces/{sent[encoding]}"))
    (span,) = trace["spans"]
    assert (span["name"], span["service"], span["status"]) == (encoding, "from-node", "error")
    wanted = {"text": "grüße", "number": "42", "share": "0.5", "yes": "true", "list": '["a","b"]'}
    assert wanted.items() <= span["attributes"].items()
    assert [event["name"] for event in span["events"]] == ["halfway", "exception"]


def test_log_record_is_kept(server, sent):
    answer = eventually(lambda: server.get_json("/api/v1/logs?q=stock")["logs"])
    assert (answer[0]["body"], answer[0]["severity_text"]) == ("stock is low", "WARN")
    assert answer[0]["attributes"]["sku"] == "A-1"


def test_metric_is_kept(server, sent):
    answer = eventually(lambda: (found := server.get_json("/api/v1/metrics?name=orders"))["points"] and found)
    points = answer["points"]
    assert points[0]["value"] == 3
    assert answer["resources"][points[0]["resource_id"]]["attributes"]["service.name"] == "from-node"
    assert points[0]["attributes"]["kind"] == "express"
