"""What was found can be asked for like everything else: searched, counted, alerted on."""

from __future__ import annotations

from datetime import timedelta

from mendline.app.finding_watch import findings_to_exports
from mendline.insight.answers import answer
from mendline.insight.evaluations import Question
from mendline.model.finding import Finding
from mendline.model.timerange import parse_range

LOST = Finding(
    kind="lost_downstream", what="messages_lost", owner="unknown", text="3 of 9 messages never reached writer.",
    next_step="Send them again.", confidence="high", count=3, counted="messages", cost_usd=0.25, function="writer",
    resource="sqs/orders",
)  # fmt: skip
RISKY = Finding(
    kind="configuration", what="queue_without_dead_letters", owner="configuration", text="No dead-letter queue.",
    next_step="Add one.", confidence="medium", resource="sqs/orders",
)  # fmt: skip


def asked(store, now, text):
    return [list(row) for row in answer(store, Question(text, parse_range(None, None, now), now)).rows]


def test_findings_are_log_records_with_fields_of_their_own(store, tell, now):
    tell([(it.signal, it.body) for it in findings_to_exports([LOST, RISKY], now - timedelta(minutes=1))])
    counted = asked(store, now, "logs exists(finding) | count() by finding, function, finding.resource")
    assert sorted(counted) == [
        ["messages_lost", "writer", "sqs/orders", 1],
        ["queue_without_dead_letters", "", "sqs/orders", 1],
    ]
    assert asked(store, now, "logs finding:messages_lost finding.count > 2 finding.cost > $0.2 | count()") == [[1]]
    assert asked(store, now, "logs finding.confidence:high | count() | over 10m | where count() > 0") == [[1]]
    assert asked(store, now, 'logs finding.id:"messages_lost|writer|sqs/orders" | last(message)') == [[LOST.text]]
    assert not findings_to_exports([], now)
