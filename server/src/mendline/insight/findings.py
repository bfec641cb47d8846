"""Everything that the watches find, in one list: what pages show, and what policies can be made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from mendline.errors import MendlineError
from mendline.insight.backlog_findings import backlogs_ahead
from mendline.insight.cold_starts import cold_start_findings
from mendline.insight.configuration_findings import risky_settings
from mendline.insight.costs import wasted_money
from mendline.insight.drifts import slower_over_weeks
from mendline.insight.lost_findings import lost_messages, stranded_transactions
from mendline.insight.memory_findings import memory_findings
from mendline.insight.new_errors import never_seen_before
from mendline.insight.poison import poison_records
from mendline.insight.timeouts import timeout_findings
from mendline.insight.transactions import readable_range
from mendline.insight.watch import ReadOnce, Watch, Watched
from mendline.model.finding import CONFIDENCES, Finding
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore

LOOK_EVERY = timedelta(minutes=5)
WATCHES: Mapping[str, Watch] = {
    "lost messages": lost_messages,
    "transactions that went no further": stranded_transactions,
    "records that fail again and again": poison_records,
    "settings that wait to hurt": risky_settings,
    "queues and streams that will not drain": backlogs_ahead,
    "money that is wasted": wasted_money,
    "memory": memory_findings,
    "timeouts": timeout_findings,
    "cold starts": cold_start_findings,
    "errors that are new": never_seen_before,
    "what became slower over weeks": slower_over_weeks,
}
"""By what each looks for, in words."""
WHATS = {
    "messages_lost": "sent, and never taken by who usually takes them",
    "messages_given_up": "tried as often as is configured, then gone",
    "downstream_never_started": "a function failed, and what usually follows it never started",
    "poison_record": "a record that fails at every try",
    "queue_without_dead_letters": "a queue that keeps no message which cannot be processed",
    "dead_letters_expire_early": "a dead-letter queue that keeps messages no longer than the queue before it",
    "visibility_too_short": "messages that come again while they are still worked on",
    "stream_without_limits": "a stream that one record may block, or lose a batch of",
    "async_without_destination": "events that are gone when they have failed three times",
    "will_not_drain": "a queue or stream in which more and more waits",
    "loses_data": "a queue or stream whose oldest expires before it is taken",
    "memory_leak": "processes that keep more memory with each execution, and go on",
    "out_of_memory": "executions that ended because memory ran out",
    "memory_nearly_full": "a function that used nine tenths of its memory",
    "memory_hardly_used": "a function that never used two fifths of its memory",
    "timeout_too_short": "a function that times out at work that takes about as long as it may",
    "timeout_too_long": "a function that hangs until its timeout, which is far longer than its work",
    "timeout_near": "a function that comes near its timeout",
    "cold_starts_often": "a function that starts cold often",
    "money_wasted": "a function of whose cost a quarter or more is for nothing",
    "new_error": "an error that never happened before",
    "slower_over_weeks": "what takes longer from day to day",
    "caller_gives_up_first": "a caller that is ended before what it waits for",
}
"""What a finding may say (`what`), in words."""


@dataclass(frozen=True, slots=True)
class Findings:
    """`found`, surest first, and of these what hit most; `read` is the part of the range that could be read. `failed`
    says why of watches that could not be computed: of what they look for nothing is known."""

    found: tuple[Finding, ...]
    read: TimeRange
    failed: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found in the last hour, at `at`: a look is dear, and is taken every few minutes anyway."""

    findings: Findings
    at: datetime

    def serves(self, time_range: TimeRange, now: datetime) -> bool:
        """Whether it answers for this range: the last hour, while the next look is not overdue."""
        last_hour = (time_range.start_text, time_range.end_text) == ("-1h", "now")
        return last_hour and timedelta(0) <= now - self.at <= 2 * LOOK_EVERY


def list_findings(store: TelemetryStore, time_range: TimeRange, now: datetime) -> Findings:
    """What is wrong in a range, or waits to be."""
    once = cast(TelemetryStore, ReadOnce(store))
    read = readable_range(once, time_range)
    watched = Watched(once, read, now)
    found: list[Finding] = []
    failed: dict[str, str] = {}
    for name, watch in WATCHES.items():
        try:
            found += watch(watched)
        except MendlineError as error:
            failed[name] = error.message
    found.sort(key=lambda one: (CONFIDENCES.index(one.confidence), -one.count, one.key))
    return Findings(tuple(found), read, failed)
