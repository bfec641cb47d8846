"""One execution asked of a function, its outcome, and the error payloads the platform itself writes."""

import asyncio
import json
import secrets
import time
import uuid
from dataclasses import dataclass, field

from mendline_playground.host.function import Function

TAIL_CHARACTERS = 4096


@dataclass(frozen=True, slots=True)
class Result:
    """What Invoke answers: HTTP status, `Unhandled` or None, the payload, and the last 4 KB of the log.

    The executed version is None for an asynchronous invocation, which chooses it later.
    """

    status: int
    function_error: str | None
    payload: bytes
    request_id: str
    log_tail: str = ""
    executed_version: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the runtime answered: the payload, and the error type when it is an error."""

    payload: bytes
    error_type: str | None = None


@dataclass(slots=True, eq=False)
class Invocation:
    """One execution under way; `answer` is set when the runtime has responded, `done` when it is finished."""

    function: Function
    qualifier: str | None
    invoked_arn: str
    payload: bytes
    request_id: str
    trace_header: str
    client_context: str | None = None
    deadline_ms: int = 0
    duration_ms: float = 0.0
    extensions_ms: float | None = None
    segment_id: str = field(default_factory=lambda: secrets.token_hex(8))
    answer: asyncio.Future[Outcome] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    done: asyncio.Event = field(default_factory=asyncio.Event)
    log_tail: str = ""

    @property
    def traced(self) -> bool:
        """Whether X-Ray gets a segment of it."""
        return self.function.tracing == "Active" and "Sampled=1" in self.trace_header

    def note(self, message: str) -> None:
        """Add one log message to the tail that a caller may ask for."""
        self.log_tail = f"{self.log_tail}{message}\n"[-TAIL_CHARACTERS:]

    def settle(self, outcome: Outcome) -> None:
        """Set the answer unless there is one already."""
        if not self.answer.done():
            self.answer.set_result(outcome)

    def abandon(self) -> None:
        """End it here: when nobody has answered, the answer is that the host was shut down."""
        self.settle(failure("Sandbox.Failure", "The Lambda host was shut down."))
        self.done.set()


def new_request_id() -> str:
    """A fresh request id."""
    return str(uuid.uuid4())


def new_trace_header(*, sampled: bool = False) -> str:
    """An X-Ray header of a new root; functions without active tracing are given one that is not sampled."""
    root = f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    return f"Root={root};Parent={secrets.token_hex(8)};Sampled={int(sampled)};Lineage=1:{secrets.token_hex(4)}:0"


def failure(error_type: str, message: str) -> Outcome:
    """The outcome that the platform writes when no runtime is left to write one."""
    body = json.dumps({"errorType": error_type, "errorMessage": message})
    return Outcome(body.encode(), error_type)


def timed_out(request_id: str, timeout_s: float) -> Outcome:
    """The outcome of an invocation that reached its function's timeout."""
    text = f"RequestId: {request_id} Error: Task timed out after {timeout_s:.2f} seconds"
    return failure("Sandbox.Timedout", text)


def faulted(request_id: str, error_type: str, reason: str) -> Outcome:
    """The outcome of an invocation in whose environment a process ended."""
    return failure(error_type, f"RequestId: {request_id} Error: {reason}")


def exit_words(returncode: int) -> str | None:
    """Lambda's words for the end of a process, None for a good one; `returncode` is negative for a signal."""
    if returncode == 0:
        return None
    if returncode > 0:
        return f"exit status {returncode}"
    return f"signal: {_SIGNALS.get(-returncode, f'signal {-returncode}')}"


# Go's names, because the platform's supervisor is written in Go.
_SIGNALS = {
    1: "hangup",
    2: "interrupt",
    3: "quit",
    4: "illegal instruction",
    6: "aborted",
    8: "floating point exception",
    9: "killed",
    11: "segmentation fault",
    13: "broken pipe",
    14: "alarm clock",
    15: "terminated",
}
