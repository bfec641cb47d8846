"""One invocation from its first line to its last: the span, what is written on it, and who watches its time."""

from __future__ import annotations

import json
import os
import time
from _thread import start_new_thread
from threading import Condition, Lock, get_ident

from .capture import LIMIT_BYTES
from .guard import GUARD
from .operations import ACTIVE, Record
from .spans import CONSUMER, SERVER, STATUS_ERROR, Given, Span, TraceContext, new_trace_id, parse_xray
from .triggers import Trigger, from_client_context, recognise
from .wire import encode_span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .agent import Agent

_LONGEST_NOTICE_S = 0.5
_SHORTEST_NOTICE_S = 0.06
# Waking the thread costs the handler more than this much precision is worth.
_SLACK_S = 0.01
_AWAKE_S = 0.8  # timeouts are whole seconds: no invocation that begins now is lost before


class Invocation:
    """The state of one execution of the handler."""

    __slots__ = (
        "_agent",
        "_capture_response",
        "_context",
        "_cpu_ns",
        "_ended",
        "_ending",
        "_ends_s",
        "_event",
        "_notice",
        "_thread",
        "record",
        "remaining_s",
        "span",
        "trigger",
    )

    def __init__(self, agent: Agent, event: Any, context: Any, xray: str, *, capture: bool | None) -> None:
        self._agent = agent
        self._capture_response = agent.config.response if capture is None else capture
        self._context = context
        self._ending = Lock()
        self._ended = False
        self._notice: list[bytes] = []
        self._thread = get_ident()
        self._cpu_ns = time.process_time_ns()
        self.remaining_s = left_s = remaining_s(context)
        self._ends_s = 0.0 if left_s is None else time.monotonic() + left_s
        self.trigger = attempt("trigger", recognise, event) or Trigger("unknown")
        self._event = event if self.trigger.records > 1 else None  # while it goes on
        trace, linked = self._trace(xray)
        self.span = Span(agent.function_name(context), CONSUMER if self.trigger.is_consumer else SERVER, trace)
        self.span.links = linked
        below = TraceContext(trace.trace_id, self.span.span_id, trace.flags, trace.trace_state)
        self.record = Record(below, agent.keep_late, xray)
        self.record.root, self.record.ends_s = self.span, self._ends_s
        attempt("attributes", self._describe, context)
        if agent.config.request if capture is None else capture:
            self.span.attributes["mendline.request"] = attempt("request", agent.capture.render, event)

    def _trace(self, xray: str) -> tuple[TraceContext, list[TraceContext]]:
        """The trace to be in, and those to link to: one message is continued, a batch of several is linked."""
        contexts = self.trigger.contexts
        linked: list[TraceContext] = []
        if self.trigger.records > 1:
            linked, contexts = contexts, []
        found, context = contexts[0] if contexts else None, self._context
        if found is None and (getattr(context, "client_context", None) is not None or hasattr(context, "w3c")):
            found = attempt("client context", from_client_context, context)
        found = found or attempt("X-Ray header", parse_xray, xray)
        return found or TraceContext(new_trace_id()), linked

    def _describe(self, context: Any) -> None:
        """What is known before the handler runs."""
        agent, trigger, attributes, left_s = self._agent, self.trigger, self.span.attributes, self.remaining_s
        cold = agent.cold
        arn = getattr(context, "invoked_function_arn", None)
        # Timeouts are whole seconds; a few milliseconds of this one are gone already.
        timeout_ms = None if left_s is None else -int(-left_s // 1) * 1000
        given, of = agent.given, (trigger.kind, trigger.source, cold, arn, timeout_ms)
        if given is None or given.of != of:
            given = agent.given = Given(self.span.name, of, {
                "faas.trigger": trigger.faas_trigger,
                "faas.coldstart": cold,
                "cloud.resource_id": arn,
                "mendline.trigger": trigger.kind,
                "mendline.trigger.source": trigger.source or None,
                "mendline.timeout_ms": timeout_ms,
            })  # fmt: skip
        self.span.given = given
        attributes["faas.invocation_id"] = getattr(context, "aws_request_id", None)
        if cold:
            attributes["mendline.init_ms"] = agent.init_ms
        if agent.imports is not None:
            attributes["mendline.imports"], agent.imports = agent.imports, None
        if trigger.sent_at_ns:
            attributes["mendline.trigger.sent_at"] = trigger.sent_at_ns
        if trigger.links_in:
            attributes["mendline.links.in"] = trigger.links_in
        if trigger.dropped:
            attributes["mendline.links.dropped"] = trigger.dropped
        if trigger.attributes:
            attributes.update(trigger.plain_attributes())

    def finish(self, event: Any, result: Any, error: BaseException | None) -> None:
        """Write down the end, whether or not an early notice has gone out: this takes its place."""
        ACTIVE.record = None
        with self._ending:
            self._ended = True
        span, agent = self.span, self._agent
        elapsed_ns = span.end()
        attempt("usage", self._usage, span)
        if not self.record.is_empty:
            attempt("operations", self._operations, span)
        if error is not None:
            attempt("error", self._failed, span, error)
        else:
            self._answered(span, result)
        records_failed = False
        if self.trigger.records:
            records_failed = attempt("records", self._records, span, event, (result, error)) or False
        if self._notice:
            agent.exporter.outbox.ring.forget(self._notice)
        if "th:" in self.record.context.trace_state:
            attempt("weight", self._unweighed, self.record.context)
        state: Any = self.record.context.trace_state
        if agent.config.ratio < 1:
            state = attempt("sampling", self._sampled, elapsed_ns, records_failed)
        if self.record.lines is not None:
            attempt("lines", self.record.lines.tell, agent, span, state is not False)
        spans, inside = self.record.close(), self.record.inside
        if state is False:
            span.attributes["mendline.sampled"] = False
            agent.keep(span, [])
        else:
            self._keep(spans, state or self.record.context.trace_state)
        if inside is not None:
            inside.forget()

    def _keep(self, spans: list[Span], state: str) -> None:
        """Have the invocation's span sent and those inside, with this trace state."""
        agent, inside = self._agent, self.record.inside
        for inner in spans:
            if inner.context.trace_state != state:
                inner.context.trace_state, inner.context.encoded = state, None
        agent.keep(self.span, spans)
        if inside is not None:
            agent.exporter.outbox.ring.add_all(attempt("functions", inside.encoded, agent.redactor, state) or [])

    def _answered(self, span: Span, result: Any) -> None:
        if self.trigger.is_http:
            attempt("result", describe_result, span, self.trigger, result)
        if self._capture_response:
            unfit: list[str] = []
            capture = self._agent.capture
            span.attributes["mendline.response"] = attempt("response", capture.render, result, LIMIT_BYTES, unfit)
            if unfit and self._agent.is_outermost and not span.status:
                span.fail("Runtime.MarshalError", f"the result holds what cannot be JSON: {unfit[0]}")

    def _unweighed(self, below: TraceContext) -> None:
        """Leave the share that a caller sampled out of the trace state: what is told here is told whether or not it
        was in that share, and counts once."""
        from .sampling import trace_state

        state = trace_state(below.trace_state, 0)
        for context in (self.span.context, below):
            context.trace_state, context.encoded = state, None

    def _sampled(self, elapsed_ns: int, failed: bool) -> str | bool:
        """The trace state of the spans inside, with their weight; False if they stay here: it went well (no record of
        a batch `failed` either), was not slow, and is not in the share to be sent."""
        agent, context = self._agent, self.record.context
        sampler = agent.sampler
        if sampler is None or sampler.ratio != agent.config.ratio:
            from .sampling import Sampler

            sampler = agent.sampler = Sampler(agent.config.ratio, sampler)
        failed = failed or bool(self._notice) or self.span.status == STATUS_ERROR
        failed = failed or "mendline.chaos.id" in self.span.attributes
        state = sampler.state(context.trace_id, context.trace_state, elapsed_ns, failed=failed)
        return False if state is None else state

    def _failed(self, span: Span, error: BaseException) -> None:
        from .outcome import describe_error, describe_origin

        agent = self._agent
        describe_error(span, error, agent.redactor)
        attempt("origin", describe_origin, span, error, agent.redactor, agent.locals_capture)

    def _records(self, span: Span, event: Any, ended: tuple[Any, BaseException | None]) -> bool:
        from .outcome import describe_records

        return describe_records(span, self.trigger, event, ended)

    @property
    def told(self) -> bool:
        """Whether an early notice was made of it."""
        return bool(self._notice)

    def left_s(self) -> float | None:
        """Seconds until Lambda stops it; None where it does not."""
        return self._ends_s - time.monotonic() if self._ends_s else None

    def arm(self, watch: Watch) -> None:
        """Have it told of shortly before its time is up."""
        if self.remaining_s is not None:
            watch.arm(self._ends_s - notice_s(self.remaining_s), self.give_up)

    def _usage(self, span: Span) -> None:
        agent, attributes = self._agent, span.attributes
        attributes["mendline.cpu_ms"] = round((time.process_time_ns() - self._cpu_ns) / 1e6, 3)
        used = attributes["mendline.memory.used_bytes"] = agent.memory.used_bytes()
        left_s = self.left_s()
        if left_s is not None:
            attributes["mendline.remaining_ms"] = int(left_s * 1000)
        attributes["mendline.memory.growth_bytes"] = agent.memory.growth_bytes(used)
        attributes["mendline.tmp.used_bytes"] = agent.scratch.used_bytes()
        attributes["mendline.open_files"] = agent.files.count()

    def _operations(self, span: Span) -> None:
        attributes, record = span.attributes, self.record
        attributes["mendline.operations"] = record.summary()
        if record.inside is not None:
            attributes["mendline.functions"] = record.inside.summary()
        if record.links_out:
            attributes["mendline.links.out"] = list(record.links_out)
        if record.links_dropped:
            attributes["mendline.links.dropped"] = self.trigger.dropped + record.links_dropped

    def give_up(self) -> None:
        """Tell of the invocation as it stands, because its time is nearly up; called from the watch.

        What has ended is told for good; the invocation and its open calls are told again when they end.
        """
        from .frames import describe_notice

        notice, waiting = self.span.snapshot(), attempt("open calls", self.record.unfinished) or []
        notice.fail("timeout", "the invocation was about to reach its time limit and had not finished")
        attempt("usage", self._usage, notice)
        attempt("operations", self._operations, notice)
        attempt("notice", describe_notice, notice, self._thread, waiting, self._agent.redactor)
        if self._event is not None:
            attempt("records", self._batch, notice)
        lines = self.record.lines
        if lines is not None:
            notice.attributes["mendline.logs.last"] = attempt("last lines", lines.last, self._agent.redactor)
            attempt("lines", lines.tell, self._agent, notice, True)
        encoded = [encode_span(span) for span in (notice, *waiting)]
        encoded += attempt("functions", self._functions) or []
        for span in self.record.take():
            self._agent.keep_late(span)
        with self._ending:
            if self._ended:
                return
            self._notice = encoded
            for span_bytes in encoded:
                self._agent.exporter.outbox.ring.add(span_bytes, important=True)
        self._agent.send_notice(self.remaining_s or 0.0)

    def _batch(self, notice: Span) -> None:
        from .batches import going_on

        told = going_on(self.trigger, self._event, self._thread)
        notice.attributes["mendline.records"] = json.dumps(told, separators=(",", ":"))

    def _functions(self) -> list[bytes]:
        """The spans of followed functions that are going on; those that have ended are told for good."""
        inside, agent, state = self.record.inside, self._agent, self.record.context.trace_state
        if inside is None:
            return []
        agent.exporter.outbox.ring.add_all(inside.encoded(agent.redactor, state, ended=True))
        return inside.encoded(agent.redactor, state, ended=False)


def notice_s(remaining_s: float) -> float:
    """How long before its end an invocation counts as lost: a tenth of its time, between 60 and 500 ms."""
    return min(_LONGEST_NOTICE_S, max(_SHORTEST_NOTICE_S, remaining_s / 10))


class Watch:
    """Calls back at most once per arming; costs nothing but two attribute writes while timeouts stay alike."""

    __slots__ = ("_at_s", "_callback", "_changed", "_lock", "_process", "_wakes_s")

    def __init__(self) -> None:
        self._lock = Lock()
        self._changed = Condition(self._lock)
        self._callback: Callable[[], None] | None = None
        self._at_s = 0.0
        self._wakes_s = 0.0
        self._process = 0  # whose thread it is

    def start(self) -> None:
        """Have the thread at hand: else an invocation begins with waiting for it to start, and with giving it way."""
        self.arm(time.monotonic() + _AWAKE_S, None)

    def arm(self, at_s: float, callback: Callable[[], None] | None) -> None:
        """Call `callback` from the thread at this moment (monotonic seconds), unless disarmed before."""
        process = os.getpid()
        if self._process != process:  # there is no thread yet, or it is our parent's, and so is its lock
            self._lock = Lock()
            self._changed = Condition(self._lock)
        with self._lock:
            self._at_s, self._callback = at_s, callback
            if self._process != process:
                self._wakes_s = at_s
                start_new_thread(self._run, ())  # one of `threading` would be waited for until it runs
                self._process = process
            elif at_s < self._wakes_s - _SLACK_S:
                self._changed.notify()

    def disarm(self) -> None:
        """Forget the callback; the thread sleeps on and finds nothing to do."""
        self._callback = None

    def _run(self) -> None:
        try:
            while True:
                try:
                    self._next()()
                except Exception as error:
                    GUARD.failed("timeout notice", error)
        finally:
            self._process = 0

    def _next(self) -> Callable[[], None]:
        """Wait for the armed moment; an arming that ends earlier than the sleep wakes it."""
        with self._changed:
            while True:
                wait_s = self._at_s - time.monotonic()
                if wait_s > 0:  # also for nobody: the next arming is likely to be later, and need not wake it then
                    self._wakes_s = self._at_s
                    self._changed.wait(wait_s)
                elif self._callback is None:
                    self._wakes_s = float("inf")
                    self._changed.wait()
                else:  # only now: a local variable would hold the invocation while the thread waits
                    callback, self._callback = self._callback, None
                    if callback is not None:
                        return callback


def remaining_s(context: Any) -> float | None:
    """Seconds until Lambda stops the invocation; None without a Lambda context."""
    try:
        return float(context.get_remaining_time_in_millis()) / 1000
    except Exception:
        return None


def attempt(where: str, step: Callable[..., Any], *args: Any) -> Any:
    """The step's answer, or None when it fails; one missing attribute is no reason to lose the others."""
    try:
        return step(*args)
    except Exception as error:
        GUARD.failed(where, error)
        return None


def describe_result(span: Span, trigger: Trigger, result: Any) -> None:
    """Take the HTTP status from what the handler returned; the result is only read."""
    status = dict.get(result, "statusCode") if issubclass(type(result), dict) else None
    if type(status) is str and status.isdigit():
        status = int(status)
    if status is None and trigger.kind in ("apigateway.v2", "function_url"):
        status = 200  # what these make of an answer without a status
    if type(status) is not int:
        return
    span.attributes["http.response.status_code"] = status
    if status >= 500:
        span.fail(str(status), f"answered HTTP {status}")
