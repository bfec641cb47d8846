"""Which attempt an execution was, and whether another may come, by what AWS has configured."""

from __future__ import annotations

import pytest

from mendline.model.attempts import Execution, attempt_of
from mendline.model.retry_limit import RetryLimit, asynchronous_limit, queue_limit, stream_limit

S = 10**9
ARN = "arn:aws:kinesis:eu-central-1:123456789012:stream/orders"
TABLE = "arn:aws:dynamodb:eu-central-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000"


def _final(trigger, limit, *, number=1, told=0, started=(), lasted_s=1):
    """Whether the failed attempt `number` is final; `started` are when executions of its request id began (s)."""
    began = [second * S for second in started] or [0]
    start_ns = began[number - 1]
    execution = Execution(start_ns, start_ns + lasted_s * S, True, trigger, True, told)
    return attempt_of(execution, [[(at, True) for at in began[:number]]], limit).final


@pytest.mark.parametrize(
    ("trigger", "limit", "attempt", "final"),
    [
        # queues: ApproximateReceiveCount against maxReceiveCount
        ("sqs", None, {"told": 3}, None),
        ("sqs", RetryLimit(3), {"told": 2}, False),
        ("sqs", RetryLimit(3), {"told": 3}, True),
        ("sqs", RetryLimit(None), {"told": 900}, False),
        # streams: MaximumRetryAttempts, and the first
        ("kinesis", None, {"told": 2}, None),
        ("kinesis", RetryLimit(2), {"told": 1}, False),
        ("dynamodb", RetryLimit(2), {"told": 2}, True),
        ("kinesis", RetryLimit(None), {"told": 50}, False),
        ("kinesis", RetryLimit(None, ages=True), {"told": 50}, None),
        ("kinesis", RetryLimit(2, splits=True), {"told": 1}, False),
        ("kinesis", RetryLimit(2, splits=True), {"told": 2}, None),
        # asynchronous invocations
        ("sns", None, {}, None),
        ("sns", RetryLimit(1), {}, True),
        ("sns", RetryLimit(3, most_age_s=21_600), {}, False),
        ("timer", None, {"number": 3, "started": (0, 61, 182)}, True),
        ("sns", RetryLimit(3, most_age_s=60), {}, True),  # a minute's pause, and it is too old
        ("sns", RetryLimit(3, most_age_s=120), {"number": 2, "started": (0, 61)}, True),
        ("sns", RetryLimit(3, most_age_s=300), {"number": 2, "started": (0, 61)}, False),
        # a request id that comes again proves that Lambda's own queue tried again
        ("", None, {"number": 3, "started": (0, 61, 182)}, True),
        ("pubsub", None, {"number": 3, "started": (0, 61, 182)}, True),
        ("", None, {"number": 2, "started": (0, 61)}, None),
        ("", None, {}, None),
        # whoever waits for the answer
        ("apigateway.v2", None, {}, True),
        ("http", None, {}, True),
    ],
)
def test_failure_is_final_when_no_attempt_is_left(trigger, limit, attempt, final):
    assert _final(trigger, limit, **attempt) is final


ASYNC = {"async": {"$LATEST": {"max_retries": 0, "max_age_s": None}, "live": {"max_retries": 1, "max_age_s": 60}},
         "aliases": {"live": {"version": "7"}}}  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "version", "limit"),
    [
        (ASYNC, "$LATEST", RetryLimit(1, 21_600)),
        (ASYNC, "", RetryLimit(1, 21_600)),
        (ASYNC, "7", RetryLimit(2, 60)),  # invoked by the alias that leads to it
        (ASYNC, "8", RetryLimit(3, 21_600)),
        ({"async": {}}, "$LATEST", RetryLimit(3, 21_600)),
        ({}, "$LATEST", None),
    ],
)
def test_limit_of_asynchronous_invocations_is_that_of_the_version(facts, version, limit):
    assert asynchronous_limit(facts, version) == limit


@pytest.mark.parametrize(
    ("mapping", "source", "limit"),
    [
        ({"source": ARN, "max_retries": 2, "max_record_age_s": -1}, ARN, RetryLimit(3)),
        ({"source": ARN, "max_retries": -1, "max_record_age_s": 3600, "bisect": True}, "orders",
         RetryLimit(None, ages=True, splits=True)),
        ({"source": TABLE, "max_retries": -1}, "orders", RetryLimit(None)),
        ({"source": ARN, "max_retries": 2}, ARN + "-old", None),
        ({"source": ARN, "max_retries": None}, ARN, None),
        ({"source": ARN, "max_retries": 2}, "", None),
    ],
)  # fmt: skip
def test_limit_of_a_stream_is_that_of_its_mapping(mapping, source, limit):
    assert stream_limit({"event_sources": [mapping]}, source) == limit
    assert stream_limit({"event_sources": "… and 3 more"}, source) is None


def test_limit_of_a_queue_is_its_receive_count():
    assert queue_limit({"max_receives": 5}) == RetryLimit(5)
    assert queue_limit({"max_receives": None}) == RetryLimit(None)
    assert queue_limit({"url": "seen, not asked for its attributes"}) is None
