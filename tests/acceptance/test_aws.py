"""What AWS delivers to a running server, and what a running server reads of AWS."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
import sys
import time
import uuid

import boto3
import httpx
import pytest
from aws import local_aws
from running import make_key
from waiting import eventually

FIREHOSE = {"content-type": "application/json"}


def _subscription(request_id, *messages):
    """What CloudWatch Logs hands to a subscriber, before base64."""
    now = int(time.time() * 1000)
    events = [{"id": str(n), "timestamp": now + n, "message": text} for n, text in enumerate(messages)]
    document = {
        "messageType": "DATA_MESSAGE",
        "owner": "123456789012",
        "logGroup": "/aws/lambda/checkout",
        "logStream": f"2026/11/23/[$LATEST]{uuid.uuid4().hex}",
        "subscriptionFilters": ["mendline"],
        "logEvents": events or [{"id": "0", "timestamp": now, "message": f"START RequestId: {request_id}"}],
    }
    return gzip.compress(json.dumps(document).encode())


def _delivery(*records, request_id=None):
    return json.dumps(
        {
            "requestId": request_id or str(uuid.uuid4()),
            "timestamp": int(time.time() * 1000),
            "records": [{"data": base64.b64encode(record).decode()} for record in records],
        }
    ).encode()


def _received(server, signal):
    return server.metric("mendline_received_records_total", signal=signal)


def test_subscription_is_taken_as_logs(server):
    before = _received(server, "logs")
    payload = _subscription("r", "START RequestId: 1f2e3d4c-0000-4000-8000-000000000001 Version: $LATEST", "hello")
    answer = httpx.post(f"{server.otlp}/aws/logs?region=us-east-1", content=base64.b64encode(payload))
    assert (answer.status_code, answer.json()["log_records"]) == (200, 2)
    assert _received(server, "logs") == before + 2


def test_odd_log_events_are_kept_and_counted_by_reason_once(server):
    def odd(reason):
        return server.metric("mendline_odd_log_events_total", reason=reason)

    before = [odd(reason) for reason in ("no_message", "undecoded", "no_time")]
    payload = _subscription("r", None, "MENDLINE1 1/1 !")
    for _ in range(2):  # a repeat is answered the same
        answer = httpx.post(f"{server.otlp}/aws/logs?region=us-east-1", content=payload)
        assert answer.json() == {"log_records": 2, "undecoded": 1, "odd": {"no_message": 1}, "left_out": {}}
    assert [odd("no_message"), odd("undecoded"), odd("no_time")] == [before[0] + 1, before[1] + 1, before[2]]


def test_firehose_delivers_logs_and_is_answered_in_its_protocol(server):
    before = _received(server, "logs")
    body = _delivery(_subscription("r"), request_id="the-delivery")
    for _ in range(2):  # Firehose delivers again when it did not hear the answer
        answer = httpx.post(f"{server.web}/aws/firehose", content=body, headers=FIREHOSE)
        assert answer.status_code == 200
        assert answer.json()["requestId"] == "the-delivery"
    assert _received(server, "logs") == before + 1


def test_metric_stream_is_taken_as_metrics(server):
    before = _received(server, "metrics")
    datum = {
        "metric_stream_name": "all",
        "account_id": "123456789012",
        "region": "us-east-1",
        "namespace": "AWS/SQS",
        "metric_name": "ApproximateNumberOfMessagesVisible",
        "dimensions": {"QueueName": "orders"},
        "timestamp": int(time.time() * 1000),
        "value": {"max": 7.0, "min": 7.0, "sum": 7.0, "count": 1.0},
        "unit": "Count",
    }
    answer = httpx.post(
        f"{server.otlp}/aws/firehose", content=_delivery(json.dumps(datum).encode() + b"\n"), headers=FIREHOSE
    )
    assert answer.status_code == 200
    assert _received(server, "metrics") > before


def test_record_that_cannot_be_read_is_counted_set_aside_and_costs_no_other(server):
    before = _received(server, "logs")
    body = _delivery(b"\x00rubbish", _subscription("r"))
    for _ in range(2):
        answer = httpx.post(f"{server.otlp}/aws/firehose", content=body, headers=FIREHOSE)
        assert answer.status_code == 200
    assert _received(server, "logs") == before + 1
    assert server.get_json("/api/v1/status")["quarantined"] == {"default": 1}
    (told,) = (server.data / "spool" / "default" / "quarantine").glob("aws-*.json")
    assert json.loads(told.read_text())["reason"]


def test_firehose_without_its_key_is_refused_where_keys_are_asked_for(start_server):
    server = start_server("--auth", "required")
    key = make_key(server.data, "ingest")
    body = _delivery(_subscription("r"))

    def post(**headers):
        return httpx.post(f"{server.otlp}/aws/firehose", content=body, headers={**FIREHOSE, **headers})

    assert post().status_code == 401
    assert "access key" in post().json()["errorMessage"]
    assert post(**{"X-Amz-Firehose-Access-Key": key}).status_code == 200


@pytest.fixture
def readers_file(tmp_path, monkeypatch):
    """A file of sources that points at a URL."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))

    def write(url):
        file = tmp_path / "sources.toml"
        file.write_text(
            f'[[source]]\nname = "shop"\nregions = ["{local_aws.REGION}"]\nendpoint_url = "{url}"\n'
            "[pace]\nlogs_s = 30\n"
        )
        return str(file)

    return write


def _knows(server, wanted):
    """What the readers say, once one of their sentences holds this."""
    told = server.get_json("/api/v1/status")["aws"]
    return told if any(wanted in sentence for sentence in told) else None


@pytest.mark.thorough
def test_server_reads_the_configuration_of_aws(start_server, readers_file):
    with local_aws.ministack() as url:
        queues = boto3.client("sqs", region_name=local_aws.REGION, endpoint_url=url)
        queues.create_queue(QueueName="orders")
        queues.close()
        server = start_server("--aws-sources", readers_file(url))
        eventually(lambda: _received(server, "logs") >= 1, 60)
        told = eventually(lambda: _knows(server, "known: 1 sqs"), 60)
        assert not any("fails" in sentence for sentence in told)
        assert server.stop() == 0


def test_aws_that_does_not_answer_is_said_and_stops_nothing(start_server, readers_file):
    server = start_server("--aws-sources", readers_file("http://127.0.0.1:9"))
    eventually(lambda: server.get_json("/api/v1/status")["aws"], 60)
    assert any("fails" in sentence for sentence in server.get_json("/api/v1/status")["aws"])
    assert server.post(b"").status_code == 200
    assert server.stop() == 0


@pytest.mark.thorough
def test_file_of_sources_that_is_wrong_is_a_sentence(tmp_path):
    file = tmp_path / "sources.toml"
    file.write_text('[[source]]\nname = "shop"\nregion = "us-east-1"\n')
    ended = subprocess.run(
        [sys.executable, "-m", "mendline", "serve", "--port", "0", "--otlp-http", "0", "--otlp-grpc", "0",
         "--data", str(tmp_path / "data"),
         "--aws-sources", str(file)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 2
    assert "Did you mean 'regions'" in ended.stderr
    assert "Traceback" not in ended.stderr
