"""What a change of configuration means for whoever looks for a cause."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from mendline.insight.change_ranking import stopped_source
from mendline.model.change import Change

QUEUE, STREAM = "arn:aws:sqs:us-east-1:1:orders", "arn:aws:kinesis:us-east-1:1:stream/events"


def _change(before, after, kind="event_source"):
    told = (
        json.dumps({"event_sources": [{"source": at, "state": state} for at, state in one]}) for one in (before, after)
    )
    return Change(datetime.now(UTC), kind, "lambda", "1", "us-east-1", "f", "", *told)


@pytest.mark.parametrize(
    ("change", "source"),
    [
        (_change([(QUEUE, "Enabled")], [(QUEUE, "Disabled")]), "sqs/orders"),
        (_change([(STREAM, "Enabled")], [(STREAM, "Disabling")]), "kinesis/events"),
        (_change([(QUEUE, "Disabled")], [(QUEUE, "Enabled")]), ""),
        (_change([(QUEUE, "Disabled")], [(QUEUE, "Disabled")]), ""),
        (_change([(QUEUE, "Enabled")], [(QUEUE, "Disabled")], "memory"), ""),
        (_change([], []), ""),
    ],
)
def test_mapping_that_was_switched_off_names_what_it_read(change, source):
    assert stopped_source(change) == source
