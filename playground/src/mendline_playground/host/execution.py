"""One invocation in one generation of processes: its times, and the answer and the events at each way to its end."""

import time

from mendline_playground.host import lines, platform_events
from mendline_playground.host.invocation import Invocation, Outcome, failure, faulted, timed_out
from mendline_playground.host.journal import Journal
from mendline_playground.host.logs import now_ms
from mendline_playground.host.platform_events import Span, Status
from mendline_playground.host.sandbox import End, Fault, Sandbox

# A handler's own exception is no failure of the platform: its report is one of success.
_PLATFORM_ERRORS = ("Runtime.", "Function.", "Sandbox.", "Extension.")


class Broken:
    """An initialisation that failed: what the invocation is answered, and what the report says."""

    def __init__(self, end: End, sandbox: Sandbox) -> None:
        self.fault: Fault | None = sandbox.fault.result() if end == "fault" else None
        self.told: Outcome | None = sandbox.runtime.init_error
        self.timed_out = end == "timeout"

    @property
    def reported_type(self) -> str | None:
        """The error type of the reports, None for a timeout."""
        if self.timed_out:
            return None
        if self.told is not None:
            return self.told.error_type
        return self.fault.reported_type if self.fault is not None else None


class Execution:
    """One invocation in one generation of processes: its times, and the events and the answer at its end."""

    def __init__(self, invocation: Invocation, journal: Journal, init_ms: float | None) -> None:
        self._invocation = invocation
        self._journal = journal
        self._init_ms = init_ms
        self._began = time.monotonic()
        self._began_ms = now_ms()
        self._runtime_done_at: float | None = None

    def begin(self, sandbox: Sandbox) -> None:
        """Hand the event out."""
        sandbox.dispatch(self._invocation)

    def tell_runtime_done(self, sandbox: Sandbox, end: End) -> None:
        """Tell that the runtime is done, with what and for how long."""
        self._runtime_done_at = time.monotonic()
        kind = sandbox.fault.result().reported_type if end == "fault" else None
        event = platform_events.runtime_done(
            self._invocation,
            duration_ms=self._limit_ms if end == "timeout" else self._elapsed_ms(self._runtime_done_at),
            produced_bytes=sandbox.runtime.produced_bytes,
            spans=self._spans(sandbox, self._runtime_done_at),
            status=status_of(end),
            error_type=kind,
        )
        self._journal.platform(event)

    def conclude(self, sandbox: Sandbox) -> None:
        """The runtime and all extensions are done."""
        self._invocation.settle(failure("Runtime.Unknown", "The runtime asked for an event without answering."))
        kind = self._invocation.answer.result().error_type
        kind = kind if kind is not None and kind.startswith(_PLATFORM_ERRORS) else None
        spans = self._overhead() if sandbox.extensions.all else []
        self._report(self._elapsed_ms(), sandbox.memory.peak_mb, "error" if kind else "success", kind, spans)

    def conclude_fault(self, sandbox: Sandbox, fault: Fault) -> None:
        """A process ended that should not have."""
        request_id = self._invocation.request_id
        self._journal.platform_text(lines.fault(request_id, fault.reason, fault.error_type))
        self._invocation.settle(faulted(request_id, fault.error_type, fault.reason))
        told = self._invocation.answer.result().error_type or ""
        kind = told if told.startswith("Function.") else fault.reported_type  # what came first is the cause
        self._report(self._elapsed_ms(), sandbox.memory.peak_mb, "error", kind)

    def settle_timeout(self) -> None:
        """The time is over: whoever waits is told."""
        self._invocation.settle(timed_out(self._invocation.request_id, self._invocation.function.timeout_s))

    def conclude_timeout(self, sandbox: Sandbox) -> None:
        """The time is over, and the processes have been ended."""
        self._log_timeout()
        self._report(self._limit_ms, sandbox.memory.peak_mb, "timeout", None)

    def conclude_broken(self, broken: Broken | None) -> None:
        """The environment could not be initialised inside the invocation."""
        request_id = self._invocation.request_id
        if broken is None or broken.timed_out:
            self.settle_timeout()
            self._log_timeout()
            self._report(self._limit_ms, 0, "timeout", None)
            return
        if broken.told is not None:
            self._invocation.settle(broken.told)
        elif broken.fault is not None:
            self._journal.platform_text(lines.fault(request_id, broken.fault.reason, broken.fault.error_type))
            self._invocation.settle(faulted(request_id, broken.fault.error_type, broken.fault.reason))
        self._report(self._elapsed_ms(), 0, "error", broken.reported_type)

    @property
    def _limit_ms(self) -> float:
        return self._invocation.function.timeout_s * 1000

    def _elapsed_ms(self, until: float | None = None) -> float:
        return ((until or time.monotonic()) - self._began) * 1000

    def _spans(self, sandbox: Sandbox, until: float) -> list[Span]:
        answered = sandbox.runtime.answered_at
        if answered is None:
            return []
        latency_ms, overhead_ms = self._elapsed_ms(answered), (until - answered) * 1000
        answered_ms = self._began_ms + int(latency_ms)
        return [
            Span("responseLatency", self._began_ms, latency_ms),
            Span("responseDuration", answered_ms, 0.0),  # responses come whole
            Span("runtimeOverhead", answered_ms, overhead_ms),
        ]

    def _overhead(self) -> list[Span]:
        done = self._runtime_done_at or self._began
        duration_ms = (time.monotonic() - done) * 1000
        self._invocation.extensions_ms = duration_ms
        return [Span("extensionOverhead", self._began_ms + int(self._elapsed_ms(done)), duration_ms)]

    def _log_timeout(self) -> None:
        limit_s = self._invocation.function.timeout_s
        self._journal.platform_text(lines.timeout(self._invocation.request_id, limit_s, now_ms()))

    def _report(
        self, duration_ms: float, used_mb: int, status: Status, error_type: str | None, spans: list[Span] | None = None
    ) -> None:
        self._invocation.duration_ms = duration_ms
        self._journal.platform_text(lines.end(self._invocation.request_id))
        event = platform_events.report(
            self._invocation,
            duration_ms=duration_ms,
            init_ms=self._init_ms,
            used_mb=used_mb,
            status=status,
            error_type=error_type,
            spans=spans or (),
        )
        self._journal.platform(event)


def status_of(end: End) -> Status:
    """The status of a phase that ended like this."""
    return {"ready": "success", "fault": "error", "timeout": "timeout"}[end]  # type: ignore[return-value]
