"""What a function logs and prints in an invocation: seen as it goes by, kept within bounds, told when its spans are.

Nothing is added or replaced: `Handler.handle` is observed, and `write` of stdout and stderr themselves. It takes no
lock: what prints may be a finalizer or a signal handler.
"""

from __future__ import annotations

import functools
import sys
import time
from collections import deque
from threading import get_ident

from .capture import cut
from .guard import GUARD
from .operations import ACTIVE, parent_of
from .redaction import MESSAGE_READ
from .wire import any_value, attributes, field, fixed, framed, raw, text, varint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from .agent import Agent
    from .operations import Record
    from .redaction import Redactor
    from .spans import Span

MOST_LINES = 1000
MOST_CHARACTERS = 256 * 1024
LINE_BYTES = 4096
_READ = MESSAGE_READ + 1
_MOST_LAST = 20
_LAYERS = 5
_PLAIN = (str, int, float, bool, type(None))
_within: set[int] = set()  # threads in a followed method: what a handler writes is told with its record


class Line:
    """One line that was printed, or one record that was logged; not redacted yet."""

    __slots__ = ("body", "context", "level", "severity", "time_ns", "told")

    def __init__(self, body: str, record: Record, told: dict[str, Any]) -> None:
        self.body = body[:_READ]
        self.context = parent_of(record)
        self.told = told
        self.level, self.severity = "", 0
        self.time_ns = time.time_ns()

    def shown(self, redactor: Redactor) -> str:
        """Redacted, then cut."""
        return cut(redactor.brief(self.body, LINE_BYTES + 1), LINE_BYTES)

    def encoded(self, redactor: Redactor, request_id: Any) -> bytes:
        """A LogRecord (opentelemetry-proto, logs/v1/logs.proto), ready for `encode_request`."""
        at, told = fixed(self.time_ns, 8), {**self.told, "faas.invocation_id": request_id}
        level = f"\x10{varint(self.severity)}{field(chr(26), text(self.level))}" if self.severity else ""
        ids = field("\x4a", raw(self.context.trace_id)) + field("\x52", raw(self.context.span_id))
        body = field("\x2a", any_value(self.shown(redactor)))
        return framed(f"\x09{at}{level}{body}{attributes(chr(50), told)}{ids}\x59{at}")


class Lines:
    """The newest lines of one invocation."""

    __slots__ = ("_begun", "_characters", "_kept", "_record", "dropped", "logged")

    def __init__(self, record: Record) -> None:
        self._record = record
        self._kept: deque[Line] = deque()
        self._characters = 0
        self._begun: dict[tuple[str, int], Line] = {}
        self.dropped = 0
        self.logged: dict[int, Any] = {}  # by thread, the record that was logged last

    def add(self, body: str, told: dict[str, Any]) -> Line:
        """Keep a line of the span that is open now, dropping the oldest where there is no room."""
        line = Line(body, self._record, told)
        self._kept.append(line)
        self._characters += len(line.body)
        while self._characters > MOST_CHARACTERS or len(self._kept) > MOST_LINES:
            self._characters -= len(self._kept.popleft().body)
            self.dropped += 1
        return line

    def printed(self, stream: str, written: str) -> None:
        """Text was written to a stream; what each thread writes up to a line's end is a line."""
        key = stream, get_ident()
        *ended, rest = written.split("\n")
        for piece in ended:
            self._write(key, piece)
            self._begun.pop(key, None)
        self._write(key, rest)

    def _write(self, key: tuple[str, int], piece: str) -> None:
        line = self._begun.get(key)
        if line is not None:
            room = _READ - len(line.body)
            line.body += piece[:room]
            self._characters += len(piece[:room])
        elif piece:
            self._begun[key] = self.add(piece, {"log.iostream": key[0]})

    def last(self, redactor: Redactor) -> str:
        """The newest lines as text, at most 4 KiB."""
        shown = [f"{line.level} {line.shown(redactor)}".lstrip() for line in list(self._kept)[-_MOST_LAST:]]
        while sum(map(len, shown)) > LINE_BYTES and len(shown) > 1:
            del shown[0]
        return cut("\n".join(shown), LINE_BYTES)

    def tell(self, agent: Agent, span: Span, wanted: bool) -> None:
        """Put what has come until now where it waits to be sent, if `wanted`; the span says how many had no room."""
        kept, self._kept = self._kept, deque()
        self._begun.clear()
        self._characters = 0
        span.attributes["mendline.logs.dropped"] = self.dropped or None
        beside = agent.exporter.outbox.beside
        outbox = beside(agent.settings) if beside is not None and wanted and agent.config.logs else None
        if outbox is not None:
            request_id = span.attributes.get("faas.invocation_id")
            outbox.ring.add_all([line.encoded(agent.redactor, request_id) for line in list(kept)])


def patch(module: ModuleType) -> None:
    """Follow stdout and stderr, below what the runtime has put around them, and `logging.Handler.handle`, which gets
    each record that somebody shows."""
    from .agent import the_agent

    try:
        if not the_agent().settings.logs:
            return
    except ValueError:  # which is told where the handler is followed
        return
    _follow(module.Handler, "handle", _handled)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        for _ in range(_LAYERS):
            stream = getattr(stream, "stream", stream)
        _follow(stream, "write", lambda lines, _, written, name=name: lines.printed(name, written))


def _follow(owner: Any, name: str, note: Any) -> None:
    """Have `note(lines, answer, *arguments)` called after a method, but not for what it calls in its turn."""
    original = getattr(owner, name, None)
    if original is None or getattr(original, "__mendline__", False):
        return

    @functools.wraps(original)
    def followed(*args: Any, **kwargs: Any) -> Any:
        record, ident = ACTIVE.record, get_ident()
        if record is None or ident in _within:
            return original(*args, **kwargs)
        _within.add(ident)
        try:
            answer = original(*args, **kwargs)
        finally:
            _within.discard(ident)
        try:
            record.lines = record.lines or Lines(record)
            note(record.lines, answer, *args)
        except Exception as error:
            GUARD.failed(name, error)
        return answer

    followed.__mendline__ = True  # type: ignore[attr-defined]
    setattr(owner, name, followed)


def _handled(lines: Lines, shown: Any, _: Any, record: Any) -> None:
    this = id(record), record.created
    if not shown or lines.logged.get(get_ident()) == this:  # by another handler
        return
    lines.logged[get_ident()] = this
    told = {"logger": record.name}
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        from .agent import the_agent
        from .outcome import exception_pairs

        told.update(exception_pairs(error, the_agent().redactor))
    line = lines.add(_message(record), told)
    line.time_ns = int(record.created * 1e9)
    line.severity, line.level = min(24, max(1, record.levelno * 4 // 10 + 1)), str(record.levelname)


def _message(record: Any) -> str:
    """As a formatter has left it; where none has, made without running any code of the user's."""
    made, said, args = vars(record).get("message"), record.msg, record.args
    if type(made) is str:
        return made
    if type(said) is not str or not args:
        return str(_rendered(said))
    try:
        if type(args) is dict:
            return said % {name: _rendered(value) for name, value in args.items()}
        return said % tuple(map(_rendered, args))
    except Exception:
        return said


def _rendered(value: Any) -> Any:
    from .agent import the_agent

    return value if type(value) in _PLAIN else the_agent().capture.render(value, _READ)
