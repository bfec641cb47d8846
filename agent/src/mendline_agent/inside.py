"""Functions of the user's own, followed where asked for: `@traced`, or the list in `MENDLINE_TRACE`.

A call costs a few assignments while it goes on; what is sent is made of them at the invocation's end. More than
MAX_CALLS of an invocation are only summed up, by function.
"""

from __future__ import annotations

import functools
import time
from itertools import count
from threading import Lock

from .capture import cut
from .guard import GUARD
from .operations import ACTIVE, CURRENT, message_of, rows_json, type_name
from .spans import Ids, TraceContext
from .wire import attributes, field, raw, text, varint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .operations import Record
    from .redaction import Redactor
    from .steps import Steps

MAX_CALLS = 1000
_MAX_FUNCTIONS = 200
_MAX_VALUE = 1024
_now = time.perf_counter_ns
_COROUTINE, _GENERATOR, _ASYNC_GENERATOR = 0x80, 0x20, 0x200


class Site:
    """A function that is followed, and what is recorded of its calls."""

    __slots__ = ("arguments", "call", "encoded", "function", "name", "result")

    def __init__(
        self, function: Any, name: str | None, *, arguments: bool, result: bool, lines: tuple[str, ...] | None
    ) -> None:
        self.function = self.call = function
        self.name = name or f"{function.__module__}.{function.__qualname__}"
        told = {"code.function.name": self.name, "code.line.number": function.__code__.co_firstlineno}
        if lines is not None:
            from .steps import stepped

            self.call, told["mendline.lines.stopped"] = stepped(function, lines)
        encoded = field("\x2a", text(self.name)) + "\x30\x01" + attributes("\x4a", told)  # kind: INTERNAL
        self.encoded = encoded.encode("latin-1")
        self.arguments = arguments
        self.result = result


class Inside:
    """The calls of one invocation to functions that are followed."""

    __slots__ = ("_anchor", "_lock", "_summed", "_told", "calls", "ids", "numbers", "record", "stepped_ns")

    def __init__(self, record: Record) -> None:
        self.record = record
        self.calls: list[Call] = []
        self.ids = Ids(record.ids.next())
        self.numbers = count()
        self._anchor = time.time_ns() - time.perf_counter_ns()
        self._lock = Lock()
        self._summed: dict[str, list[int]] = {}
        self._told: set[int] = set()
        self.stepped_ns = 0  # that went into its lines

    def sum_up(self, call: Call) -> None:
        """It is one of those that are only counted."""
        with self._lock:
            _add(self._summed, [call])

    def summary(self) -> str:
        """JSON list of `[function, count, errors, total_ms, max_ms]`, of all calls that have ended."""
        with self._lock:
            sums = {name: list(row) for name, row in self._summed.items()}
        _add(sums, list(self.calls))
        return rows_json(sums)

    def encoded(self, redactor: Redactor, state: str, *, ended: bool | None = None) -> list[bytes]:
        """The spans of calls, as OTLP; one that is still going on is told as it stands.

        Those that have ended alone (`ended`), which are then told for good and left out from then on; those that go on
        alone (not `ended`); or both.
        """
        context, spans = self.record.context, []
        frames: dict[int, bytes] = {}
        told = field("\x0a", raw(context.trace_id)) + (field("\x1a", text(state)) if state else "")
        head, tail = told.encode("latin-1"), b"\x85\x01" + (context.flags & 255).to_bytes(4, "little")
        for call in list(self.calls):
            elapsed = call.elapsed_ns
            if call.number in self._told or (ended is not None and ended is not (elapsed >= 0)):
                continue
            if ended:
                self._told.add(call.number)
            rest = tail
            if elapsed < 0 or call.told is not None or call.error is not None or call.steps is not None:
                rest = self._described(call, elapsed, redactor) + tail
            start = call.started + self._anchor
            end = start + elapsed if elapsed >= 0 else _now() + self._anchor
            above = call.above or (context.span_id if call.parent is None else call.parent.span_id)
            own, started, ended_at = call.site.encoded, start.to_bytes(8, "little"), end.to_bytes(8, "little")
            size = len(head) + 38 + len(own) + len(rest)
            if size not in frames:
                frames[size] = f"\x12{varint(size)}".encode("latin-1")
            parts = (frames[size], head, call.span_id, above, own, started, ended_at, rest)
            spans.append(b"%b%b\x12\x08%b\x22\x08%b%b\x39%b\x41%b%b" % parts)
        return spans

    def _described(self, call: Call, elapsed: int, redactor: Redactor) -> bytes:
        told, status = dict(call.told or {}), ""
        if call.steps is not None:
            told.update(call.steps.told())
        if elapsed < 0:
            told["mendline.unfinished"] = True
        if call.error is not None:
            told["error.type"] = call.error[0]
            status = field("\x7a", field("\x12", text(redactor.brief(call.error[1]))) + "\x18\x02")
        return (attributes("\x4a", told) + status).encode("latin-1")


