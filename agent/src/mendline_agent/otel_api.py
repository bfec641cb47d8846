"""`opentelemetry-api`, served while the user has no SDK: spans of any instrumentation lie among ours.

No provider is set, so that the user's own is set as ever, and wins. What the API's proxies of tracers fall back to is
replaced, and `opentelemetry.context.get_current`, which then has our span where no other is current.
"""

from __future__ import annotations

import sys
import time

from .calling import current_call, is_inside
from .capture import cut
from .guard import GUARD
from .operations import ACTIVE, name_resource
from .outcome import exception_pairs
from .redaction import REDACTED
from .spans import CLIENT, PRODUCER, Span, TraceContext

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .operations import Record

_MOST = 128  # attributes, events, links of a span
_VALUE_BYTES = 4096
_INTERNAL, _OK, _LOCAL = 1, 1, 0x100
_OURS = ("mendline.", "faas.invocation_id", "faas.execution")  # a span within does not speak for the invocation
# Attributes that name what is called, as the server reads them: type, name, operation. HTTP we see ourselves.
_CALLS = (
    "messaging.system messaging.destination.name messaging.operation.name",
    "db.system.name db.collection.name db.operation.name",
    "db.system db.name db.operation",
    "rpc.system rpc.service rpc.method",
)


def patch(module: Any) -> None:
    """Serve `opentelemetry.trace`."""
    if ACTIVE.bridge is None:
        ACTIVE.bridge = Bridge(module, sys.modules["opentelemetry.context"])


class Bridge:
    """Between the API's context and ours."""

    def __init__(self, api: Any, context: Any) -> None:
        self.api, self._context, self._last = api, context.get_current, None
        (self._key,) = api.set_span_in_context(api.INVALID_SPAN, context.Context())
        self._span, self._place = [
            type(api.Span)("Span", (ours, api.Span), {"bridge": self}) for ours in (_Span, _Place)
        ]
        real = api.ProxyTracer._tracer.fget

        def _tracer(proxy: Any) -> Any:
            found = real(proxy)
            try:
                return _Tracer(self, found, proxy) if found is proxy._noop_tracer else found
            except Exception as error:
                GUARD.failed("OpenTelemetry tracer", error)
                return found

        api.ProxyTracer._tracer, context.get_current = property(_tracer), self._current

    def _current(self) -> Any:
        context, record = self._context(), ACTIVE.record
        try:
            if record is None or self.api._TRACER_PROVIDER is not None:
                return context
            held = context.get(self._key)
            here = self._innermost(record, held) if held is None or isinstance(held, _Span) else held
            return context if here is held else self.api.set_span_in_context(here, context)
        except Exception as error:
            GUARD.failed("OpenTelemetry context", error)
            return context

    def parent(self, record: Record) -> TraceContext:
        """What the next span of ours is below."""
        held = self._context().get(self._key) if self.api._TRACER_PROVIDER is None else None
        below: TraceContext = self._innermost(record, held).below
        return below

    def _innermost(self, record: Record | None, held: Any = None) -> Any:
        """The span that is current by both contexts: the API's (`held`), unless a function was entered since."""
        call = current_call(record) if record is not None else None
        if isinstance(held, _Span) and held.record is record and (call is None or held.call is call):
            return held
        if self._last is None or self._last.record is not record or self._last.call is not call:
            self._last = self._place(record, call)
        return self._last

    def begin(
        self, scope: str, name: str, context: Any = None, kind: Any = None, attributes: Any = None, links: Any = None,
        start_time: Any = None, **_: Any,
    ) -> Any:  # fmt: skip
        """A span of the API's, in the invocation's trace: a parent from elsewhere becomes a link."""
        here, above = self._innermost(ACTIVE.record), self.api.get_current_span(context)
        linked = [(link.context, link.attributes) for link in links or ()]
        if not isinstance(above, _Span):
            if above.get_span_context().is_valid:
                linked.append((above.get_span_context(), None))
            above = here
        at = above.below
        parent = TraceContext(at.trace_id, at.span_id, at.flags | _LOCAL, at.trace_state)
        span = Span(str(name), kind.value + 1 if kind else _INTERNAL, parent)
        if start_time is not None:
            span._started -= span.start_ns - int(start_time)
            span.start_ns = int(start_time)
        below = TraceContext(at.trace_id, span.span_id, at.flags, at.trace_state)
        one = self._span(above.record, here.call, span, below)
        span.attributes["otel.scope.name"] = str(scope)
        one.set_attributes(attributes)
        for link in linked:
            one.add_link(*link)
        above.record.began(one)
        return one


class _Tracer:
    """What a proxy of the API uses in place of its no-op tracer."""

    def __init__(self, bridge: Bridge, none: Any, proxy: Any) -> None:
        self._bridge, self._none, self._scope = bridge, none, proxy._instrumenting_module_name

    def start_span(self, *args: Any, **kwargs: Any) -> Any:
        try:
            if ACTIVE.record is not None:
                return self._bridge.begin(self._scope, *args, **kwargs)
        except Exception as error:
            GUARD.failed("OpenTelemetry span", error)
        return self._none.start_span(*args, **kwargs)

    def start_as_current_span(self, *args: Any, end_on_exit: bool = True, **kwargs: Any) -> Any:
        records, sets, span = True, True, None
        try:
            records, sets = kwargs.get("record_exception", True), kwargs.get("set_status_on_exception", True)
            span = self.start_span(*args, **kwargs)
        except Exception as error:
            GUARD.failed("OpenTelemetry span", error)
        span = span or self._none.start_span(*args, **kwargs)
        return self._bridge.api.use_span(span, end_on_exit, records, sets)


