"""Settings that wait to hurt, found in what the AWS readers told before anything failed. Each rule says what to set.

Sources: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS" (visibility timeout at least six times the
function's, plus the batching window), "Using Lambda with Kinesis" (retries until the data expires unless limited),
"Retry behavior for asynchronous invocations"; Amazon SQS Developer Guide, "Dead-letter queues" (a message keeps its
age when it is moved); API Gateway's longest integration timeout."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mendline.insight.moments import range_parameters
from mendline.insight.things import Thing, Things, asynchronous_failures_go_to, last_of
from mendline.insight.watch import Watched
from mendline.model.finding import Finding
from mendline.model.retry_limit import Pushed, pushed_by

TIMES_THE_TIMEOUT = 6
_GATEWAY_S = {"apigateway.v1": 29, "apigateway.v2": 30}
_STREAMS = ("kinesis", "dynamodb")


@dataclass(frozen=True, slots=True)
class Used:
    """What calls and invokes what, as seen: (caller, function that it invokes), and (function, trigger) of what is
    invoked."""

    invokes: frozenset[tuple[str, str]] = frozenset()
    triggers: frozenset[tuple[str, str]] = frozenset()


def risky_settings(watched: Watched) -> Iterator[Finding]:
    """Of everything that is configured now."""
    things = Things.of(watched.store, watched.now)
    if not things.all:
        return iter(())
    parameters = range_parameters(watched.range)
    calls = watched.store.select("calls_between", parameters)
    triggers = watched.store.select("invoked_by", parameters)
    used = Used(
        frozenset((row["service"], row["name"]) for row in calls if row["type"] == "lambda"),
        frozenset((row["function"], row["trigger"]) for row in triggers),
    )
    return judge_settings(things, used)


def judge_settings(things: Things, used: Used) -> Iterator[Finding]:
    """The findings; a fact that is not known is never one."""
    for queue in things.of_type("sqs"):
        yield from _queue(things, queue)
    for function in things.of_type("lambda"):
        for mapping in function.mappings():
            if mapping.get("state", "Enabled") == "Enabled":
                yield from _mapping(things, function, mapping)
        yield from _asynchronous(function, used)
        yield from _callers(things, function, used)


def _finding(what: str, text: str, next_step: str, thing: Thing, *facts: str, **more: Any) -> Finding:
    """Of a thing; dated by the last change of these facts."""
    where = {"function": thing.name} if thing.type == "lambda" else {"resource": f"{thing.type}/{thing.name}"}
    told = {"kind": "configuration", "owner": "configuration", "confidence": "high", **where, **more}
    return Finding(what=what, text=text, next_step=next_step, since=thing.since(*facts), **told)


def _queue(things: Things, queue: Thing) -> Iterator[Finding]:
    facts = queue.facts
    takes_dead_letters = bool(facts.get("dead_letter_of")) or queue.name in _given_up_to(things)
    if "dead_letter_queue" in facts and not facts["dead_letter_queue"] and not takes_dead_letters:
        yield _finding(
            "queue_without_dead_letters",
            f"The queue {queue.name} has no dead-letter queue: a message that cannot be processed comes again until it"
            " expires, and is then gone.",
            f"Give {queue.name} a redrive policy: a dead-letter queue, and a maxReceiveCount of 3 to 5.",
            queue,
            "dead_letter_queue",
            "max_receives",
        )
    dead = things.get("sqs", last_of(facts.get("dead_letter_queue")))
    own_s, dead_s = facts.get("retention_s"), dead.facts.get("retention_s") if dead else None
    if dead is not None and own_s and dead_s and dead_s <= own_s and dead_s < 14 * 86400:
        yield _finding(
            "dead_letters_expire_early",
            f"{dead.name} keeps messages for {_days(dead_s)}, no longer than {queue.name} ({_days(own_s)}): a message"
            " keeps"
            " its age when it is moved, so that it may be gone before anybody looked.",
            f"Set the retention of {dead.name} to 14 days.",
            dead,
            "retention_s",
        )


def _given_up_to(things: Things) -> frozenset[str]:
    """The names of queues that take what others gave up."""
    named = [queue.facts.get("dead_letter_queue") for queue in things.of_type("sqs")]
    for function in things.of_type("lambda"):
        named += [asynchronous_failures_go_to(function.facts), *(it.get("on_failure") for it in function.mappings())]
    return frozenset(last_of(one) for one in named if one)


def _mapping(things: Things, function: Thing, mapping: Mapping[str, Any]) -> Iterator[Finding]:
    arn = str(mapping.get("source") or "")
    service = arn.split(":")[2] if arn.count(":") > 4 else ""
    if service == "sqs":
        yield from _visibility(things, function, mapping, last_of(arn))
    elif service in _STREAMS:
        yield from _stream(function, mapping, service, arn.partition("/")[2].split("/")[0])


def _visibility(things: Things, function: Thing, mapping: Mapping[str, Any], name: str) -> Iterator[Finding]:
    queue = things.get("sqs", name)
    visible_s, timeout_s = (queue.facts if queue else {}).get("visibility_timeout_s"), function.facts.get("timeout_s")
    if queue is None or not visible_s or not timeout_s:
        return
    wanted_s = TIMES_THE_TIMEOUT * timeout_s + (mapping.get("batching_window_s") or 0)
    if visible_s < wanted_s:
        twice = visible_s < timeout_s
        yield _finding(
            "visibility_too_short",
            f"Messages of {name} are invisible for {visible_s} s while {function.name} may take {timeout_s} s:"
            + (" they are processed twice at once." if twice else " retries after throttling meet the first try."),
            f"Set the visibility timeout of {name} to {wanted_s} s (six times the timeout, and the batching window).",
            queue,
            "visibility_timeout_s",
            function=function.name,
            confidence="high" if twice else "medium",
        )


def _stream(function: Thing, mapping: Mapping[str, Any], service: str, name: str) -> Iterator[Finding]:
    def lacks(fact: str) -> bool:
        return fact in mapping and (mapping[fact] is None or mapping[fact] is False or mapping[fact] == -1)

    missing = []
    if lacks("max_retries") and lacks("max_record_age_s"):
        missing.append("a limit of retries or age")
    if lacks("bisect") and (mapping.get("batch_size") or 2) > 1:
        missing.append("halving of batches that fail")
    if lacks("on_failure"):
        missing.append("a destination on failure")
    if not missing:
        return
    blocks = missing[0].startswith("a limit")
    ends = "blocks its shard until it expires" if blocks else "is given up with its whole batch, or kept nowhere"
    yield _finding(
        "stream_without_limits",
        f"{function.name} takes from {service}/{name} without {_listed(missing)}: a record that it cannot process"
        f" {ends}.",
        "Set MaximumRetryAttempts and MaximumRecordAgeInSeconds, BisectBatchOnFunctionError and a destination on"
        " failure on"
        " the event-source mapping.",
        function,
        "event_sources",
        resource=f"{service}/{name}",
        confidence="high" if blocks else "medium",
    )


def _asynchronous(function: Thing, used: Used) -> Iterator[Finding]:
    by = sorted({trigger for name, trigger in used.triggers if name == function.name and _is_asynchronous(trigger)})
    known = "async" in function.facts and "dead_letter_target" in function.facts
    if by and known and not asynchronous_failures_go_to(function.facts):
        yield _finding(
            "async_without_destination",
            f"{function.name} is invoked by {_listed(by)}, where nobody waits for it, and has no destination on"
            " failure:"
            " an event that fails three times is gone.",
            f"Give {function.name} an on-failure destination (a queue), or a dead-letter target.",
            function,
            "async",
            "dead_letter_target",
        )


def _is_asynchronous(trigger: str) -> bool:
    return pushed_by(trigger) is Pushed.ASYNCHRONOUSLY


def _callers(things: Things, callee: Thing, used: Used) -> Iterator[Finding]:
    """Who gives up before it is done."""
    own_s = callee.facts.get("timeout_s")
    if not own_s:
        return
    for caller, called in sorted(used.invokes):
        timeout_s = things.facts("lambda", caller).get("timeout_s")
        if called == callee.name and timeout_s and timeout_s < own_s:
            yield _finding(
                "caller_gives_up_first",
                f"{caller} may take {timeout_s} s and waits for {callee.name}, which may take {own_s} s: it is ended"
                " first,"
                " and the work is done for nobody.",
                f"Set the timeout of {callee.name} below {timeout_s} s, or that of {caller} above {own_s} s.",
                things.get("lambda", caller) or callee,
                "timeout_s",
                resource=f"lambda/{callee.name}",
            )
    for trigger, most_s in _GATEWAY_S.items():
        if (callee.name, trigger) in used.triggers and own_s > most_s:
            yield _finding(
                "caller_gives_up_first",
                f"{callee.name} may take {own_s} s, but API Gateway waits for {most_s} s at most: longer work is done"
                " for"
                " nobody.",
                f"Set the timeout of {callee.name} below {most_s} s, or answer at once and work behind a queue.",
                callee,
                "timeout_s",
            )


def _listed(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _days(seconds: float) -> str:
    return f"{seconds / 86400:g} days" if seconds >= 86400 else f"{seconds / 3600:g} hours"
