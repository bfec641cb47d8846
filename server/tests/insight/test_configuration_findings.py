"""Settings that wait to hurt: each rule has a setting that it finds, and one that it leaves alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mendline.insight.configuration_findings import Used, judge_settings
from mendline.insight.findings import WHATS
from mendline.insight.things import Thing, Things

ARN = "arn:aws:sqs:eu-central-1:1:"
STREAM = "arn:aws:kinesis:eu-central-1:1:stream/events"
CHANGED = datetime(2026, 5, 1, tzinfo=UTC)
NONE, LIMITED = {"max_retries": -1, "max_record_age_s": -1}, {"max_retries": 3, "max_record_age_s": -1}


def queue(name="q", **facts):
    return Thing("sqs", name, "1", "eu-central-1", facts, dict.fromkeys(facts, CHANGED))


def function(name="f", **facts):
    return Thing("lambda", name, "1", "eu-central-1", facts, dict.fromkeys(facts, CHANGED))


def mapped(source=STREAM, state="Enabled", **facts):
    return function(timeout_s=10, event_sources=[{"source": source, "state": state, **facts}])


def keeps(seconds, dead_seconds):
    return [queue(dead_letter_queue=f"{ARN}d", retention_s=seconds), queue("d", retention_s=dead_seconds)]


def invoked(trigger="sns"):
    return Used(triggers=frozenset({("f", trigger)}))


CALLS = Used(invokes=frozenset({("caller", "f")}))
DAY = 86400
CASES = {
    "queue_without_dead_letters": [
        ([queue(dead_letter_queue=None)], Used(), True),
        ([queue(dead_letter_queue=f"{ARN}d")], Used(), False),
        ([queue()], Used(), False),  # not known
        ([queue(dead_letter_queue=f"{ARN}d"), queue("d", dead_letter_queue=None)], Used(), False),
    ],
    "dead_letters_expire_early": [
        (keeps(4 * DAY, 4 * DAY), Used(), True),
        (keeps(4 * DAY, 14 * DAY), Used(), False),
        (keeps(14 * DAY, 14 * DAY), Used(), False),  # there is no more to have
    ],
    "visibility_too_short": [
        ([queue(visibility_timeout_s=30), mapped(f"{ARN}q")], Used(), True),
        ([queue(visibility_timeout_s=60), mapped(f"{ARN}q")], Used(), False),
        ([queue(visibility_timeout_s=60), mapped(f"{ARN}q", batching_window_s=5)], Used(), True),
        ([queue(visibility_timeout_s=30), mapped(f"{ARN}q", state="Disabled")], Used(), False),
    ],
    "stream_without_limits": [
        ([mapped(**NONE, bisect=False, on_failure=None)], Used(), True),
        ([mapped(**LIMITED, bisect=True, on_failure=f"{ARN}d")], Used(), False),
        ([mapped(**LIMITED, bisect=True, on_failure=None)], Used(), True),
        ([mapped()], Used(), False),
    ],
    "async_without_destination": [
        ([function(**{"async": {}, "dead_letter_target": None})], invoked(), True),
        ([function(**{"async": {"$LATEST": {"on_failure": f"{ARN}d"}}, "dead_letter_target": None})], invoked(), False),
        ([function(**{"async": {}, "dead_letter_target": f"{ARN}d"})], invoked(), False),
        ([function(**{"async": {}, "dead_letter_target": None})], invoked("apigateway.v2"), False),
        ([function()], invoked(), False),
    ],
    "caller_gives_up_first": [
        ([function(timeout_s=10), function("caller", timeout_s=5)], CALLS, True),
        ([function(timeout_s=5), function("caller", timeout_s=10)], CALLS, False),
        ([function(timeout_s=60)], invoked("apigateway.v2"), True),
        ([function(timeout_s=29)], invoked("apigateway.v2"), False),
    ],
}  # fmt: skip
ROWS = [(what, *case) for what, cases in CASES.items() for case in cases]


@pytest.mark.parametrize(("what", "things", "used", "expected"), ROWS)
def test_a_setting_is_found_where_it_waits_to_hurt_and_nowhere_else(what, things, used, expected):
    found = [one for one in judge_settings(Things(things), used) if one.what == what]
    assert bool(found) is expected
    for one in found:
        assert (one.kind, one.owner, one.count) == ("configuration", "configuration", 0)
        assert one.what in WHATS
        assert one.next_step.endswith(".")
        assert one.since == CHANGED


def test_a_dead_letter_queue_names_the_functions_that_could_not_process_what_lies_in_it():
    takes = Thing("lambda", "takes", "1", "eu-central-1", {"event_sources": [{"source": f"{ARN}q"}]})
    stream = Thing(
        "lambda", "stream", "1", "eu-central-1", {"event_sources": [{"source": STREAM, "on_failure": f"{ARN}d"}]}
    )
    pushed = function("pushed", **{"async": {"$LATEST": {"on_failure": f"{ARN}d"}}})
    things = Things([queue(dead_letter_queue=f"{ARN}d"), queue("d"), takes, stream, pushed, mapped(f"{ARN}other")])
    assert things.given_up_by("d") == ("pushed", "stream", "takes")
    assert things.given_up_by("q") == ()
