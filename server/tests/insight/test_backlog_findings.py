"""What waits in queues and streams is foretold with an interval; what will not drain, or is lost, is a finding."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from web.shop import readings

from mendline.insight.findings import list_findings
from mendline.model.backlog import Backlog
from mendline.model.slope import sen_slope
from mendline.model.timerange import parse_range

QUEUE, STREAM = {"queue": "jammed"}, {"stream": "events"}
HOUR_MS = 3_600_000.0


def _backlog(depths, ages, retention_s=3600.0):
    grows = [sen_slope(list(enumerate(values))) if values else None for values in (depths, ages)]
    return Backlog(
        type="sqs", name="q", depth=depths[-1] if depths else None, in_flight=None, age_s=ages[-1] if ages else None,
        age_slope=None, in_per_s=None, out_per_s=None, retention_s=retention_s, retention_known=True,
        takes_dead_letters=False, dead_letter_queue="", max_receives=0, consumers=(), trend=(),
        last=datetime(2026, 5, 1, tzinfo=UTC), depth_grows=grows[0], age_grows=grows[1],
    )  # fmt: skip


def test_intervals_hold_what_comes_of_noisy_queues_nineteen_times_in_twenty():
    """A queue of 300 that shrinks by 2 a second within noise is empty after 150 s; the interval says so."""
    dice, held = random.Random(5), 0
    for _ in range(200):
        depths = [300 + 2 * (29 - at) + dice.gauss(0, 6) for at in range(30)]
        told = _backlog([*depths[:-1], 300.0], []).drained
        held += told.low_s <= 150 <= (told.high_s or 1e9)
    assert held >= 180


@pytest.mark.parametrize(
    ("depths", "ages", "drained", "lost", "never"),
    [
        ([100.0 - 5 * it for it in range(10)], [], 11.0, None, False),
        ([10.0 * it for it in range(10)], [6.0 * it for it in range(10)], None, 591.0, True),
        ([10.0] * 10, [5.0] * 10, None, None, False),
        ([1.0, 2.0], [1.0, 2.0], None, None, False),  # two points say nothing
    ],
)
def test_time_to_drain_and_to_loss_come_with_intervals(depths, ages, drained, lost, never):
    backlog = _backlog(depths, ages)
    for told, expected in ((backlog.drained, drained), (backlog.lost, lost)):
        assert (told.middle_s if told else None) == (pytest.approx(expected) if expected else None)
        assert told is None or (told.low_s <= told.middle_s <= (told.high_s or told.middle_s))
    assert backlog.will_not_drain is never


def test_what_will_not_drain_and_what_is_lost_are_findings_and_what_shrinks_is_none(store, tell, now):
    steps = range(20)
    tell([
        readings([
            ("sqs.messages_visible", QUEUE, [60.0 * it for it in steps]),
            ("sqs.age_of_oldest_message", QUEUE, [60.0 * it for it in steps]),
            ("kinesis.iterator_age", STREAM, [20 * HOUR_MS + 60_000.0 * it for it in steps]),
            ("sqs.messages_visible", {"queue": "easing"}, [600.0 - 10 * it for it in steps]),
            ("sqs.age_of_oldest_message", {"queue": "easing"}, [600.0 - 10 * it for it in steps]),
            ("sqs.messages_visible", {"queue": "calm"}, [0.0] * 20),
        ])
    ])  # fmt: skip
    told = list_findings(store, parse_range(None, None, now), now)
    found = {(it.what, it.resource): it for it in told.found}
    assert not told.failed
    assert set(found) == {
        ("will_not_drain", "sqs/jammed"), ("will_not_drain", "kinesis/events"), ("loses_data", "kinesis/events"),
    }  # fmt: skip
    jammed = found["will_not_drain", "sqs/jammed"]
    assert (jammed.count, jammed.counted, jammed.confidence) == (1140, "messages", "high")
    assert jammed.since
    assert "between" in found["loses_data", "kinesis/events"].text
