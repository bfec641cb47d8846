"""The ledger of messages: for each edge, what became of all that was sent over it in a range, to the message."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mendline.insight.architecture import source_name
from mendline.insight.moments import from_ns, range_parameters, to_ns
from mendline.insight.things import Things
from mendline.model.backlog import DEFAULT_RETENTION_S
from mendline.model.ledger import EdgeLedger, Missing
from mendline.model.retry_limit import Pushed, RetryLimit, pushed_by
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore

PATIENCE = timedelta(minutes=5)
"""How long a message may wait that nothing else tells of; as the query language has it (`lost`)."""
ALWAYS = 0.95
"""The share of messages that a consumer took before, from which on each is due to it."""
TAKEN_FIRST = 100
"""Messages in a row that a consumer took, from which on each is due to it where nothing is known of before: were fewer
than `ALWAYS` due to it, so many in a row would come in less than 1 of 150 cases."""
_LATER = timedelta(hours=6)  # after the range, in which what was sent in it may still be taken
_SLOWER = 5  # times as long as the slowest in a hundred, that a message may wait
_SOON_S = 60  # within which a message that was taken is taken at least, of an execution of which only AWS told
_MOST_MISSING = 2000
_KEEPING = ("sqs", "kinesis", "dynamodb")
_PUSHED = {"sns": "sns", "events": "eventbridge", "eventbridge": "eventbridge"}
_Row = Mapping[str, Any]


def list_ledgers(
    store: TelemetryStore, time_range: TimeRange, now: datetime, *, every_usual: bool = True
) -> tuple[EdgeLedger, ...]:
    """Every edge over which something was sent in the range, by resource and function, as far as was told by now.
    Without `every_usual` the time before is read only where something is missing."""
    edges = _triggers(store, time_range)
    seen = min(now, time_range.end + _LATER)
    rows = _read(store, time_range, seen, edges)
    if not rows:
        return ()
    wanted = every_usual or any(row["missing"] for row in rows)
    before = _read(store, time_range.before, time_range.start, edges) if wanted else ()
    usual = {_edge(row): row for row in before}
    things = Things.of(store, now)
    silent = _silent(store, TimeRange(time_range.start, max(seen, time_range.end)), rows)
    kept = {(row["type"], row["name"]): row for row in store.select("kept_back", range_parameters(time_range))}
    books = (_Book(row, usual.get(_edge(row)), things, seen, silent.get(row["function"], ())) for row in rows)
    return tuple(book.ledger(kept.get((book.row["type"], book.row["name"]))) for book in books)


def _read(
    store: TelemetryStore, time_range: TimeRange, seen: datetime, edges: Sequence[tuple[str, str, str]]
) -> Sequence[_Row]:
    columns = [list(column) for column in zip(*edges, strict=True)] if edges else [[], [], []]
    named = dict(zip(("types", "names", "functions"), columns, strict=True))
    wanted = {**range_parameters(time_range), **named, "seen_ns": to_ns(seen), "most": _MOST_MISSING}
    return store.select("ledger", wanted)


def _silent(store: TelemetryStore, time_range: TimeRange, rows: Sequence[_Row]) -> dict[str, Sequence[int]]:
    """When executions began (ms) that told nothing of what they took, of functions that left something untaken."""
    functions = sorted({row["function"] for row in rows if any(not tries for *_, tries, _ in row["missing"])})
    wanted = {**range_parameters(time_range), "functions": functions}
    return {row["function"]: row["began_ms"] for row in store.select("silent_executions", wanted)} if functions else {}


def _triggers(store: TelemetryStore, time_range: TimeRange) -> list[tuple[str, str, str]]:
    """What invoked functions in the range and as long before it: edges over which something may have gone."""
    both = TimeRange(time_range.before.start, time_range.end)
    return [
        (row["trigger"], source_name(row["source"]), row["function"])
        for row in store.select("invoked_by", range_parameters(both))
        if row["source"] and pushed_by(row["trigger"]) not in (None, Pushed.SYNCHRONOUSLY)
    ]


def _edge(row: _Row) -> tuple[str, str, str]:
    return row["type"], row["name"], row["function"]


@dataclass(frozen=True, slots=True)
class _Book:
    """One edge: what was read of it, of the time before, and of executions of its consumer that told nothing."""

    row: _Row
    before: _Row | None
    things: Things
    seen: datetime
    silent_ms: Sequence[int]

    @property
    def usual(self) -> float | None:
        """The share of messages that the consumer took, in the end or not, before."""
        if self.before is None or not self.before["sent"]:
            return None
        untried = sum(not tries for *_, tries, _ in self.before["missing"])
        share: float = 1 - untried / self.before["sent"]
        return share

    def ledger(self, kept: _Row | None) -> EdgeLedger:
        """Each missing message in its account."""
        row = self.row
        missing = [self._missing(*one) for one in row["missing"]]
        counts = Counter(one.account for one in missing)
        p50, p99 = row["delays"] if row["newest_taken_ns"] else (None, None)
        buffered, fallback = (kept["buffered"], kept["fallback"]) if kept else (0, 0)
        left = row["sent"] - row["consumed"] - len(missing)  # beyond what is looked at one by one
        return EdgeLedger(
            resource=f"{row['type']}/{row['name']}",
            function=row["function"],
            senders=tuple(row["senders"]),
            sent=row["sent"] + buffered + fallback,
            consumed=row["consumed"],
            in_flight=counts["in_flight"] + left,
            retrying=counts["retrying"],
            dead_lettered=counts["dead_lettered"],
            expired=counts["expired"],
            buffered=buffered,
            fallback=fallback,
            not_due=counts["not_due"],
            untold=counts["untold"],
            lost=counts["lost"],
            usual=self.usual,
            p50_ms=p50,
            p99_ms=p99,
            missing=tuple(missing),
        )

    def _missing(
        self, message: str, sent_ns: int, trace: str, span: str, sender: str, tries: int, last_ns: int
    ) -> Missing:
        account, why = self._tried(tries, sent_ns, last_ns) if tries else self._untried(sent_ns)
        last = from_ns(last_ns) if tries else None
        return Missing(message, from_ns(sent_ns), trace, span, sender, tries, last, account, why)

    def _tried(self, tries: int, sent_ns: int, last_ns: int) -> tuple[str, str]:
        """Of a message that failed each time."""
        type_, name, function = _edge(self.row)
        limit, goes_to = self.things.limit(type_, name, function), self.things.given_up_to(type_, name, function)
        if limit is not None and limit.attempts is not None and not limit.splits and tries >= limit.attempts:
            if goes_to:
                return "dead_lettered", f"tried {tries} times, then given up to {goes_to}"
            return "lost", f"tried {tries} times, then given up with nowhere to go"
        age_s = (to_ns(self.seen) - sent_ns) / 1e9
        if age_s > self._kept_s(limit):
            return "expired", f"tried {tries} times, then older than it is kept"
        return "retrying", f"tried {tries} times, last {(to_ns(self.seen) - last_ns) / 6e10:.0f} min ago"

    def _untried(self, sent_ns: int) -> tuple[str, str]:
        """Of a message that nobody was seen to take."""
        type_, name, _ = _edge(self.row)
        age_s = (to_ns(self.seen) - sent_ns) / 1e9
        p99 = self.row["delays"][1] if self.row["newest_taken_ns"] else 0.0
        if age_s <= max(PATIENCE.total_seconds(), _SLOWER * p99 / 1e3):
            return "in_flight", "sent not long ago"
        if type_ in _KEEPING:
            if age_s > self.things.retention_s(type_, name):
                return "expired", "older than it is kept"
            if sent_ns > self.row["newest_taken_ns"]:
                return "in_flight", "nothing that was sent later was taken either"
        if type_ != "sqs":
            usual = self.usual
            if usual is None and self.row["taken_first"] >= TAKEN_FIRST:
                usual = 1.0
            elif usual is None and self.row["newest_taken_ns"]:
                usual = 1 - sum(not tries for *_, tries, _ in self.row["missing"]) / self.row["sent"]
            if usual is None or usual < ALWAYS:
                return "not_due", "the consumer does not take all that is sent" if usual else "nothing was ever taken"
        first = bisect_left(self.silent_ms, sent_ns // 10**6)
        soon_ms = sent_ns / 1e6 + max(1e3 * _SOON_S, _SLOWER * p99)
        if first < len(self.silent_ms) and self.silent_ms[first] <= soon_ms:
            return "untold", "nobody was seen to take it, but an execution of which only AWS told may have"
        return "lost", "nobody took it, and others that were sent later were taken"

    def _kept_s(self, limit: RetryLimit | None) -> float:
        type_, name, _ = _edge(self.row)
        if type_ in DEFAULT_RETENTION_S:
            return self.things.retention_s(type_, name)
        return float(limit.most_age_s if limit and limit.most_age_s else 6 * 3600)
