"""Calls that an invocation makes: begun, ended, kept as spans, and counted exactly."""

from __future__ import annotations

from json.encoder import encode_basestring as _quote
from threading import Lock, get_ident

from .redaction import MESSAGE_READ, Redactor
from .spans import STATUS_ERROR, Ids, Span, TraceContext

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .chaos import Chaos
    from .inside import Inside
    from .lines import Lines
    from .otel_api import Bridge
    from .steps import Steps

MAX_SPANS = 1000
_MAX_ERROR_SPANS = 1100
_MAX_KEYS = 200
_MAX_SHORT_US = 256
_LINKS_BYTES = 1024 * 1024
_LINK_BYTES = 2048


class _Active:
    """The invocation of this process; Lambda runs one at a time, and its threads find it here too."""

    __slots__ = ("bridge", "chaos", "record", "redactor", "steps")

    def __init__(self) -> None:
        self.redactor = Redactor()  # the agent's own, once there is one
        self.steps: Steps | None = None  # those for which a trace function is set
        self.bridge: Bridge | None = None  # to the API of OpenTelemetry, once it has been imported
        self.record: Record | None = None
        self.chaos: Chaos | None = None  # while an experiment is pending


ACTIVE = _Active()


class Record:
    """The operations of one invocation."""

    __slots__ = (
        "_ids",
        "_late",
        "_links_room",
        "_lock",
        "_summary",
        "closed",
        "context",
        "dropped",
        "ends_s",
        "inside",
        "lines",
        "links_dropped",
        "links_out",
        "open",
        "root",
        "spans",
        "thread",
        "xray",
    )

    def __init__(self, context: TraceContext, late: Callable[[Span], None], xray: str) -> None:
        self.context = context
        self.thread = get_ident()
        self.xray = xray
        self.spans: list[Span] = []
        self.open: dict[bytes, Operation] = {}
        self.links_out: list[str] = []
        self.links_dropped = 0
        self._links_room = _LINKS_BYTES
        self.dropped = 0
        self.closed = False
        self.ends_s = 0.0  # by the monotonic clock, where there is a time limit
        self._ids: Ids | None = None
        self.inside: Inside | None = None
        self.lines: Lines | None = None
        self.root: Span | None = None
        self._late = late
        self._lock = Lock()
        self._summary: dict[tuple[str, str, str], list[int]] = {}

    @property
    def ids(self) -> Ids:
        """Of the spans within."""
        if self._ids is None:
            self._ids = Ids(self.context.span_id)
        return self._ids

    def began(self, operation: Operation) -> None:
        """An operation is under way."""
        outer: Any = self.open.get(operation.span.context.span_id)
        if outer is not None and operation.key:  # the same call, told by two
            outer.key = None
        self.open[operation.span.span_id] = operation

    def ended(self, operation: Any, elapsed_ns: int) -> None:
        """Count an operation that has ended, and keep its span while there is room (errors a little longer)."""
        span, failed = operation.span, operation.span.status == STATUS_ERROR
        with self._lock:
            self.open.pop(span.span_id, None)
            if not getattr(operation, "told", True):
                return
            if operation.key:
                self._count(operation.key, elapsed_ns, failed)
            if not self.closed:
                if len(self.spans) < (_MAX_ERROR_SPANS if failed else MAX_SPANS):
                    self.spans.append(span)
                else:
                    self.dropped += 1
                return
        self._late(span)

    def _count(self, key: tuple[str, str, str], elapsed_ns: int, failed: bool) -> None:
        if len(self._summary) >= _MAX_KEYS and key not in self._summary:
            key = (key[0], "other", "other")
        counts = self._summary.get(key)
        if counts is None:
            self._summary[key] = [1, int(failed), elapsed_ns, elapsed_ns]
            return
        counts[0] += 1
        counts[1] += failed
        counts[2] += elapsed_ns
        if elapsed_ns > counts[3]:
            counts[3] = elapsed_ns

    def link_out(self, links: list[str]) -> None:
        """These ids were given to what the invocation sent; what there is no room for is counted."""
        with self._lock:
            for link in links:
                if len(link) > _LINK_BYTES or self._links_room <= 0:
                    self.links_dropped += 1
                    continue
                self._links_room -= len(link) + 4
                self.links_out.append(link)

    def close(self) -> list[Span]:
        """No more spans are collected; those that end later are sent on their own. What the API of OpenTelemetry left
        open may never end, and is told unfinished."""
        with self._lock:
            self.closed = True
            if self.open:
                self.spans += [one.span.snapshot() for one in self.open.values() if type(one) is not Operation]
            return self.spans

    def take(self) -> list[Span]:
        """The spans of what has ended so far, which are then no longer here."""
        with self._lock:
            taken, self.spans = self.spans, []
            return taken

    def unfinished(self) -> list[Span]:
        """Copies of the spans of operations that are going on; those themselves are told when they end."""
        with self._lock:
            going_on = [operation.span for operation in self.open.values()]
        return [span.snapshot() for span in going_on]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell of what the invocation called."""
        return not (self._summary or self.links_out or self.links_dropped) and self.inside is None

    def summary(self) -> str | None:
        """JSON list of `[type, name, operation, count, errors, total_ms, max_ms]` of every kind of call, if any."""
        with self._lock:
            return rows_json(self._summary) if self._summary else None


class Operation:
    """One call to a resource, from its beginning on; `asked` is the method's call while it goes on."""

    __slots__ = ("asked", "key", "lasts", "links", "record", "span", "told")

    def __init__(self, record: Record, span: Span, resource: tuple[str, str, str]) -> None:
        self.record = record
        self.span = span
        self.key = resource
        self.links: list[str] = []
        self.asked: Any = None
        self.told = True  # else it was nothing that is worth a span
        self.lasts = False  # it goes on when the method that began it has returned
        record.began(self)

    def end(self, error: BaseException | None = None) -> None:
        """The call is over; an error that is not described yet goes by its type."""
        if error is not None and not self.span.status:
            self.span.fail(type_name(error), message_of(error))
        self.asked = None
        self.record.ended(self, self.span.end())


