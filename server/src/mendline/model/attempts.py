"""Attempts at one event: which one an execution was, whether a later one succeeded, and whether another may come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ASYNCHRONOUS = frozenset({"sns", "s3", "eventbridge", "schedule", "iot", "cloudwatch_logs", "ses", "config"})
"""Triggers that invoke asynchronously: the platform tries again after 1 and after 2 minutes
(AWS Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous invocation")."""
ASYNCHRONOUS_ATTEMPTS = 3
SYNCHRONOUS = frozenset({"apigateway.v1", "apigateway.v2", "function_url", "alb", "cognito"})
"""Triggers whose caller waits for the answer: the platform does not try again."""

Told = Sequence[Sequence[tuple[int, bool]]]


@dataclass(frozen=True, slots=True)
class Attempt:
    """`number` counts from 1; `ordinal` too, but only executions of the same request id.

    `recovered`: it failed, and a later attempt at the same event succeeded. `final`: it failed, and no attempt is left;
    None where that is not known, as for a queue, whose limit only AWS knows.
    """

    number: int
    ordinal: int
    recovered: bool
    final: bool | None


def attempt_of(
    start_ns: int, *, failed: bool, trigger: str, has_request_id: bool, told_number: int, attempts: Told
) -> Attempt:
    """The place of an execution among others.

    `attempts` has a list of (start in ns, failed) for the request id, where there is one, then one for each message;
    the execution itself is in all of them. `told_number` is what the source said (ApproximateReceiveCount), or 0.
    """
    later = [[did for began, did in told if began > start_ns] for told in attempts]
    number = 1 + max((sum(began < start_ns for began, _ in told) for told in attempts), default=0)
    number = max(number, told_number)
    ordinal = 1 + sum(began < start_ns for began, _ in attempts[0]) if has_request_id and attempts else 1
    if not failed:
        return Attempt(number, ordinal, recovered=False, final=False)
    again, messages = (later[:1], later[1:]) if has_request_id else ([], later)
    recovered = any(_succeeded(told) for told in again) or (bool(messages) and all(map(_succeeded, messages)))
    return Attempt(number, ordinal, recovered, _is_final(number, trigger, retried=any(later)))


def _succeeded(later: Sequence[bool]) -> bool:
    return not all(later)


def _is_final(number: int, trigger: str, *, retried: bool) -> bool | None:
    if retried:
        return False
    if trigger in SYNCHRONOUS or (trigger in ASYNCHRONOUS and number >= ASYNCHRONOUS_ATTEMPTS):
        return True
    return None
