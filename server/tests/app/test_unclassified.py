"""Errors without a kind are counted for /metrics, and the store is not asked at every scrape."""

from __future__ import annotations

from hand_clock import HandClock

from mendline.app.projects import Project, Projects
from mendline.app.unclassified import EVERY_SECONDS, Unclassified


def test_errors_without_a_kind_are_counted_now_and_then(store, send_spans, now):
    clock = HandClock(now)
    # of a project, only the store is asked
    projects = Projects(lambda name: Project(name, store, *[None] * 4))
    unclassified = Unclassified(projects, clock)
    projects.get()
    known, odd = ({"status": 2, "attributes": {"error.type": kind}} for kind in ("ThrottlingException", "OddThing"))
    send_spans(known, odd)
    assert unclassified.count() == 1
    send_spans({**odd, "span_id": b"another!"})
    assert unclassified.count() == 1
    clock.move(seconds=EVERY_SECONDS)
    assert unclassified.count() == 2
