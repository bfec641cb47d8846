"""Methods of the user's libraries, each put behind one that makes its calls operations of the invocation."""

from __future__ import annotations

import functools

from .guard import GUARD
from .operations import observe, observe_async, wanted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .operations import Operation

    Arguments = tuple[tuple[Any, ...], dict[str, Any]]

_COROUTINE = 0x80  # of `co_flags`


def follow(
    owner: Any,
    name: str,
    begin: Callable[[Any, tuple[Any, ...], dict[str, Any]], Operation | None],
    complete: Callable[[Operation, Any, Any], None],
    tell: Callable[[Operation, Any, tuple[Any, ...], dict[str, Any]], Arguments] | None = None,
) -> None:
    """Follow a method of a class, awaited or not, once; one that is not there is left alone.

    `begin(self, args, kwargs)` begins the operation, or not; `tell(operation, self, args, kwargs)` answers the
    arguments to call with; `complete(operation, answer, error)` describes the outcome. If they fail, the call goes on.
    """
    held = next((vars(one)[name] for one in owner.__mro__ if name in vars(one)), None)
    original = getattr(held, "__func__", held)
    if original is None or getattr(original, "__mendline__", False):
        return

    def begun(self: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Operation | None, Any, Any]:
        operation = None
        if wanted():
            try:
                operation = begin(self, args, kwargs)
                if operation is not None and tell is not None:
                    args, kwargs = tell(operation, self, args, kwargs)
            except Exception as error:
                GUARD.failed(f"{owner.__name__}.{name}", error)
        return operation, args, kwargs

    @functools.wraps(original)
    def plain(self: Any, *args: Any, **kwargs: Any) -> Any:
        operation, args, kwargs = begun(self, args, kwargs)
        if operation is None:
            return original(self, *args, **kwargs)
        return observe(operation, lambda: original(self, *args, **kwargs), complete)

    @functools.wraps(original)
    async def awaited(self: Any, *args: Any, **kwargs: Any) -> Any:
        operation, args, kwargs = begun(self, args, kwargs)
        if operation is None:
            return await original(self, *args, **kwargs)
        return await observe_async(operation, lambda: original(self, *args, **kwargs), complete)

    code = getattr(original, "__code__", None)
    followed: Any = awaited if code is not None and code.co_flags & _COROUTINE else plain
    followed.__mendline__ = True
    setattr(owner, name, classmethod(followed) if isinstance(held, classmethod) else followed)
