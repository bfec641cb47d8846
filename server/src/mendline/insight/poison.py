"""Poison: records that fail at every try, what they have that others have not, and what waits behind them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

from mendline.errors import MendlineError, NotFoundError
from mendline.insight.architecture import source_name
from mendline.insight.backlogs import list_backlogs
from mendline.insight.evaluations import Question
from mendline.insight.moments import from_ns, range_parameters
from mendline.insight.outliers import explain_outliers, in_words
from mendline.insight.watch import Watched
from mendline.model.backlog import Backlog
from mendline.model.finding import Finding
from mendline.model.poison import PoisonRecord
from mendline.model.selection import Selection
from mendline.model.timerange import TimeRange
from mendline.query.spelling import value_text
from mendline.store.contract import TelemetryStore

_MOST_RECORDS = 200
_AS_READ = ("function", "trigger", "tries", "named", "by_calls", "together", "error", "message")
_MINUTE = timedelta(minutes=1)
_STILL = timedelta(minutes=15)
"""How long after its last try a record still blocks its shard: the poller of a stream never pauses for longer."""
_RECORD = "request.Records.0."
_FOLLOWS = (
    "error", "exception", "attempt", "wait", "response", "memory", "remaining", "billed", "retry", "calls ",
    "messaging.", "trigger", f"{_RECORD}messageId", f"{_RECORD}eventID", f"{_RECORD}receiptHandle",
    f"{_RECORD}kinesis.sequenceNumber", f"{_RECORD}attributes", f"{_RECORD}dynamodb.SequenceNumber",
)  # fmt: skip
"""What follows from that they failed, and failed again, and what each record has of its own."""
_SHARED = 0.5
"""The share of the tries that must have it, so that it says what is special of the records."""
_EVERYTHING = 0.5
"""The share of executions that fail, from which on the function is at fault, or what it calls, and no record."""


def list_poison(store: TelemetryStore, time_range: TimeRange) -> tuple[PoisonRecord, ...]:
    """Of each function and what it takes from: those that are certain first, then by tries."""
    rows = store.select("poison", {**range_parameters(time_range), "most": _MOST_RECORDS})
    records = [_record(row) for row in rows]
    certain = {(it.function, it.source_arn) for it in records if it.is_certain}
    # others of a batch failed with a certain one
    return tuple(it for it in records if it.is_certain or (it.function, it.source_arn) not in certain)


def _record(row: Mapping[str, Any]) -> PoisonRecord:
    return PoisonRecord(
        id=row["record"],
        source=source_name(row["source"]),
        source_arn=row["source"],
        first=from_ns(row["first_ns"]),
        last=from_ns(row["last_ns"]),
        trace_id=row["trace"],
        span_id=row["span"],
        request_ids=tuple(row["requests"]),
        **{name: row[name] for name in _AS_READ},
    )


def poison_records(watched: Watched) -> Iterator[Finding]:
    """A finding for each function and source that has some."""
    records = list_poison(watched.store, watched.range)
    if not records:
        return
    backlogs = {(it.type, it.name): it for it in list_backlogs(watched.store, watched.range)}
    ordered = sorted(records, key=lambda it: (it.function, it.source_arn))
    for _, group in groupby(ordered, key=lambda it: (it.function, it.source_arn)):
        found = sorted(group, key=lambda it: (-it.named, -it.tries, it.id))
        if _fails_at_everything(watched, found):
            continue
        backlog = backlogs.get((found[0].trigger, found[0].source))
        yield _finding(watched, found, backlog)


def _fails_at_everything(watched: Watched, found: Sequence[PoisonRecord]) -> bool:
    """Whether it is no record that is at fault: most of what the function did meanwhile failed, be it by calls (of a
    stream, in which nothing passes what is blocked) or not (of a queue)."""
    by_calls = sum(it.by_calls for it in found) * 2 > sum(it.tries for it in found)
    if found[0].trigger != "sqs":
        return by_calls
    meanwhile = TimeRange(min(it.first for it in found) - _MINUTE, max(it.last for it in found) + _MINUTE)
    parameters = {**range_parameters(meanwhile), "name": found[0].function}
    minutes = watched.store.select("function_minutes", parameters)
    invocations, errors = (sum(row[name] for row in minutes) for name in ("invocations", "errors"))
    return bool(errors > _EVERYTHING * invocations and len(found) > 1)


def _finding(watched: Watched, found: Sequence[PoisonRecord], backlog: Backlog | None) -> Finding:
    worst = found[0]
    many = f"{len(found)} records" if len(found) > 1 else f"The record {worst.id}"
    fails = "fail" if len(found) > 1 else "fails"
    error = f" with {worst.error}" if worst.error else ""
    tries = sum(it.tries for it in found)
    special = special_of(watched, worst.function, [name for it in found for name in it.request_ids])
    blocked = _blocked(watched, worst, backlog)
    sure = worst.is_certain
    in_stream = worst.trigger != "sqs"
    return Finding(
        kind="poison_record",
        what="poison_record",
        owner="input",
        text=f"{many} of {worst.resource} {fails} at every try of {worst.function}{error}: {tries} tries."
        + (f" {blocked}" if blocked else ""),
        next_step=(
            "AWS cannot delete one record of a stream: let its mapping filter it out or give it up (mendline poison"
            " pass, with undo), or let the code catch what it fails at."
            if in_stream
            else "Take it out of the queue (mendline poison remove, with a saved copy), and mend what it fails at."
        )
        + " The saved event is for a test of your own.",
        confidence="high" if sure and tries > 2 else "medium" if sure else "low",
        since=min(it.first for it in found),
        count=len(found),
        counted="records",
        cost_usd=_cost(watched, found),
        function=worst.function,
        resource=worst.resource,
        evidence=(
            f"{worst.id}: {worst.tries} tries, {worst.named} of them named it",
            *([f"its message says: {worst.message}"] if worst.message else []),
            *special,
            *([] if sure else [f"it is one of {worst.together} that failed together; none is named"]),
        ),
        ids=tuple(it.id for it in found[:20]),
    )


def special_of(watched: Watched, function: str, request_ids: Sequence[str]) -> tuple[str, ...]:
    """What the events of these executions have that those of others have not: exact tests, in words; () of nothing."""
    question = Question(f"function:{value_text(function)}", watched.range, watched.now)
    selection = Selection(request_ids=tuple(sorted(set(request_ids))), without=_FOLLOWS)
    try:
        told = explain_outliers(watched.store, question, selection)
    except MendlineError:
        return ()
    shared = [one for one in told.findings if one.common.coverage >= _SHARED]
    return tuple(f"unlike others: {in_words(one, 'these')}" for one in shared[:3])


def _blocked(watched: Watched, record: PoisonRecord, backlog: Backlog | None) -> str:
    """What waits behind it, in words; '' where nothing does."""
    if watched.range.end - record.last > _STILL or backlog is None or not backlog.age_s:
        return ""
    if record.trigger == "sqs":
        return f"The oldest message of the queue waits for {backlog.age_s:.0f} s."
    return f"It blocks its shard: what is behind it has waited for {backlog.age_s:.0f} s."


def _cost(watched: Watched, found: Sequence[PoisonRecord]) -> float | None:
    requests = sorted({name for it in found for name in it.request_ids})
    (row,) = watched.store.select("cost_of_requests", {**range_parameters(watched.range), "requests": requests})
    cost: float | None = row["cost"] if row["executions"] else None
    return cost


def saved_event(store: TelemetryStore, time_range: TimeRange, function: str, record: str) -> dict[str, Any]:
    """The event with which the record failed last, as the agent captured it, for a test of one's own: of a batch only
    this record, where it is told apart. Raises NotFoundError where no such record is known, or nothing was captured."""
    known = next((it for it in list_poison(store, time_range) if (it.function, it.id) == (function, record)), None)
    if known is None:
        raise NotFoundError(f"No record '{record[:80]}' failed again and again at {function[:80]} in this range.")
    rows = store.select(
        "captured_event", {**range_parameters(time_range), "trace": known.trace_id, "span": known.span_id}
    )
    if not rows or not rows[0]["request"]:
        raise NotFoundError(
            f"The events of {function[:80]} are not captured. Let its agent capture them (MENDLINE_CAPTURE), and wait"
            " for another try."
        )
    try:
        event = json.loads(rows[0]["request"])
    except (ValueError, RecursionError):
        raise NotFoundError(f"The captured event of {function[:80]} was cut, and is no whole JSON.") from None
    return _only(event, record) if isinstance(event, dict) else {"event": event}


def _only(event: dict[str, Any], record: str) -> dict[str, Any]:
    records = event.get("Records")
    if not isinstance(records, list):
        return event
    own = [it for it in records if isinstance(it, dict) and _is(it, record)]
    return {**event, "Records": own or records}


def _is(found: Mapping[str, Any], record: str) -> bool:
    stream = found.get("kinesis")
    sequence = stream.get("sequenceNumber") if isinstance(stream, dict) else None
    told = (found.get("messageId"), found.get("eventID"), sequence)
    return any(isinstance(one, str) and one and record.endswith(one.rpartition(":")[2]) for one in told)
