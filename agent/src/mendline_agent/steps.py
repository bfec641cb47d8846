"""Line by line through functions that ask for it: the lines that ran, and what chosen local variables were after each.

Off unless asked for, and for no other code than these functions'. Where the interpreter has `sys.monitoring` (PEP 669,
Python 3.12), it watches their code alone, under a tool's id that nobody has. Elsewhere a trace function is set in the
thread that runs the function while it does, and not while a call goes on that is followed itself: it would cost each
function called therein. Who traces already keeps the place.
"""

from __future__ import annotations

import functools
import json
import sys
from threading import get_ident
from time import perf_counter_ns

from .calling import CURRENT
from .guard import GUARD
from .operations import ACTIVE
from .redaction import REDACTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any

    from .inside import Call

MOST_LINES = 200
MOST_CHARACTERS = 8 * 1024
BUDGET_NS = 5_000_000
"""Nanoseconds of an invocation that may go into this."""
_LONGEST_LOOK_NS = 1_000_000  # one that took longer was interrupted: small functions wait most of the time for a CPU
_CALL_NS = 300  # about what a trace function costs a call of a function that it does not follow
_MOST_NAMES = 20
_VALUE_BYTES = 256
_COROUTINE, _GENERATOR = 0x80, 0x20
_TOOLS = (4, 3)  # those of the six that the documentation gives to nobody


class Steps:
    """The lines of one call, and what the chosen variables were after each, where they changed."""

    __slots__ = (
        "_call", "_characters", "_frame", "_names", "_outer", "_thread", "_tracer",
        "code", "line", "lines", "stopped", "values",
    )  # fmt: skip

    def __init__(self, call: Call, code: CodeType, names: tuple[str, ...]) -> None:
        self._call = call
        self.code = code
        self._names = names
        self._frame = self._thread = self._characters = 0
        self._tracer: Any = None
        self._outer: Steps | None = None
        self.line = code.co_firstlineno
        self.lines: list[tuple[int, dict[str, str]]] = []
        self.stopped = ""
        self.values: dict[str, str] = {}

    def told(self) -> dict[str, Any]:
        """Attributes of the call."""
        rows = [[line, changed] if changed else [line] for line, changed in self.lines]
        lines = json.dumps(rows, separators=(",", ":"), ensure_ascii=False)
        return {"mendline.lines": lines, "mendline.lines.stopped": self.stopped or None}

    def place(self) -> dict[str, Any]:
        """Attributes of what is called now: from where, and what the variables are."""
        if self.stopped:
            return {}
        values = json.dumps(self.values, separators=(",", ":"), ensure_ascii=False) if self.values else None
        return {
            "code.function.name": self._call.site.name,
            "code.line.number": self.line,
            "mendline.locals": values,
        }

    def at(self, line: int, frame: FrameType, *, ends: bool = False) -> None:
        """This line is about to run, or has just been the last one."""
        if self.stopped or id(frame) != (self._frame or id(frame)):
            return
        began_ns = perf_counter_ns()
        self._frame = id(frame)
        self._look(frame)
        if not ends:
            self.line = line
            self.lines.append((line, {}))
        if len(self.lines) >= MOST_LINES:
            self.stop("lines")
        elif self._characters > MOST_CHARACTERS:
            self.stop("size")
        self._spend(min(perf_counter_ns() - began_ns, _LONGEST_LOOK_NS))

    def _spend(self, spent_ns: int) -> None:
        """So much time has gone into it; too much ends it."""
        inside = self._call.inside
        inside.stepped_ns += spent_ns
        if inside.stepped_ns > BUDGET_NS and not self.stopped:
            self.stop("time")

    def _look(self, frame: FrameType) -> None:
        """Note which of the variables are others than before: so the line that has run left them."""
        if not self._names:
            return
        from .agent import the_agent

        agent, held, changed = the_agent(), frame.f_locals, {}
        for name in self._names:
            if name in held:
                secret = agent.redactor.is_secret(name)
                text = REDACTED if secret else agent.capture.render(held[name], _VALUE_BYTES)
                if self.values.get(name) != text:
                    self.values[name] = changed[name] = text
                    self._characters += len(text)
        if changed:
            if not self.lines:  # what it was called with
                self.lines.append((self.code.co_firstlineno, {}))
            self.lines[-1][1].update(changed)

    def stop(self, why: str) -> None:
        """No more of this call."""
        self.stopped = why
        if self._tracer is None:
            _set_events(self.code, on=False)
        elif self._thread == get_ident() and sys.gettrace() is self._tracer:
            sys.settrace(None)

    def begin(self) -> None:
        """From here on, in this thread."""
        if _monitors():
            _set_events(self.code, on=True)
            return
        outer, tracing = ACTIVE.steps, sys.gettrace()
        if tracing is not None and (outer is None or tracing is not outer._tracer):
            self.stopped = "traced by another"
            return
        self._outer, self._thread, self._tracer = outer if tracing is not None else None, get_ident(), self._trace
        ACTIVE.steps = self
        sys.settrace(self._tracer)

    def end(self) -> None:
        """The call is over; a trace function goes, if it is still ours, and the one before comes back."""
        if self._tracer is not None:
            outer = ACTIVE.steps = self._outer
            if sys.gettrace() is self._tracer or (self.stopped and outer is not None and sys.gettrace() is None):
                sys.settrace(outer._tracer if outer is not None and not outer.stopped else None)

    def pause(self) -> None:
        """A call that is followed begins in this thread."""
        if self._thread == get_ident() and sys.gettrace() is self._tracer:
            sys.settrace(None)

    def resume(self) -> None:
        """It has ended."""
        if self._thread == get_ident() and not self.stopped and sys.gettrace() is None:
            sys.settrace(self._tracer)

    def _trace(self, frame: FrameType, event: str, arg: Any) -> Any:
        try:
            if frame.f_code is self.code and not self._frame:
                return self._trace_line
            self._spend(_CALL_NS)
        except Exception as error:
            self.stopped = "failed"
            GUARD.failed("lines", error)
        return None

    def _trace_line(self, frame: FrameType, event: str, arg: Any) -> Any:
        try:
            if event in ("line", "return"):
                self.at(frame.f_lineno, frame, ends=event == "return")
        except Exception as error:
            self.stopped = "failed"
            GUARD.failed("lines", error)
        return None if self.stopped else self._trace_line


