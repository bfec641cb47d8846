"""Attempts at one event: which one an execution was, whether a later one succeeded, and whether another may come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mendline.model.retry_limit import ASYNCHRONOUS_ATTEMPTS, Pushed, RetryLimit, pushed_by

Told = Sequence[Sequence[tuple[int, bool]]]
_PAUSES_S = (60, 120)
"""After the first and the second failure of an asynchronous event (AWS Lambda Developer Guide, "How Lambda handles
errors and retries with asynchronous invocation")."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """`number` counts from 1; `ordinal` too, but only executions of the same request id.

    `recovered`: it failed, and a later attempt at the same event succeeded. `final`: it failed, and no attempt is left;
    None where that is not known, as for a queue whose configuration nobody has read.
    """

    number: int
    ordinal: int
    recovered: bool
    final: bool | None


@dataclass(frozen=True, slots=True)
class Execution:
    """What is known of one execution: when it ran (ns), whether it failed, what triggered it, whether it has a request
    id. `told_number` is what the source said (ApproximateReceiveCount), or 0."""

    start_ns: int
    end_ns: int
    failed: bool
    trigger: str
    has_request_id: bool
    told_number: int = 0


def attempt_of(execution: Execution, attempts: Told, limit: RetryLimit | None = None) -> Attempt:
    """The place of an execution among others, and among those that may come as far as `limit` is known.

    `attempts` has a list of (start in ns, failed) for the request id, where there is one, then one for each message;
    the execution itself is in all of them.
    """
    start_ns = execution.start_ns
    later = [[did for began, did in told if began > start_ns] for told in attempts]
    number = 1 + max((sum(began < start_ns for began, _ in told) for told in attempts), default=0)
    number = max(number, execution.told_number)
    same = attempts[0] if execution.has_request_id and attempts else ()
    ordinal = 1 + sum(began < start_ns for began, _ in same)
    if not execution.failed:
        return Attempt(number, ordinal, recovered=False, final=False)
    again, messages = (later[:1], later[1:]) if execution.has_request_id else ([], later)
    recovered = any(_succeeded(told) for told in again) or (bool(messages) and all(map(_succeeded, messages)))
    # only the asynchronous queue of Lambda uses a request id again
    pushed = pushed_by(execution.trigger) or (Pushed.ASYNCHRONOUSLY if len(same) > 1 else None)
    if pushed is Pushed.ASYNCHRONOUSLY:
        began = min((began for began, _ in same), default=start_ns)
        final = _is_final_asynchronous(number, execution.end_ns - began, limit)
    else:
        final = _is_final(number, pushed, limit)
    return Attempt(number, ordinal, recovered, False if any(later) else final)


def _succeeded(later: Sequence[bool]) -> bool:
    return not all(later)


def _is_final(number: int, pushed: Pushed | None, limit: RetryLimit | None) -> bool | None:
    if pushed is Pushed.SYNCHRONOUSLY:
        return True
    if limit is None or pushed is None:
        return None
    if limit.attempts is None:
        return None if limit.ages else False
    return False if number < limit.attempts else None if limit.splits else True


def _is_final_asynchronous(number: int, age_ns: int, limit: RetryLimit | None) -> bool | None:
    """`age_ns` counts from the first attempt to the end of this one: an event that would be too old when the pause
    before its next attempt is over is given up."""
    most = ASYNCHRONOUS_ATTEMPTS if limit is None or limit.attempts is None else limit.attempts
    if number >= most:
        return True
    if limit is None:
        return None
    pause_s = _PAUSES_S[min(number, len(_PAUSES_S)) - 1]
    return bool(limit.most_age_s) and age_ns / 1e9 + pause_s > limit.most_age_s