class Call:
    """One call, from its beginning on."""

    inside: Inside
    site: Site
    number: int
    started: int
    elapsed_ns = -1
    parent: Call | None = None
    above: bytes | None = None
    told: dict[str, Any] | None = None
    error: tuple[str, str] | None = None
    token: Any = None
    steps: Steps | None = None
    _id = b""
    _context: TraceContext | None = None

    @property
    def span_id(self) -> bytes:
        """Its span's id."""
        self._id = self._id or self.inside.ids.of(self.number)
        return self._id

    @property
    def context(self) -> TraceContext:
        """What is below it is in this context."""
        if self._context is None:
            outer = self.inside.record.context
            self._context = TraceContext(outer.trace_id, self.span_id, outer.flags, outer.trace_state)
        return self._context


def _add(sums: dict[str, list[int]], calls: list[Call]) -> None:
    for call in calls:
        elapsed_ns, name = call.elapsed_ns, call.site.name
        if elapsed_ns < 0:
            continue
        row = sums.get(name)
        if row is None:
            row = sums.setdefault(name if len(sums) < _MAX_FUNCTIONS else "other", [0, 0, 0, 0])
        row[0] += 1
        row[2] += elapsed_ns
        if call.error is not None:
            row[1] += 1
        if elapsed_ns > row[3]:
            row[3] = elapsed_ns


def follow(
    function: Any,
    *,
    name: str | None = None,
    arguments: bool = False,
    result: bool = False,
    lines: tuple[str, ...] | None = None,
) -> Any:
    """The function, followed; line by line, with these local variables, if there are `lines`. Asynchronous generators,
    classes and what is not written in Python come back as they are: nothing can be put around them unnoticed."""
    if isinstance(function, (staticmethod, classmethod)):
        held = follow(function.__func__, name=name, arguments=arguments, result=result, lines=lines)
        return type(function)(held)
    code = getattr(function, "__code__", None)
    if code is None or code.co_flags & _ASYNC_GENERATOR or getattr(function, "__mendline__", False):
        return function
    site = Site(function, name, arguments=arguments, result=result, lines=lines)
    make = _coroutine if code.co_flags & _COROUTINE else _generator if code.co_flags & _GENERATOR else _plain
    followed = functools.wraps(function)(make(site))
    followed.__mendline__ = True  # type: ignore[attr-defined]
    return followed


def _plain(site: Site) -> Callable[..., Any]:
    function, call = site.function, site.call

    def followed(*args: Any, **kwargs: Any) -> Any:
        record = ACTIVE.record
        if record is None:
            return function(*args, **kwargs)
        begun = None
        try:  # even to be called may fail, where the stack ends
            begun = _begin(record, site, args, kwargs, True)
        except Exception:
            pass
        try:
            result = call(*args, **kwargs)
        except BaseException as error:
            try:
                _end(begun, error, None)
            except Exception:
                CURRENT.set(begun and begun.parent)
            raise
        try:
            _end(begun, None, result)
        except Exception:
            CURRENT.set(begun and begun.parent)
        return result

    return followed


