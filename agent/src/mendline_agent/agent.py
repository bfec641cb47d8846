"""The agent of this process: built once, wraps handlers, follows each invocation, and hands spans to the exporter."""

from __future__ import annotations

import functools
import os

from .capture import Capture
from .guard import GUARD
from .hooks import install_hooks
from .invocation import Invocation, Watch, notice_s
from .operations import ACTIVE
from .process import Memory, OpenFiles, Scratch, account_of, age_ms, resource_attributes
from .redaction import Redactor
from .settings import LiveConfig, Settings
from .spans import STATUS_ERROR
from .wire import encode_span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .chosen import Chosen
    from .export import HttpExporter
    from .extension import ExtensionExporter
    from .log_export import LogExporter
    from .sampling import Sampler
    from .spans import Given, Span

_NOTICE_MARGIN_S = 0.03
_STARTED_BEFORE = ("provisioned-concurrency", "lambda-managed-instances")
_XRAY = b"_X_AMZN_TRACE_ID"


class Agent:
    """What outlives an invocation."""

    __slots__ = (
        "_first",
        "_name",
        "_service",
        "capture",
        "chosen",
        "config",
        "exporter",
        "files",
        "given",
        "imports",
        "init_ms",
        "is_outermost",
        "locals_capture",
        "memory",
        "redactor",
        "sampler",
        "scratch",
        "settings",
        "watch",
    )

    def __init__(self, settings: Settings, service: str | None) -> None:
        self.settings = settings
        self.redactor = ACTIVE.redactor = Redactor(settings.redact_keys)
        self.config = LiveConfig(settings)
        self.config.on_keys = self.redactor.add
        self.exporter = exporter_of(settings, self.config)
        self.sampler: Sampler | None = None  # once some are sampled
        self.capture = Capture(self.redactor)
        self.locals_capture = self.capture if settings.locals else None
        self.memory = Memory()
        self.files = OpenFiles()
        self.given: Given | None = None  # what the last invocation's span had in common with others
        self.scratch = Scratch()
        self.watch = Watch()
        self.chosen: Chosen | None = None  # until it has been told which of them are not there
        self.imports: str | None = None  # until they have been told
        self.init_ms: float | None = None
        self.is_outermost = False  # the runtime gets what our handler answers
        self._service = service
        self._name = ""
        self._first = True

    @property
    def cold(self) -> bool:
        """Whether the caller of this invocation waited for the environment to start."""
        return self._first and os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") not in _STARTED_BEFORE

    def function_name(self, context: Any) -> str:
        """The function's name, from the environment or the invocation's context."""
        if not self._name:
            known = os.environ.get("AWS_LAMBDA_FUNCTION_NAME") or getattr(context, "function_name", None)
            self._name = str(known or "function")
        return self._name

    def begin(self, event: Any, context: Any, *, capture: bool | None) -> Invocation | None:
        """Start to follow an invocation; None when one is under way, whose part this call then is.

        `capture` is whether its request and response are recorded; None leaves it to the configuration.
        """
        if ACTIVE.record is not None:
            return None
        if ACTIVE.chaos is not None:
            ACTIVE.chaos.renew(self.exporter.ask)
        if self._first:
            if not self.exporter.outbox.resource:
                self.exporter.outbox.set_resource(resource_attributes(os.environ, self.settings, self._service))
            account = account_of(str(getattr(context, "invoked_function_arn", "")))
            if account and "cloud.account.id" not in self.settings.resource_attributes:
                self.exporter.outbox.add_resource({"cloud.account.id": account})
        invocation = Invocation(self, event, context, _xray(), capture=capture)
        self._first = False
        invocation.arm(self.watch)
        if self.exporter.begun is not None:
            self.exporter.begun()
        ACTIVE.record = invocation.record
        return invocation

    def prepare(self) -> None:
        """Do what need not wait for the first invocation."""
        self.exporter.outbox.set_resource(resource_attributes(os.environ, self.settings, self._service))
        self.exporter.prepare()
        self.files.count()
        if os.environ.get("AWS_LAMBDA_RUNTIME_API"):
            self.watch.start()

    def finish(self, invocation: Invocation, event: Any, result: Any, error: BaseException | None) -> None:
        """Close an invocation with its result or its error and send what there is, within what is left of its time."""
        try:
            self.watch.disarm()
            invocation.finish(event, result, error)
        finally:
            ends = error is not None and not issubclass(type(error), Exception)  # the runtime lets it end the process
            self.exporter.finished(invocation.left_s(), corrects=invocation.told, last=ends)
            if self.chosen is not None:
                chosen, self.chosen = self.chosen, None
                chosen.tell_missing()

    def keep(self, root: Span, spans: list[Span]) -> None:
        """Put spans where they wait to be sent."""
        ordinary: list[bytes] = []
        important = [encode_span(root)]
        for span in spans:
            self._encode(span, ordinary, important)
        self.exporter.outbox.ring.add_all(ordinary, important)

    def keep_late(self, span: Span) -> None:
        """Put one operation's span where it waits to be sent."""
        ordinary: list[bytes] = []
        important: list[bytes] = []
        self._encode(span, ordinary, important)
        self.exporter.outbox.ring.add_all(ordinary, important)

    def _encode(self, span: Span, ordinary: list[bytes], important: list[bytes]) -> None:
        try:
            if span.status:
                span.status_message = self.redactor.brief(span.status_message)
            (important if span.status == STATUS_ERROR else ordinary).append(encode_span(span))
        except Exception as error:
            GUARD.failed("encode", error)

    def send_notice(self, timeout_s: float) -> None:
        """Send what waits in the last moments of an invocation, from the watch's thread."""
        self.exporter.flush(notice_s(timeout_s) - _NOTICE_MARGIN_S, last=True)