def _quiet(method: Any) -> Any:
    def guarded(*args: Any, **kwargs: Any) -> None:
        try:
            method(*args, **kwargs)
        except Exception as error:
            GUARD.failed("OpenTelemetry span", error)

    return guarded


class _Span:
    """A span that the user's code tells of; while it is open it stands among the operations of its invocation."""

    bridge: Bridge

    def __init__(self, record: Record, call: Any, span: Span, below: TraceContext) -> None:
        self.record, self.call, self.span, self.below = record, call, span, below
        self.key: Any = None if is_inside() else ()  # None: an operation of ours, around it or within, is the call
        self._open = True

    def is_recording(self) -> bool:
        return self._open

    def get_span_context(self) -> Any:
        api, at = self.bridge.api, self.below
        try:
            ids = int.from_bytes(at.trace_id, "big"), int.from_bytes(at.span_id, "big")
            state = api.TraceState.from_header([at.trace_state]) if at.trace_state else None
            return api.SpanContext(*ids, False, api.TraceFlags(at.flags & 255 | 1), state)
        except Exception as error:
            GUARD.failed("OpenTelemetry context", error)
            return api.INVALID_SPAN_CONTEXT

    @_quiet
    def set_attributes(self, attributes: Any) -> None:
        if self.is_recording():
            _put(self.span.attributes, attributes)

    def set_attribute(self, key: str, value: Any) -> None:
        self.set_attributes({key: value})

    @_quiet
    def add_event(self, name: str, attributes: Any = None, timestamp: Any = None) -> None:
        self._keep(self.span.events, (timestamp or time.time_ns(), str(name), _put({}, attributes)))

    @_quiet
    def record_exception(self, exception: Any, attributes: Any = None, timestamp: Any = None, escaped: Any = 0) -> None:
        pairs = exception_pairs(exception, _agent().redactor)
        self.add_event("exception", {**pairs, **(attributes or {})}, timestamp)

    @_quiet
    def add_link(self, context: Any, attributes: Any = None) -> None:
        ids = context.trace_id.to_bytes(16, "big"), context.span_id.to_bytes(8, "big")
        link = _Link(*ids, int(context.trace_flags), context.trace_state.to_header())
        link.attributes = _put({}, attributes)
        self._keep(self.span.links, link)

    def _keep(self, kept: list[Any], what: Any) -> None:
        if len(kept) >= _MOST:
            _drop(self.span.attributes)
        elif self.is_recording():
            kept.append(what)

    @_quiet
    def update_name(self, name: str) -> None:
        if self.is_recording():
            self.span.name = str(name)

    @_quiet
    def set_status(self, status: Any, description: Any = None) -> None:
        code = getattr(status, "status_code", status).value
        if self.is_recording() and code and self.span.status != _OK:  # OK is final
            self.span.status = code
            self.span.status_message = str(getattr(status, "description", description) or "")

    @_quiet
    def end(self, end_time: Any = None) -> None:
        if not self._open:
            return
        self._open, span, elapsed_ns = False, self.span, self.span.end()
        if end_time is not None:
            span.end_ns = max(int(end_time), span.start_ns)
            elapsed_ns = span.end_ns - span.start_ns
        if span.kind in (CLIENT, PRODUCER) and self.key is None:
            span.kind = _INTERNAL
        self.key = _called(span.attributes) if span.kind in (CLIENT, PRODUCER) else None
        self.record.ended(self, elapsed_ns)

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        if isinstance(error, Exception):
            self.record_exception(error)
            self.set_status(self.bridge.api.StatusCode.ERROR, f"{kind.__name__}: {error}")
        self.end()


class _Place(_Span):
    """The invocation, or the function followed, that the user's code is in: written on by it, but not ended."""

    def __init__(self, record: Record, call: Any) -> None:
        below = record.context if call is None else call.context
        super().__init__(record, call, Span("", _INTERNAL, below), below)
        if call is None:
            self.span = record.root or self.span
        else:
            call.told = self.span.attributes = call.told or {}

    def is_recording(self) -> bool:
        return not self.record.closed

    def end(self, end_time: Any = None) -> None:
        pass

    update_name = end


class _Link(TraceContext):
    __slots__ = ("attributes",)

    attributes: dict[str, Any]


def _agent() -> Any:
    from .agent import the_agent

    return the_agent()


def _drop(pairs: dict[str, Any]) -> None:
    pairs["mendline.dropped"] = pairs.get("mendline.dropped", 0) + 1


def _put(pairs: dict[str, Any], attributes: Any) -> dict[str, Any]:
    """Add attributes, redacted and within bounds."""
    for key, value in (attributes or {}).items():
        if key not in pairs and len(pairs) >= _MOST:
            _drop(pairs)
        elif not str(key).startswith(_OURS):
            pairs[str(key)] = _value(_agent(), str(key), value)
    return pairs


def _value(agent: Any, key: str, value: Any) -> Any:
    if isinstance(value, (bool, int, float)):
        return value
    if agent.redactor.is_secret(key):
        return REDACTED
    if isinstance(value, (list, tuple)):
        return [_value(agent, key, item) for item in value[:_MOST]]
    if isinstance(value, str):
        return cut(agent.redactor.brief(str.__str__(value), _VALUE_BYTES + 1), _VALUE_BYTES)
    return agent.capture.render(value, _VALUE_BYTES)


def _called(attributes: dict[str, Any]) -> tuple[str, ...] | None:
    """What a call goes to, written on its span; None where that is not known."""
    for names in _CALLS:
        kind, name, operation = [str(attributes.get(name, "")) for name in names.split()]
        if kind:
            name_resource(attributes, (kind, name, operation))
            return kind, name, operation
    return None
