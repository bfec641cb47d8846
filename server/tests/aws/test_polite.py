"""Readers that are throttled, refused, stopped or without credentials behave, and say so."""

from __future__ import annotations

import threading
import time

import pytest
from aws import shop
from aws.local_aws import REGION
from aws.scripted import scripted
from botocore.exceptions import ClientError
from waiting import eventually

from mendline.aws.calls import Refusal, StoppedError, is_throttle
from mendline.aws.sources import Source

THROTTLED = (400, {"__type": "ThrottlingException", "message": "Rate exceeded"})
DENIED = (400, {"__type": "AccessDeniedException", "message": "User is not authorized"})
ASK = {"logGroupName": "g"}


@pytest.fixture
def answers():
    """What the endpoint answers, one after the other; the last for ever. And how often it was asked."""
    return []


@pytest.fixture
def calls(answers, calls_to):
    asked = []

    def script(operation, parameters):
        asked.append(operation)
        return answers[min(len(asked), len(answers)) - 1]

    with scripted(script) as url:
        calls = calls_to(url)
        calls.asked = asked
        yield calls


def test_throttling_is_survived(calls, answers):
    answers.extend([THROTTLED, (200, {"events": []})])
    assert calls.one("logs", "FilterLogEvents", "g", **ASK)["events"] == []
    assert len(calls.asked) == 2


def test_throttling_that_does_not_end_ends_the_pass_after_three_tries(calls, answers):
    answers.append(THROTTLED)
    with pytest.raises(ClientError):
        calls.one("logs", "FilterLogEvents", "g", **ASK)
    assert len(calls.asked) == 3
    assert calls.status.counts()["throttled"] == 1


def test_a_refused_action_is_not_tried_for_ever_in_one_pass(calls, answers):
    answers.append(DENIED)
    for number in range(50):
        assert calls.one("logs", "FilterLogEvents", f"g{number}", **ASK) is Refusal.DENIED
    assert len(calls.asked) == 3
    [sentence] = calls.status.sentences()
    assert "logs:FilterLogEvents on g0 and 2 more is not allowed" in sentence
    calls.begin_pass()
    calls.one("logs", "FilterLogEvents", "g", **ASK)
    assert len(calls.asked) == 4


def test_a_refusal_is_over_when_it_works_again(calls, answers):
    answers.extend([DENIED, (200, {"events": []})])
    assert calls.one("logs", "FilterLogEvents", "g", **ASK) is Refusal.DENIED
    assert calls.status.denied()
    calls.one("logs", "FilterLogEvents", "g", **ASK)
    assert not calls.status.denied()
    assert calls.status.sentences() == []


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, "ResourceNotFoundException", Refusal.ABSENT),
        (400, "AWS.SimpleQueueService.NonExistentQueue", Refusal.ABSENT),
        (404, "NoSuchEntity", Refusal.ABSENT),
        (403, "AccessDenied", Refusal.DENIED),
        (400, "InvalidParameterException", Refusal.REJECTED),
        (404, "Not yet implemented", Refusal.REJECTED),
        (403, "ExpiredTokenException", None),
        (403, "UnrecognizedClientException", None),
    ],
)
def test_an_error_is_judged_by_its_code(calls, answers, status, code, expected):
    answers.append((status, {"__type": code, "message": "because"}))
    if expected is None:
        with pytest.raises(ClientError):
            calls.one("logs", "FilterLogEvents", "g", **ASK)
    else:
        assert calls.one("logs", "FilterLogEvents", "g", **ASK) is expected


@pytest.mark.parametrize(
    "code",
    [
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
        "RequestThrottled",
        "RequestLimitExceeded",
        "LimitExceededException",
    ],
)
def test_services_say_in_many_ways_that_they_are_asked_too_often(code):
    assert is_throttle(code)


def test_one_service_that_is_down_does_not_stop_the_others(clients, endpoint, readers_of, inbox, monkeypatch):
    shop.whole_shop(clients)
    monkeypatch.setenv("AWS_ENDPOINT_URL_KINESIS", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    readers = readers_of(Source("shop", (REGION,)))
    readers.pass_once()
    assert sorted(event.thing for event in inbox.events()) == ["checkout", "orders", "orders-dlq", "orders-table"]
    assert any("reading configuration fails" in text for text in readers.status())


def test_missing_credentials_are_said(readers_of, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    readers = readers_of(Source("shop", (REGION,)))
    readers.pass_once()
    assert any("there are no AWS credentials" in text for text in readers.status())


def test_a_profile_that_does_not_exist_is_said(readers_of):
    readers = readers_of(Source("shop", (REGION,), profile="nobody"))
    readers.pass_once()
    assert any("nobody" in text for text in readers.status())


def test_the_thread_reads_and_stops_at_once(clients, readers, inbox):
    shop.whole_shop(clients)
    readers.start()
    eventually(lambda: inbox.values() or len(inbox.events()) == 5)
    started = time.monotonic()
    readers.stop()
    assert time.monotonic() - started < 30
    assert not [thread for thread in threading.enumerate() if thread.name == "aws-readers"]


def test_a_pass_stops_between_two_calls(clients, readers):
    shop.whole_shop(clients)
    readers.stop()
    with pytest.raises(StoppedError):
        readers.pass_once()


def test_waiting_for_the_pace_ends_when_the_server_stops(calls, answers):
    calls._pause_s = 60
    threading.Timer(0.1, calls.stopping.set).start()
    started = time.monotonic()
    with pytest.raises(StoppedError):
        calls.pause()
    assert time.monotonic() - started < 30


def test_failures_are_tried_again_later_and_later(answers, readers_of, clock):
    source = Source("shop", (REGION,), endpoint_url="http://127.0.0.1:1")
    readers = readers_of(source)
    waits = []
    for _ in range(6):
        job = readers._jobs[0]
        readers._do(job)
        waits.append(job.due - clock.monotonic())
    assert waits == sorted(waits)
    assert waits[0] == pytest.approx(600 * 1.05)
    assert waits[-1] == pytest.approx(900 * 1.05)