def _monitors() -> bool:
    return hasattr(sys, "monitoring") and _tool() is not None


@functools.lru_cache(maxsize=1)
def _tool() -> int | None:
    """The id under which we monitor; None where none is free."""
    monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
    for tool in _TOOLS:
        if monitoring.get_tool(tool) is None:
            monitoring.use_tool_id(tool, "mendline")
            monitoring.register_callback(tool, monitoring.events.LINE, _on_line)
            monitoring.register_callback(tool, monitoring.events.PY_RETURN, _on_return)
            return tool
    return None


def _set_events(code: CodeType, *, on: bool) -> None:
    monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
    wanted = monitoring.events.LINE | monitoring.events.PY_RETURN if on else 0
    if monitoring.get_local_events(_tool(), code) != wanted:
        monitoring.set_local_events(_tool(), code, wanted)


def _on_line(code: CodeType, line: int) -> None:
    _seen(code, line, sys._getframe(1), ends=False)


def _on_return(code: CodeType, offset: int, value: Any) -> None:
    _seen(code, 0, sys._getframe(1), ends=True)


def _seen(code: CodeType, line: int, frame: FrameType, *, ends: bool) -> None:
    steps = None
    try:
        call = CURRENT.get()
        steps = call.steps if call is not None else None
        if steps is not None and steps.code is code:
            steps.at(line, frame, ends=ends)
    except Exception as error:
        GUARD.failed("lines", error)
        if steps is not None:
            steps.stopped = "failed"


def stepped(function: Any, names: tuple[str, ...]) -> tuple[Any, str | None]:
    """The function, line by line within calls that are followed; or as it is, and why."""
    code, names = function.__code__, names[:_MOST_NAMES]
    if code.co_flags & _GENERATOR:
        return function, "generator"
    if code.co_flags & _COROUTINE:
        return (_stepped_coroutine(function, names), None) if _monitors() else (function, "coroutine")
    if not _monitors() and not _is_its_own(code):
        return function, "shared variables"

    def run(*args: Any, **kwargs: Any) -> Any:
        steps = None
        try:
            steps = _begun(code, names)
        except Exception:
            pass
        if steps is None:
            return function(*args, **kwargs)
        try:
            return function(*args, **kwargs)
        finally:
            try:
                _ended(steps)
            except Exception:
                steps.stopped = "failed"

    return run, None


def _stepped_coroutine(function: Any, names: tuple[str, ...]) -> Any:
    async def run(*args: Any, **kwargs: Any) -> Any:
        try:
            _begun(function.__code__, names)
        except Exception:
            pass
        return await function(*args, **kwargs)

    return run


def _begun(code: CodeType, names: tuple[str, ...]) -> Steps | None:
    """The steps of the call that has just begun, if its span is kept."""
    try:
        call = CURRENT.get()
        if call is None or call.token is None or call.site.function.__code__ is not code:
            return None
        steps = call.steps = Steps(call, code, names)
        if call.inside.stepped_ns > BUDGET_NS:
            steps.stopped = "time"
        else:
            steps.begin()
        return steps
    except Exception as error:
        GUARD.failed("lines", error)
        return None


def _ended(steps: Steps) -> None:
    try:
        steps.end()
    except Exception as error:
        GUARD.failed("lines", error)


def _is_its_own(code: CodeType) -> bool:
    """Whether nobody else sets its variables: after a trace function the interpreter writes back what they were."""
    from opcode import opmap

    if set(code.co_freevars) - {"__class__"}:
        return False
    sets = opmap["STORE_DEREF"]
    inner = [constant for constant in code.co_consts if type(constant) is type(code)]
    while inner:
        one = inner.pop()
        if set(one.co_freevars) & set(code.co_cellvars) and sets in one.co_code[::2]:
            return False
        inner += [constant for constant in one.co_consts if type(constant) is type(code)]
    return True