def exporter_of(settings: Settings, config: LiveConfig) -> HttpExporter | ExtensionExporter | LogExporter:
    """The way to send that the settings choose."""
    if settings.export == "log":
        from .log_export import LogExporter

        return LogExporter()
    from .export import HttpExporter

    exporter = HttpExporter(settings, config)
    if settings.export == "extension":
        from .extension import extended

        return extended(exporter)
    return exporter


def _xray() -> str:
    """The X-Ray header of this invocation, as the runtime puts it into the environment; without what `os.environ` does
    for a look."""
    try:
        found = os.environ._data.get(_XRAY)  # type: ignore[attr-defined,unused-ignore]
        return found.decode() if found is not None else ""
    except Exception:
        return os.environ.get("_X_AMZN_TRACE_ID", "")


_agents: list[Agent] = []


def _chosen() -> Chosen | None:
    """The functions that the environment asks to follow."""
    listing, lines = os.environ.get("MENDLINE_TRACE", ""), os.environ.get("MENDLINE_LINES", "")
    if not listing.strip() and not lines.strip():
        return None
    from .chosen import Chosen

    return Chosen(listing, lines, os.environ.get("MENDLINE_HANDLER") or os.environ.get("_HANDLER", ""))


def the_agent(service: str | None = None) -> Agent:
    """The process's agent, built at first use with hooks for the libraries it follows."""
    if not _agents:
        agent = Agent(Settings(os.environ), service)
        agent.chosen = _chosen()
        _agents.append(agent)
        for doubt in agent.settings.doubts:
            GUARD.tell(doubt)
        install_hooks(agent.chosen)
    return _agents[0]


def wrap(handler: Callable[..., Any], *, service: str | None, capture: bool | None) -> Callable[..., Any]:
    """The handler, followed; one that is followed already comes back as it is."""
    if getattr(handler, "__mendline__", False):
        return handler
    agent = the_agent(service)

    @functools.wraps(handler)
    def instrumented(*args: Any, **kwargs: Any) -> Any:
        event = invocation = None
        try:  # even to call may fail, where the stack ends
            event, invocation = _begin(agent, args, kwargs, capture)
        except Exception:
            pass
        if invocation is None:
            return handler(*args, **kwargs)
        try:
            if ACTIVE.chaos is None:
                result = handler(*args, **kwargs)
            else:
                result = ACTIVE.chaos.run(handler, invocation, args, kwargs)
        except BaseException as error:
            try:
                _finish(agent, invocation, event, None, error)
            except Exception:
                ACTIVE.record = None
            raise
        try:
            _finish(agent, invocation, event, result, None)
        except Exception:
            ACTIVE.record = None
        return result

    instrumented.__mendline__ = True  # type: ignore[attr-defined]
    try:
        agent.prepare()
    except Exception as error:
        GUARD.failed("preparation", error)
    agent.init_ms = age_ms()
    return instrumented


def _arguments(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
    """Event and context as the runtime passes them, behind `self` or `cls` in a method; None for what is missing."""
    for index in range(2, len(args)):
        if hasattr(type(args[index]), "get_remaining_time_in_millis"):
            return args[index - 1], args[index]
    if "context" in kwargs:
        return kwargs.get("event", args[-1] if args else None), kwargs["context"]
    event = args[0] if args else kwargs.get("event")
    return event, args[1] if len(args) > 1 else None


def _begin(
    agent: Agent, args: tuple[Any, ...], kwargs: dict[str, Any], capture: bool | None
) -> tuple[Any, Invocation | None]:
    """The event, and the invocation that has begun; None where it could not."""
    try:
        event, context = _arguments(args, kwargs)
        return event, agent.begin(event, context, capture=capture)
    except Exception as error:
        ACTIVE.record = None
        GUARD.failed("begin", error)
        return None, None


def _finish(agent: Agent, invocation: Invocation, event: Any, result: Any, error: BaseException | None) -> None:
    try:
        agent.finish(invocation, event, result, error)
    except Exception as own:
        ACTIVE.record = None
        GUARD.failed("finish", own)