def _coroutine(site: Site) -> Callable[..., Any]:
    function, call = site.function, site.call

    async def followed(*args: Any, **kwargs: Any) -> Any:
        record = ACTIVE.record
        if record is None:
            return await function(*args, **kwargs)
        begun = None
        try:  # even to be called may fail, where the stack ends
            begun = _begin(record, site, args, kwargs, True)
        except Exception:
            pass
        try:
            result = await call(*args, **kwargs)
        except BaseException as error:
            try:
                _end(begun, error, None)
            except Exception:
                CURRENT.set(begun and begun.parent)
            raise
        try:
            _end(begun, None, result)
        except Exception:
            CURRENT.set(begun and begun.parent)
        return result

    return followed


def _generator(site: Site) -> Callable[..., Any]:
    """From its first item to its end; what its consumer does between is not below it."""
    function, call = site.function, site.call

    def followed(*args: Any, **kwargs: Any) -> Any:
        record = ACTIVE.record
        if record is None:
            return (yield from function(*args, **kwargs))
        begun = None
        try:
            begun = _begin(record, site, args, kwargs, False)
        except Exception:
            pass
        try:
            result = yield from call(*args, **kwargs)
        except GeneratorExit:
            try:
                _end(begun, None, None)
            except Exception:
                pass
            raise
        except BaseException as error:
            try:
                _end(begun, error, None)
            except Exception:
                CURRENT.set(begun and begun.parent)
            raise
        try:
            _end(begun, None, result)
        except Exception:
            CURRENT.set(begun and begun.parent)
        return result

    return followed


def _begin(record: Record, site: Site, args: tuple[Any, ...], kwargs: dict[str, Any], nests: bool) -> Call | None:
    try:
        inside = record.inside
        if inside is None:
            inside = record.inside = Inside(record)
        call, current = Call(), CURRENT.get()
        call.inside, call.site = inside, site  # what is called within it is below it, if it `nests`
        if current is not None and current.inside is inside:
            call.parent = current
        call.number = number = next(inside.numbers)
        if number < MAX_CALLS:
            inside.calls.append(call)
            if ACTIVE.bridge is not None:
                call.above = ACTIVE.bridge.parent(record).span_id
            if site.arguments:
                call.told = {"mendline.arguments": _rendered(_named(site.function, args, kwargs))}
            if nests:
                call.token = CURRENT.set(call)
        call.started = _now()
        return call
    except Exception as error:
        GUARD.failed("call", error)
        return None


def _end(call: Call | None, error: BaseException | None, result: Any) -> None:
    if call is None:
        return
    try:
        call.elapsed_ns = _now() - call.started
        token = call.token
        if token is not None:
            call.token = None
            try:
                CURRENT.reset(token)
            except ValueError:  # a coroutine that was left behind ends in another context, which never had it
                pass
        if error is not None:
            call.error = (type_name(error), message_of(error))
        elif call.site.result:
            call.told = {**(call.told or {}), "mendline.result": _rendered(result)}
        if call.number >= MAX_CALLS:
            call.inside.sum_up(call)
    except Exception as own:
        GUARD.failed("call", own)


def _named(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Arguments by name; what has none (`*args`) by its number. `self` and `cls` are left out."""
    code = function.__code__
    names = code.co_varnames[: code.co_argcount]
    named = {names[index] if index < len(names) else f"*{index}": value for index, value in enumerate(args)}
    named.update(kwargs)
    if names and names[0] in ("self", "cls"):
        named.pop(names[0], None)
    return named


def _rendered(value: Any) -> str:
    from .agent import the_agent

    return cut(the_agent().capture.render(value), _MAX_VALUE)
