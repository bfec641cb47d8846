"""One invocation from its first line to its last: the span, what is written on it, and who sends it."""

from __future__ import annotations

import json
import time
from threading import Lock

from .guard import GUARD
from .operations import ACTIVE, Record
from .outcome import describe_error, describe_result
from .propagation import parse_xray
from .sampling import is_kept, threshold_of, trace_state
from .spans import CONSUMER, SERVER, Span, TraceContext, new_trace_id
from .triggers import Trigger, from_client_context, recognise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .agent import Agent


class Invocation:
    """The state of one execution of the handler."""

    __slots__ = (
        "_agent",
        "_capture_response",
        "_context",
        "_cpu_ns",
        "_outcome",
        "_sender",
        "record",
        "remaining_s",
        "span",
        "trigger",
    )

    def __init__(self, agent: Agent, event: Any, context: Any, xray: str, *, capture: bool | None) -> None:
        self._agent = agent
        self._capture_response = agent.config.response if capture is None else capture
        self._context = context
        self._sender = Lock()
        self._cpu_ns = time.process_time_ns()
        self.remaining_s = remaining_s(context)
        self.trigger = attempt("trigger", recognise, event) or Trigger("unknown")
        trace, linked = self._trace(xray)
        self.span = Span(agent.function_name(context), CONSUMER if self.trigger.is_consumer else SERVER, trace)
        self.span.links = linked
        below = TraceContext(trace.trace_id, self.span.span_id, trace.flags, trace.trace_state)
        self.record = Record(below, agent.keep_late, xray)
        attempt("attributes", self._describe, context)
        if agent.config.request if capture is None else capture:
            self.span.attributes["mendline.request"] = attempt("request", agent.capture.render, event)

    def _trace(self, xray: str) -> tuple[TraceContext, list[TraceContext]]:
        """The trace to be in, and those to link to: one message is continued, a batch of several is linked."""
        contexts = self.trigger.contexts
        linked: list[TraceContext] = []
        if self.trigger.records > 1:
            linked, contexts = contexts, []
        found = contexts[0] if contexts else attempt("client context", from_client_context, self._context)
        found = found or attempt("X-Ray header", parse_xray, xray)
        return found or TraceContext(new_trace_id()), linked

    def _describe(self, context: Any) -> None:
        """What is known before the handler runs."""
        trigger, attributes = self.trigger, self.span.attributes
        attributes["faas.invocation_id"] = getattr(context, "aws_request_id", None)
        attributes["faas.trigger"] = trigger.faas_trigger
        attributes["faas.coldstart"] = self._agent.cold
        if self._agent.cold:
            attributes["mendline.init_ms"] = self._agent.init_ms
        attributes["cloud.resource_id"] = getattr(context, "invoked_function_arn", None)
        attributes["mendline.trigger"] = trigger.kind
        attributes["mendline.trigger.source"] = trigger.source or None
        attributes["mendline.trigger.sent_at"] = trigger.sent_at_ns or None
        attributes["mendline.links.in"] = trigger.links_in or None
        if self.remaining_s is not None:
            # Timeouts are whole seconds; a few milliseconds of this one are gone already.
            attributes["mendline.timeout_ms"] = -int(-self.remaining_s // 1) * 1000
        attributes.update(trigger.attributes)

    def finish(self, result: Any, error: BaseException | None) -> bool:
        """Write down the end; False when an early notice has gone out already and nothing more is to be told."""
        ACTIVE.record = None
        if not self._sender.acquire(blocking=False):
            return False
        span = self.span
        elapsed_ns = span.end()
        attempt("usage", self._usage)
        attempt("operations", self._operations)
        if error is not None:
            attempt("error", describe_error, span, error, self._agent.redactor)
        else:
            attempt("result", describe_result, span, self.trigger, result)
            if self._capture_response:
                span.attributes["mendline.response"] = attempt("response", self._agent.capture.render, result)
        spans = self.record.close()
        if attempt("sampling", self._leaves_out, elapsed_ns):
            span.attributes["mendline.sampled"] = False
            spans = []
        self._agent.keep(span, spans)
        return True

    def _leaves_out(self, elapsed_ns: int) -> bool:
        """Whether the spans inside stay here: it went well, was not slow, and is not in the share to be sent."""
        slow = self._agent.slowness.is_slow(elapsed_ns)
        ratio = self._agent.config.ratio
        if ratio >= 1 or slow or self.span.status:
            return False
        threshold, context = threshold_of(ratio), self.record.context
        if not is_kept(context.trace_id, threshold):
            return True
        context.trace_state = trace_state(context.trace_state, threshold)
        return False

    def _usage(self) -> None:
        attributes = self.span.attributes
        attributes["mendline.cpu_ms"] = round((time.process_time_ns() - self._cpu_ns) / 1e6, 3)
        attributes["mendline.memory.used_bytes"] = self._agent.memory.used_bytes()
        left_s = remaining_s(self._context)
        if left_s is not None:
            attributes["mendline.remaining_ms"] = int(left_s * 1000)

    def _operations(self) -> None:
        attributes, record = self.span.attributes, self.record
        summary = record.summary()
        if summary:
            attributes["mendline.operations"] = json.dumps(summary, separators=(",", ":"))
        if record.links_out:
            attributes["mendline.links.out"] = list(record.links_out)

    def give_up(self) -> None:
        """Tell of the invocation as it stands, because its time is nearly up; called from the watch."""
        if not self._sender.acquire(blocking=False):
            return
        span = self.span
        span.end()
        attempt("usage", self._usage)
        attempt("operations", self._operations)
        span.attributes["mendline.unfinished"] = True
        span.fail("timeout", "the invocation was about to reach its time limit and had not finished")
        self._agent.keep(span, self.record.close() + self.record.abandon())
        self._agent.send_notice(self.remaining_s or 0.0)


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
