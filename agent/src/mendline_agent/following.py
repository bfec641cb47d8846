"""Methods of the user's libraries, each put behind one that makes its calls operations of the invocation."""

from __future__ import annotations

import functools

from . import connections
from .calling import INSIDE
from .guard import GUARD
from .operations import ACTIVE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Optional

    from .chaos import Hit
    from .operations import Operation

    Begun = Optional[Operation]

_COROUTINE = 0x80  # of `co_flags`


class Asked:
    """One call of a method that is followed: on what, with what (`tell` may change it), and what `complete` needs."""

    __slots__ = ("answer", "args", "hit", "kept", "kwargs", "on", "operation", "setup", "token", "way")

    def __init__(self, way: _Way, on: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.way = way
        self.on = on
        self.args = args
        self.kwargs = kwargs
        self.kept: Any = None
        self.answer: Any = None
        self.setup: connections.Setup | None = None
        self.operation: Begun = None
        self.hit: Hit | None = None  # by an experiment
        try:
            self.operation = way.begin(self)
            if self.operation is not None:
                if ACTIVE.chaos is not None:
                    self.hit = ACTIVE.chaos.touch(self.operation, self)
                self.operation.asked = self
                self.setup = self.setup or connections.Setup()
                if way.tell is not None:
                    way.tell(self.operation, self)
        except Exception as failure:
            GUARD.failed(way.name, failure)

    def get(self, index: int, name: str) -> Any:
        """An argument by its place or its name; None if it is not given."""
        return self.args[index] if len(self.args) > index else self.kwargs.get(name)

    def enter(self) -> None:
        """The call begins."""
        self.token = INSIDE.set(self.setup)
        try:
            if ACTIVE.steps is not None:
                ACTIVE.steps.pause()
        except Exception as failure:
            GUARD.failed("lines", failure)

    def leave(self, error: BaseException | None) -> None:
        """It has ended, with its `answer` or an error."""
        INSIDE.reset(self.token)
        operation = self.operation
        if operation is None:
            return
        try:
            if ACTIVE.steps is not None:
                ACTIVE.steps.resume()
            self.way.complete(operation, self.answer, error)
            if self.setup is not None and not operation.lasts:
                self.setup.describe(operation.span, answered=error is None)
        except Exception as failure:
            GUARD.failed(f"outcome of {self.way.name}", failure)
        try:
            if not operation.lasts:
                operation.end(error)
        except Exception as failure:
            GUARD.failed("operation end", failure)


class _Way:
    __slots__ = ("begin", "complete", "name", "tell")

    def __init__(self, name: str, begin: Any, complete: Any, tell: Any) -> None:
        self.name, self.begin, self.complete, self.tell = name, begin, complete, tell


def follow(
    owner: Any,
    name: str,
    begin: Callable[[Asked], Begun],
    complete: Callable[[Operation, Any, Any], None],
    tell: Callable[[Operation, Asked], None] | None = None,
) -> None:
    """Follow a method of a class (or a function of a module), awaited or not, once; what is not there is left alone.

    `begin(asked)` begins the operation, or not; `tell(operation, asked)` may change the arguments to call with;
    `complete(operation, answer, error)` describes the outcome. If one of them fails, the call goes on.
    """
    held = next((vars(one)[name] for one in getattr(owner, "__mro__", (owner,)) if name in vars(one)), None)
    original = getattr(held, "__func__", held)
    if original is None or getattr(original, "__mendline__", False):
        return
    connections.patch()
    way = _Way(f"{owner.__name__}.{name}", begin, complete, tell)

    code = getattr(original, "__code__", None)
    make = _awaited if code is not None and code.co_flags & _COROUTINE else _plain
    followed: Any = functools.wraps(original)(make(original, way))
    followed.__mendline__ = True
    setattr(owner, name, classmethod(followed) if isinstance(held, classmethod) else followed)


def _begun(way: _Way, on: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Asked | None:
    """What is asked, if it is an operation, which has begun then."""
    asked = Asked(way, on, args, kwargs)
    if asked.operation is None:
        return None
    asked.enter()
    return asked


# Of what stands between the user and a library, even to be called may fail, where the stack ends.
def _plain(original: Any, way: _Way) -> Any:
    def plain(self: Any, *args: Any, **kwargs: Any) -> Any:
        if ACTIVE.record is None or INSIDE.get() is not None:  # no operation that is begun now would count
            return original(self, *args, **kwargs)
        asked = None
        try:
            asked = _begun(way, self, args, kwargs)
        except Exception:
            pass
        if asked is None:
            return original(self, *args, **kwargs)
        try:
            if asked.hit is None:
                asked.answer = original(self, *asked.args, **asked.kwargs)
            else:
                asked.answer = asked.hit.call(asked.hit, original, asked)
        except BaseException as error:
            try:
                asked.leave(error)
            except Exception:
                INSIDE.set(None)
            raise
        try:
            asked.leave(None)
        except Exception:
            INSIDE.set(None)
        return asked.answer

    return plain


def _awaited(original: Any, way: _Way) -> Any:
    async def awaited(self: Any, *args: Any, **kwargs: Any) -> Any:
        if ACTIVE.record is None or INSIDE.get() is not None:
            return await original(self, *args, **kwargs)
        asked = None
        try:
            asked = _begun(way, self, args, kwargs)
        except Exception:
            pass
        if asked is None:
            return await original(self, *args, **kwargs)
        try:
            if asked.hit is None:
                asked.answer = await original(self, *asked.args, **asked.kwargs)
            else:
                asked.answer = await asked.hit.awaited(asked.hit, original, asked)
        except BaseException as error:
            try:
                asked.leave(error)
            except Exception:
                INSIDE.set(None)
            raise
        try:
            asked.leave(None)
        except Exception:
            INSIDE.set(None)
        return asked.answer

    return awaited