def parent_of(record: Record) -> TraceContext:
    """What the next span of an invocation is below: the innermost function that is followed, else the invocation."""
    if ACTIVE.bridge is not None:
        return ACTIVE.bridge.parent(record)
    if record.inside is None:
        return record.context
    from .calling import current_call

    current = current_call(record)
    return current.context if current is not None else record.context


_quoted: dict[Any, str] = {}  # names as JSON has them
SHORT: dict[int, str] = {}  # what `ms` has said of times that come often


def quoted(key: Any) -> str:
    """A name as JSON has it, or the parts of one, with commas between."""
    names = _quoted.get(key)
    if names is None:
        names = ",".join([_quote(str(part)) for part in (key if type(key) is tuple else (key,))])
        if len(_quoted) < _MAX_KEYS:
            _quoted[key] = names
    return names


def ms(time_us: int) -> str:
    """Microseconds as the text of milliseconds."""
    told = SHORT.get(time_us)
    if told is None:
        told = "%d.%03d" % divmod(time_us, 1000)
        if time_us < _MAX_SHORT_US:
            SHORT[time_us] = told
    return told


def rows_json(sums: dict[Any, list[int]]) -> str:
    """JSON list of rows: a name's parts, count, errors, and of times in ns their sum and the longest in ms."""
    rows = []
    for key, (count, errors, total, longest) in sums.items():
        sum_ms = most_ms = ms(total // 1000)
        if longest != total:
            most_ms = ms(longest // 1000)
        rows.append(f"[{quoted(key)},{count},{errors},{sum_ms},{most_ms}]")
    return f"[{','.join(rows)}]"


def name_resource(attributes: dict[str, Any], resource: tuple[str, str, str]) -> None:
    """Write on a call's span what it goes to."""
    kind, name, operation = resource
    attributes["mendline.resource.type"] = kind
    attributes["mendline.resource.name"] = name
    attributes["mendline.resource.operation"] = operation


def message_of(error: BaseException) -> str:
    """The exception's own words, not yet redacted nor cut to their final length; some cannot be printed."""
    try:
        return str(error)[: MESSAGE_READ + 1]
    except Exception as unprintable:
        return f"[message not printable: {type(unprintable).__name__}]"


def type_name(error: BaseException) -> str:
    """The qualified name of an exception's type, without `builtins`."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
