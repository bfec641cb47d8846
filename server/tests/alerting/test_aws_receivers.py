"""SNS and EventBridge are told by a request that AWS would take: signed with the server's credentials, and read to the
end; by real requests to an endpoint that refuses, hangs, or lies."""

from __future__ import annotations

import hashlib
import hmac
import json
from urllib.parse import parse_qs

import pytest
from alerting.scripted import scripted

from mendline.alerting.receivers import Delivered, check_receiver, deliver
from mendline.model.message import Message
from mendline.model.policy import Receiver

KEY, SECRET, AT_S = "AKIDEXAMPLE", "wJalrXUtnFEMI", 1_700_000_000
MESSAGE = Message("default-7-first", "mendline-default-7", "first", "Errors: é pay\r\nX: y", "critical", "Likely cause",
                  "https://m/incidents/7", {"id": 7, "functions": ["pay"]}, {})  # fmt: skip
TAKEN = (200, {}, b"<PublishResponse><PublishResult><MessageId>m-1</MessageId></PublishResult></PublishResponse>")
ON_THE_BUS = (200, {}, b'{"FailedEntryCount":0,"Entries":[{"EventId":"e-1"}]}')
TOPIC = "arn:aws:sns:eu-west-1:123456789012:incidents"


@pytest.fixture(autouse=True)
def credentials(monkeypatch):
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def told(kind, act, **options):
    options = ({"topic_arn": TOPIC} if kind == "sns" else {"region": "eu-west-1"}) | options
    with scripted(act) as hook:
        endpoint = hook.url.removesuffix("/hook")
        receiver = check_receiver(Receiver("r", kind, {**options, "endpoint_url": endpoint}, allow_private=True))
        return deliver(receiver, MESSAGE, AT_S, total_s=0.3), hook.got


def signature(headers, body, service):
    """Signature Version 4 of a POST to /, reckoned from what came over the wire."""
    date = headers["X-Amz-Date"]
    lower = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    signed = headers["Authorization"].partition("SignedHeaders=")[2].partition(",")[0]
    head = "".join(f"{name}:{lower[name]}\n" for name in signed.split(";"))
    request = f"POST\n/\n\n{head}\n{signed}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{date[:8]}/eu-west-1/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{SECRET}".encode()
    for part in (*scope.split("/"), text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return f"Credential={KEY}/{scope}, SignedHeaders={signed}, Signature={key.hex()}"


def test_topic_gets_the_message_signed_in_the_region_of_its_arn():
    outcome, ((_, headers, body),) = told("sns", TAKEN)
    assert outcome.delivered is Delivered.YES
    assert headers["Authorization"] == f"AWS4-HMAC-SHA256 {signature(headers, body, 'sns')}"
    said = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    assert (said["TopicArn"], said["Subject"]) == (TOPIC, "Errors:  payX: y")
    assert said["Message"] == "Likely cause\n\nhttps://m/incidents/7"
    assert "default-7-first" in said.values()
    assert "MessageGroupId" not in said


def test_fifo_topic_keeps_the_order_of_an_incident_and_drops_repeats():
    _, ((_, _, body),) = told("sns", TAKEN, topic_arn=f"{TOPIC}.fifo")
    said = parse_qs(body.decode())
    assert (said["MessageDeduplicationId"], said["MessageGroupId"]) == (["default-7-first"], ["mendline-default-7"])


def test_bus_gets_the_whole_content_as_an_event():
    outcome, ((_, headers, body),) = told("eventbridge", ON_THE_BUS, bus="ops")
    assert outcome.delivered is Delivered.YES
    assert headers["Authorization"] == f"AWS4-HMAC-SHA256 {signature(headers, body, 'events')}"
    assert headers["X-Amz-Target"] == "AWSEvents.PutEvents"
    (entry,) = json.loads(body)["Entries"]
    assert json.loads(entry["Detail"]) == {"key": "default-7-first", "id": 7, "functions": ["pay"]}
    assert (entry["EventBusName"], entry["Source"], entry["Time"]) == ("ops", "mendline", AT_S)
    assert entry["DetailType"] == "Mendline incident first"


def refusal(status, code):
    return status, {}, f"<ErrorResponse><Error><Code>{code}</Code><Message>m</Message></Error></ErrorResponse>".encode()


@pytest.mark.parametrize(
    ("kind", "act", "delivered", "said"),
    [
        ("sns", refusal(403, "AuthorizationError"), Delivered.NEVER, "AuthorizationError"),
        ("sns", refusal(404, "NotFound"), Delivered.NEVER, "NotFound"),
        ("sns", refusal(400, "Throttled"), Delivered.NO, "Throttled"),
        ("sns", (502, {}, b"<p>proxy</html>"), Delivered.NO, "ResponseParserError"),
        ("sns", "hang", Delivered.NO, "ReadTimeoutError"),
        ("sns", "garbage", Delivered.NO, "AWS cannot be asked"),
        ("sns", (200, {}, b"<PublishResponse></PublishResponse>"), Delivered.NO, "AWS cannot be asked"),
        ("sns", (200, {}, TAKEN[2].replace(b"m-1", b"")), Delivered.NO, "did not say"),
        ("sns", (200, {}, b"<html>"), Delivered.NO, "ResponseParserError"),
        ("eventbridge", (400, {}, b'{"__type":"AccessDeniedException"}'), Delivered.NEVER, "AccessDenied"),
        ("eventbridge", (200, {}, b'{"FailedEntryCount":1,"Entries":[{"ErrorCode":"Slow"}]}'), Delivered.NO, "Slow"),
        ("eventbridge", (200, {}, b"{}"), Delivered.NO, "did not say"),
        ("eventbridge", (200, {}, b'{"FailedEntryCount":1,"Entries":[]}'), Delivered.NO, "did not say"),
        ("eventbridge", "hang", Delivered.NO, "ReadTimeoutError"),
    ],
)  # fmt: skip
def test_whatever_aws_does_is_an_outcome(kind, act, delivered, said):
    outcome, got = told(kind, act)
    assert outcome.delivered is delivered
    assert said in outcome.said
    assert len(got) == 1  # the outbox tries again, not the client


def test_without_credentials_it_is_told(monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                 "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_WEB_IDENTITY_TOKEN_FILE"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    outcome, got = told("sns", TAKEN)
    assert (outcome.delivered, "no credentials" in outcome.said, got) == (Delivered.NO, True, [])


@pytest.mark.parametrize("endpoint", ["http://sns.example.com", "https://127.0.0.1", "https://169.254.169.254"])
def test_endpoint_that_is_not_of_the_open_internet_is_never_asked(endpoint):
    outcome = deliver(Receiver("r", "sns", {"topic_arn": TOPIC, "endpoint_url": endpoint}), MESSAGE, AT_S)
    assert outcome.delivered is Delivered.NO
    assert "AWS" not in outcome.said
