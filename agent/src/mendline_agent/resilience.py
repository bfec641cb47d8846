"""Means to degrade gracefully: circuit breakers, fallbacks, budgets of time, and calls that are put aside until later.

They work without tracing, too (`MENDLINE_DISABLED=1`); where an invocation is followed, its span tells what they did.
"""

from __future__ import annotations

import functools
import json
import os
import time
from threading import Lock

from .guard import GUARD
from .operations import ACTIVE, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Errors = Any  # a class of exceptions, or a tuple of them

_MOST_EVENTS = 100
_COROUTINE = 0x80  # of `co_flags`
CLOSED, HALF_OPEN, OPEN = "closed", "half_open", "open"


class CircuitOpenError(Exception):
    """The call was not made: those before it failed. `retry_after_s` says when the next one is let through."""

    def __init__(self, name: str, retry_after_s: float) -> None:
        super().__init__(f"circuit breaker {name!r} is open for another {retry_after_s:.1f} s")
        self.retry_after_s = retry_after_s


class OutOfTimeError(Exception):
    """Too little of the invocation's time is left for a call."""


class circuit_breaker:  # noqa: N801 - read as what it does: `@circuit_breaker("payments")`, `with payments:`
    """Lets no call through for `open_s` seconds once `failures` in a row have failed; then one, which decides.

    A decorator of functions, also of coroutine functions, and a context manager. A call fails that raises one of `on`;
    any other outcome is an answer of what is called. Raises CircuitOpenError for a call that is not let through. The
    state is that of this execution environment; with `shared`, which reads and writes until when a breaker of this name
    is open (`breaker_state.DynamoDbState`), it opens for all: each looks there before a call, at most every `look_s`
    seconds.
    """

    __slots__ = (
        "_clock", "_failures", "_limit", "_lock", "_look_s", "_looks_s", "_name", "_on", "_open_s", "_shared",
        "_until_s", "state",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        *,
        failures: int = 5,
        open_s: float = 30.0,
        on: Errors = Exception,
        shared: Any = None,
        look_s: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if failures < 1 or open_s < 0 or look_s < 0:
            raise ValueError("failures is at least 1, and open_s and look_s are not negative")
        self._name, self._limit, self._open_s, self._on, self._clock = name, failures, open_s, on, clock
        self._shared, self._look_s, self._looks_s = shared, look_s, float("-inf")
        self._lock = Lock()
        self._failures, self._until_s = 0, 0.0
        self.state = CLOSED

    def __enter__(self) -> circuit_breaker:
        if self._shared is not None:
            self._look()
        if self.state is not CLOSED:
            self._let_through()
        return self

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        turned = None
        if error is not None and isinstance(error, self._on):
            turned = self._failed()
        elif self._failures or self.state is not CLOSED:
            turned = self._succeeded()
        if turned is not None and self._shared is not None:
            self._share("write", time.time() + self._open_s if turned is OPEN else 0.0)

    def __call__(self, function: Any) -> Any:
        """The function behind this breaker."""

        def guarded(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        async def awaited(*args: Any, **kwargs: Any) -> Any:
            with self:
                return await function(*args, **kwargs)

        return _as(function, guarded, awaited)

    def _look(self) -> None:
        """Whether it is open elsewhere; then it is here, for as long. Not while it is open anyway."""
        with self._lock:
            now_s = self._clock()
            if now_s < self._looks_s or (self.state is not CLOSED and now_s < self._until_s):
                return
            self._looks_s = now_s + self._look_s
        left_s = min(self._share("read") - time.time(), self._open_s)
        if left_s > 0:
            with self._lock:
                self._turn(OPEN, left_s, shared=True)

    def _share(self, what: str, *told: float) -> float:
        """Without the others, each environment has a state of its own."""
        try:
            return getattr(self._shared, what)(self._name, *told) or 0.0
        except Exception as failure:
            GUARD.failed("the state of a circuit breaker", failure)
            return 0.0

    def _let_through(self) -> None:
        with self._lock:
            left_s = self._until_s - self._clock()
            if self.state is CLOSED:
                return
            if left_s <= 0:  # one is tried; if nothing is heard of it, another as long after
                self._turn(HALF_OPEN, self._open_s)
                return
        root = _root()
        if root is not None:
            root.attributes["mendline.breaker.rejected"] = root.attributes.get("mendline.breaker.rejected", 0) + 1
        raise CircuitOpenError(self._name, left_s)

    def _failed(self) -> str | None:
        """Count a failure; the state that it turns to."""
        with self._lock:
            self._failures += 1
            if self.state is HALF_OPEN or (self.state is CLOSED and self._failures >= self._limit):
                return self._turn(OPEN, self._open_s)
        return None

    def _succeeded(self) -> str | None:
        with self._lock:
            if self.state is not OPEN:  # then it began before
                self._failures = 0
                if self.state is HALF_OPEN:
                    return self._turn(CLOSED, self._open_s)
        return None

    def _turn(self, state: str, lasts_s: float, *, shared: bool = False) -> str:
        self._until_s = self._clock() + lasts_s
        if state is not self.state:
            self.state = state
            of: dict[str, Any] = {"name": self._name, "state": state, "failures": self._failures}
            if shared:
                of["shared"] = True
            _tell("breaker", {f"mendline.breaker.{part}": value for part, value in of.items()})
        return state


def fallback(instead: Any, *, on: Errors = Exception) -> Callable[[Any], Any]:
    """A decorator: where a function raises one of `on`, its answer is `instead`; if that is callable, what it answers
    to the same arguments. The invocation is marked as degraded."""

    def decorate(function: Any) -> Any:
        def answer(error: BaseException, args: Any, kwargs: Any) -> Any:
            _tell("fallback", {"code.function.name": function.__qualname__, "error.type": type_name(error)}, "degraded")
            return instead(*args, **kwargs) if callable(instead) else instead

        def guarded(*args: Any, **kwargs: Any) -> Any:
            try:
                return function(*args, **kwargs)
            except on as error:
                return answer(error, args, kwargs)

        async def awaited(*args: Any, **kwargs: Any) -> Any:
            try:
                return await function(*args, **kwargs)
            except on as error:
                found = answer(error, args, kwargs)
            return await found if hasattr(found, "__await__") else found

        return _as(function, guarded, awaited)

    return decorate


def timeout_budget(
    most_s: float | None = None, *, reserve_s: float = 0.5, least_s: float = 0.05, context: Any = None
) -> float | None:
    """Seconds that a call may take: what is left of the invocation without `reserve_s`, at most `most_s`.

    Of the invocation that is followed, or of this Lambda `context`; where neither is known, `most_s`. Raises
    OutOfTimeError if that is less than `least_s`.
    """
    record = ACTIVE.record
    if context is not None:
        left_s = context.get_remaining_time_in_millis() / 1000
    elif record is not None and record.ends_s:
        left_s = record.ends_s - time.monotonic()
    else:
        return most_s
    budget_s: float = left_s - reserve_s if most_s is None else min(most_s, left_s - reserve_s)
    if budget_s < least_s:
        raise OutOfTimeError(f"{left_s:.2f} s are left of the invocation, {reserve_s} of them reserved")
    return budget_s


_buffered: dict[str, Any] = {}


def buffer_to_sqs(
    queue_url: str, *, name: str = "", on: Errors = Exception, client: Any = None, answer: Any = None
) -> Callable[[Any], Any]:
    """A decorator: a call that raises one of `on` is put into this queue, to be made by `replay`, and answers `answer`.

    Its arguments must be JSON; `name` (else module and qualified name) is what `replay` finds the function by. `client`
    is a boto3 client of SQS, else one with short timeouts is made. If it cannot be put there, its own error is raised.
    """

    def decorate(function: Any) -> Any:
        called = name or f"{function.__module__}.{function.__qualname__}"
        _buffered[called] = function

        def guarded(*args: Any, **kwargs: Any) -> Any:
            try:
                return function(*args, **kwargs)
            except on as error:
                try:
                    _put(queue_url, client or _client(), {"call": called, "args": args, "kwargs": kwargs})
                except Exception as failure:
                    raise error from failure
                _tell("buffered", {"code.function.name": called, "error.type": type_name(error)}, "buffered")
                return answer

        return functools.wraps(function)(guarded)

    return decorate


def _put(queue_url: str, client: Any, call: dict[str, Any]) -> None:
    number = os.urandom(16).hex()
    message = {"QueueUrl": queue_url, "MessageBody": json.dumps({"id": number, **call})}
    if queue_url.endswith(".fifo"):
        message.update(MessageGroupId=call["call"][-128:], MessageDeduplicationId=number)
    client.send_message(**message)


@functools.lru_cache(1)
def _client() -> Any:
    from importlib import import_module

    limits = {"connect_timeout": 1, "read_timeout": 2, "retries": {"total_max_attempts": 2}}
    return import_module("boto3").client("sqs", config=import_module("botocore.config").Config(**limits))


def replay(
    event: Any, *, once: Callable[[str], bool] | None = None, done: Callable[[str], object] | None = None
) -> dict[str, Any]:
    """Make the calls that were put aside, as the handler of their queue; answers which failed, for SQS to try again
    (`ReportBatchItemFailures`).

    A queue may deliver a call twice: `once(id)` says whether it is still to be made, and `done(id)` is told of each
    that was made, to remember it. One that failed is not done.
    """
    failed = []
    for record in event.get("Records", ()):
        try:
            call = json.loads(record["body"])
            if once is None or once(call["id"]):
                _buffered[call["call"]](*call["args"], **call["kwargs"])
                if done is not None:
                    done(call["id"])
        except Exception as error:
            _tell("replay_failed", {"error.type": type_name(error)})
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def _as(function: Any, plain: Any, awaited: Any) -> Any:
    """The one of these that a function is to be called as."""
    flags = getattr(getattr(function, "__code__", None), "co_flags", 0)
    return functools.wraps(function)(awaited if flags & _COROUTINE else plain)


def _root() -> Any:
    record = ACTIVE.record
    return record.root if record is not None else None


def _tell(what: str, attributes: dict[str, Any], mark: str = "") -> None:
    """Write it on the invocation's span."""
    root = _root()
    if root is not None:
        if mark:
            root.attributes[f"mendline.{mark}"] = True
        if len(root.events) < _MOST_EVENTS:
            root.events.append((time.time_ns(), f"mendline.{what}", attributes))
